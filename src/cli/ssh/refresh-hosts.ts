import type { Client } from "../../client/client.ts";
import { isSameServer, loadContexts } from "../contexts.ts";
import type { CliWorld } from "../world.ts";
import { changeConfig, readSections } from "./config-files.ts";
import { type ConfigSection, makeSection } from "./ssh-config.ts";
import type { Deployment } from "./ssh-settings.ts";
import { knownHostsPath } from "./ssh-folder.ts";

/** Hosts that are written out, those used last first: for the lists of editors, while the pattern takes all. */
const writtenHostsMax = 100;
/** What a command may take longer for it. */
const refreshMs = 2_000;

/** The section of a deployment with the workspaces that the person has there now. */
export async function sectionOf(
  world: CliWorld,
  {
    client,
    deployment,
    signal,
  }: { readonly client: Client; readonly deployment: Deployment; readonly signal?: AbortSignal },
): Promise<ConfigSection> {
  const { organization } = deployment;
  const { workspaces } = await client.call("listWorkspaces", {
    query: {
      sort: "last_used",
      order: "desc",
      limit: writtenHostsMax,
      ...(organization === null ? {} : { organization }),
    },
    ...(signal === undefined ? {} : { signal }),
  });
  const names = workspaces.filter(({ status }) => status !== "deleted").map(({ name }) => name);
  return makeSection({ deployment, program: world.program, knownHosts: knownHostsPath(world) }, names);
}

/**
 * Brings what `config-ssh` wrote up to date, where it did, after workspaces were made, renamed or deleted. The command that
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
        present.map((section) => fresh.find((one) => isSame(one.deployment, section.deployment)) ?? section),
      isIncluded: false,
      isDry: false,
    });
  } catch {
    // The pattern takes hosts that are not written out, and the next command tries again.
  }
}

function isSame(one: Deployment, other: Deployment): boolean {
  return one.prefix === other.prefix && one.url === other.url;
}
