import { CodedError } from "../../contracts/errors.ts";
import { type Ide, ideTable } from "../../contracts/ides.ts";
import { shellWord } from "../../contracts/shell-word.ts";
import { isSameServer } from "../contexts.ts";
import { exitCodes } from "../exit-codes.ts";
import { findWorkspace } from "../follow/find-workspace.ts";
import type { Invocation } from "../invocation.ts";
import { printable } from "../output/printable.ts";
import { readSections } from "./config-files.ts";
import { sshHostOf } from "../../contracts/ssh-host.ts";

export interface IdeWish {
  readonly workspace: string;
  readonly ide: Ide;
  readonly agent: string | null;
  /** Absolute, in the workspace; null: where its sessions start. */
  readonly folder: string | null;
  readonly isShown: boolean;
}

/**
 * Opens an editor of this machine in a workspace: by an address, which the editor takes to the host that `config-ssh` has
 * written. Errors: `conflict` where it has not; those of finding the workspace.
 */
export async function openIde(wish: IdeWish, invocation: Invocation): Promise<number> {
  const { output, world } = invocation;
  const client = await invocation.connect();
  const prefix = await prefixOf(client.url, invocation);
  const { id, name } = await findWorkspace(client, wish.workspace, invocation);
  const query = {
    ...(wish.agent === null ? {} : { agent: wish.agent }),
    ...(wish.folder === null ? {} : { folder: wish.folder }),
  };
  const { folder, ides } = await client.call("listIdes", { params: { workspace: id }, query });
  const { displayName, link } = ideTable[wish.ide];
  const host = sshHostOf(name, { prefix, ...(wish.agent === null ? {} : { agent: wish.agent }) });
  const url = link({ host, folder });
  output.result(
    { workspace: name, ide: wish.ide, host, folder, url },
    () => url,
    () => [url],
  );
  const findings = ides.find(({ ide }) => ide === wish.ide)?.findings ?? [];
  const lacks = findings.filter(({ severity }) => severity === "error");
  for (const { message } of lacks) output.progress(printable(message));
  if (lacks.length > 0) {
    const words = `prewarm doctor --workspace ${shellWord(name)} --ide ${wish.ide}`;
    output.progress(`${displayName} may not work in ${printable(name)}: \`${words}\` says what to do.`);
  }
  if (!wish.isShown || (await world.openUrl(url))) return exitCodes.done;
  output.progress(`Nothing on this machine opens it. Is ${displayName} installed?`);
  return exitCodes.failed;
}

/** What the names of this server's hosts begin with on this machine. */
async function prefixOf(url: string, { world, organization }: Invocation): Promise<string> {
  const ofServer = (await readSections(world)).filter(({ deployment }) => isSameServer(deployment.url, url));
  const wanted = organization.organization ?? null;
  const found = ofServer.find(({ deployment }) => deployment.organization === wanted);
  if (found !== undefined) return found.deployment.prefix;
  const words =
    wanted === null ? "prewarm config-ssh" : `prewarm config-ssh --organization ${shellWord(wanted)} --prefix work`;
  throw new CodedError("conflict", "OpenSSH on this machine does not know the workspaces of this server yet.", {
    next: `Run \`${words}\` once, then this again.`,
  });
}
