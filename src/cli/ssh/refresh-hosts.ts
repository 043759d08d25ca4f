import type { Client } from "../../client/client.ts";
import { isSameServer, loadContexts } from "../contexts.ts";
import type { CliWorld } from "../world.ts";
import type { Workspace } from "../../contracts/api/workspaces.ts";
import { changeConfig, readSections } from "./config-files.ts";
import { type ConfigSection, makeSection } from "./ssh-config.ts";
import type { Deployment } from "./ssh-settings.ts";
import { type KnownWorkspaces, keysKnown, withKeys } from "./keys-ahead.ts";
import { changeKnownHosts, readKnownHosts } from "./known-hosts.ts";
import { knownHostsPath } from "./ssh-folder.ts";

/** Hosts that are written out, those used last first: for the lists of editors, while the pattern takes all. */
const writtenHostsMax = 100;
/** What a command may take longer for it. */
const refreshMs = 2_000;

/** The section of a deployment, and the workspaces that the person has there now. */
export interface FreshSection {
  readonly section: ConfigSection;
  readonly workspaces: readonly Workspace[];
  /** Whether these are all of them. */
  readonly isWhole: boolean;
}

export async function sectionOf(
  world: CliWorld,
  {
    client,
    deployment,
    signal,
  }: { readonly client: Client; readonly deployment: Deployment; readonly signal?: AbortSignal },
): Promise<FreshSection> {
  const { organization } = deployment;
  const { workspaces: listed, total } = await client.call("listWorkspaces", {
    query: {
      sort: "last_used",
      order: "desc",
      limit: writtenHostsMax,
      ...(organization === null ? {} : { organization }),
    },
    ...(signal === undefined ? {} : { signal }),
  });
  const workspaces = listed.filter(({ status }) => status !== "deleted");
  const names = workspaces.map(({ name }) => name);
  const section = makeSection({ deployment, program: world.program, knownHosts: knownHostsPath(world) }, names);
  return { section, workspaces, isWhole: total <= listed.length };
}

/**
 * Writes the host keys of running workspaces into `known_hosts`, for programs that read it before the proxy has started,
 * and removes those of workspaces that are gone. Keys that are known are not asked for: a workspace keeps its own.
 * @returns how many workspaces' keys are there. Errors: those of the file system.
 */
export async function writeKeysAhead(
  world: CliWorld,
  { section, workspaces, isWhole }: FreshSection,
  { client, signal }: { readonly client: Client; readonly signal: AbortSignal },
): Promise<number> {
  const file = knownHostsPath(world);
  const all: KnownWorkspaces = { prefix: section.deployment.prefix, workspaces, isWhole };
  const known = keysKnown(await readKnownHosts(file), all);
  const unknown = workspaces.filter(({ id, status, isUsable }) => isUsable && status === "running" && !known.has(id));
  // Loaded when there is something to ask, which is seldom.
  const asked =
    unknown.length === 0
      ? new Map<string, string>()
      : await (await import("./ask-host-keys.ts")).askHostKeys(
          client,
          unknown.map(({ id }) => id),
          signal,
        );
  const keys = new Map([...known, ...asked]);
  await changeKnownHosts(file, (text) => withKeys(text, all, keys));
  return keys.size;
}

/**
 * Brings what `config-ssh` wrote up to date, where it did, after workspaces were made, started, renamed or deleted. The command that
 * does so has done its work: whatever goes wrong here is not its failure.
 */
export async function refreshHosts(world: CliWorld, client: Client): Promise<void> {
  try {
    const sections = await readSections(world);
    if (sections.length === 0) return;
    const { contexts } = await loadContexts(world);
    const ofServer = sections.filter(({ deployment: { url, context } }) => {
      // Of two people at one server, each has workspaces of his own.
      const session = contexts.find(({ name }) => name === context);
      return isSameServer(url, client.url) && (session === undefined || session.token === client.token);
    });
    if (ofServer.length === 0) return;
    const signal = AbortSignal.timeout(refreshMs);
    const asked = ofServer.map(({ deployment }) => sectionOf(world, { client, deployment, signal }));
    const fresh = await Promise.all(asked);
    await changeConfig(world, {
      // One that was taken away meanwhile stays away.
      sections: (present) =>
        present.map(
          (section) => fresh.find((one) => isSame(one.section.deployment, section.deployment))?.section ?? section,
        ),
      isIncluded: false,
      isDry: false,
    });
    for (const one of fresh) await writeKeysAhead(world, one, { client, signal });
  } catch {
    // The pattern takes hosts that are not written out, and the next command tries again.
  }
}

function isSame(one: Deployment, other: Deployment): boolean {
  return one.prefix === other.prefix && one.url === other.url;
}
