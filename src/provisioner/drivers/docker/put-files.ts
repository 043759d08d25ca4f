import path from "node:path";
import type { BuildContext } from "../../driver.ts";
import { agentFolderName, containerBody, type ContainerPlan, homePath } from "./container-spec.ts";
import { containerUser } from "./container-user.ts";
import { containerName } from "./docker-names.ts";
import type { EngineClient } from "./engine-client.ts";
import { isGone } from "./engine-error.ts";
import { workspaceArchive } from "./workspace-archive.ts";

export interface PutFilesOptions {
  readonly engine: EngineClient;
  readonly context: BuildContext;
  readonly plan: ContainerPlan;
  readonly container: string;
  /** Who the container runs as, as its configuration has it. */
  readonly user: string;
  /** The server as the container reaches it. */
  readonly accessUrl: string;
}

/** Puts scripts, tokens and the template's files into the home's volume, before the container starts. */
export async function putFiles(options: PutFilesOptions): Promise<void> {
  const { engine, context, plan, container, accessUrl } = options;
  const home = homePath(plan.section);
  const user = await containerUser(engine, container, options.user);
  const isFresh = !(await existsIn(options, path.posix.join(home, agentFolderName)));
  const archive = await workspaceArchive({ context, home, user, isFresh, accessUrl });
  if (plan.section.read_only === true) await putThroughAnother(options, archive);
  else await unpack(options, { container, archive });
}

/**
 * The engine unpacks nothing into a container that cannot be written, not even into its volumes' parents. One that
 * can, has the same volumes and is never started takes its place for a moment; `removeContainers` knows it by its
 * label, should it be left behind.
 */
async function putThroughAnother(options: PutFilesOptions, archive: Buffer): Promise<void> {
  const { engine, context, plan } = options;
  const { abort } = context;
  const name = `${containerName(plan.workspaceId)}-files`;
  const remove = { method: "DELETE", path: `/containers/${name}`, query: { force: true }, abort } as const;
  await engine.find(remove);
  const { read_only: _, ports: __, ...section } = plan.section;
  const body = containerBody({ ...plan, section });
  const query = { name, platform: section.platform };
  await engine.call({ method: "POST", path: "/containers/create", query, body, abort });
  await unpack(options, { container: name, archive });
  await engine.find(remove);
}

async function unpack(
  { engine, context, plan }: PutFilesOptions,
  { container, archive }: { readonly container: string; readonly archive: Buffer },
): Promise<void> {
  await engine.call({
    method: "PUT",
    path: `/containers/${container}/archive`,
    query: { path: path.posix.dirname(homePath(plan.section)) },
    archive,
    abort: context.abort,
  });
}

async function existsIn({ engine, context, container }: PutFilesOptions, file: string): Promise<boolean> {
  const target = `/containers/${container}/archive`;
  try {
    const answer = await engine.open({ method: "HEAD", path: target, query: { path: file }, abort: context.abort });
    answer.destroy();
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}
