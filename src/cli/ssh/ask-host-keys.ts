import type { Client } from "../../client/client.ts";
import { mapBounded } from "../../platform/bounded.ts";
import { openTunnel } from "../../tunnel/tunnel-client.ts";
import { refusedBy, tunnelUrl } from "../tunnel/tunnel-target.ts";
import { isHostKey } from "./known-hosts.ts";

const asksAtOnceMax = 8;
/** For the agent to hear that nothing more is wanted of it. */
const leaveMs = 1_000;

/**
 * The host keys of running workspaces, by their ids: each is told with the acceptance of a stream to its SSH server, which
 * is left again. What does not answer in time is left out.
 */
export async function askHostKeys(
  client: Client,
  workspaceIds: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const keys = new Map<string, string>();
  const all = mapBounded(workspaceIds, asksAtOnceMax, async (id) => {
    if (signal.aborted) return;
    const hostKey = await askHostKey(client, id);
    if (isHostKey(hostKey)) keys.set(id, hostKey);
  });
  const late = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await Promise.race([all, late]);
  return new Map(keys);
}

async function askHostKey({ url, token }: Client, workspaceId: string): Promise<string> {
  let hostKey = "";
  const stream = await openTunnel({
    url: tunnelUrl(url, workspaceId),
    token: token ?? "",
    agent: null,
    service: { kind: "ssh" },
    isResumed: false,
    onAccepted: (accepted) => {
      hostKey = accepted.hostKey ?? "";
    },
    refusal: refusedBy,
  });
  stream.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => void stream.once("close", resolve));
  const limit = setTimeout(() => stream.destroy(), leaveMs);
  stream.resume().end();
  await closed;
  clearTimeout(limit);
  return hostKey;
}
