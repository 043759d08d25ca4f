import type { Client } from "../../client/client.ts";
import { sshHostOf } from "../../contracts/ssh-host.ts";
import { askHostKeys } from "./ask-host-keys.ts";

const workspacesMax = 100;

/**
 * What a machine without the command line is to trust before it jumps through the SSH gateway: lines of `known_hosts` for
 * the gateway, and for the workspaces that run, by the names that the gateway knows them by.
 */
export async function gatewayHosts(
  client: Client,
  organization: { readonly organization?: string },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { hostKey, port } = await client.call("getSshGateway", {});
  const query = { ...organization, sort: "last_used", order: "desc", limit: workspacesMax } as const;
  const { workspaces } = await client.call("listWorkspaces", { query });
  const running = workspaces.filter(({ status, isUsable }) => status === "running" && isUsable);
  const ids = running.map(({ id }) => id);
  const keys = await askHostKeys(client, ids, signal);
  const host = new URL(client.url).hostname.replaceAll(/[[\]]/g, "");
  const gateway = hostKey === null || port === null ? [] : [`${port === 22 ? host : `[${host}]:${port}`} ${hostKey}`];
  const inner = running.flatMap(({ id, name }) => {
    const key = keys.get(id);
    return key === undefined ? [] : [`${sshHostOf(name, { prefix: "" })} ${key}`];
  });
  return [...gateway, ...inner];
}
