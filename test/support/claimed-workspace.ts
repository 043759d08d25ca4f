import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { packFolder } from "../../src/platform/archive/pack-folder.ts";
import { type ServerUnit, SeveralServers } from "./several-servers.ts";
import { waitUntil } from "./wait-until.ts";

export interface Template {
  /** The text of `template.yaml`, with a pool. */
  readonly template: string;
  /** Of its servers. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Pushes a template with a pool and claims `dev` from it. @returns the workspace's id. */
export async function claimDev(system: SeveralServers, { admin }: ServerUnit, template: string): Promise<string> {
  const folder = path.join(system.folder, "template");
  mkdirSync(folder);
  writeFileSync(path.join(folder, "template.yaml"), template);
  const { bytes } = await packFolder(folder);
  await admin.call("pushTemplate", { params: { template: "web" }, bytes });
  const body = { name: "dev", template: "web", mode: "warm_only" } as const;
  const claim = () => admin.call("createWorkspace", { body }).catch(() => undefined);
  return (await waitUntil("a prebuild is claimed", claim)).workspace.id;
}

export interface TwoServers {
  readonly system: SeveralServers;
  /** It has the daemon, and so the agents. */
  readonly one: ServerUnit;
  readonly other: ServerUnit;
  /** Of the administrator's workspace `dev`. */
  readonly workspaceId: string;
}

/** Two servers, and a workspace whose agent is connected to the first. */
export async function twoServers({ template, env = {} }: Template): Promise<TwoServers> {
  const system = await SeveralServers.start();
  try {
    const one = await system.addServer("one", { env });
    const other = await system.addServer("other", { env: { ...env, PREWARM_PROVISIONER_BUILTIN: "false" } });
    return { system, one, other, workspaceId: await claimDev(system, one, template) };
  } catch (error) {
    await system.close();
    throw error;
  }
}
