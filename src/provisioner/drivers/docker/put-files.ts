import type { IncomingMessage } from "node:http";
import type { BuildContext } from "../../driver.ts";
import { containerBody, type ContainerPlan, homePath, volumesOf } from "./container-spec.ts";
import { containerUser } from "./container-user.ts";
import { containerName } from "./docker-names.ts";
import type { EngineClient } from "./engine-client.ts";
import { firstFolderOf } from "./tar-entry.ts";
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

/** Puts scripts, tokens and the template's files into the home's volume, before the container starts, and makes volumes its user's. */
export async function putFiles(options: PutFilesOptions): Promise<void> {
  const { engine, context, plan, container, accessUrl } = options;
  const home = homePath(plan.section);
  const user = await containerUser(engine, container, options.user);
  const owned = user.uid === 0 ? [] : await rootsVolumes(options);
  const archive = await workspaceArchive({ context, home, user, owned, accessUrl });
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
  { engine, context }: PutFilesOptions,
  { container, archive }: { readonly container: string; readonly archive: Buffer },
): Promise<void> {
  await engine.call({
    method: "PUT",
    path: `/containers/${container}/archive`,
    query: { path: "/" },
    archive,
    abort: context.abort,
  });
}

/** A folder's own header comes first in its archive, after at most a few of extensions. */
const headerBytes = 8_192;

/**
 * Volumes that belong to root: Docker makes new ones so, unless the image has a folder in their place, and its user
 * could not write them.
 */
async function rootsVolumes(options: PutFilesOptions): Promise<readonly { path: string; mode: number }[]> {
  const { engine, context, plan, container } = options;
  const found: { path: string; mode: number }[] = [];
  for (const volume of volumesOf(plan.section, plan.workspaceId)) {
    if (volume.isReadOnly) continue;
    const answer = await engine.open({
      method: "GET",
      path: `/containers/${container}/archive`,
      query: { path: volume.path },
      abort: context.abort,
    });
    const folder = firstFolderOf(await beginningOf(answer));
    if (folder?.uid === 0) found.push({ path: volume.path, mode: folder.mode });
  }
  return found;
}

/** A volume may hold gigabytes: no more than the beginning is read. */
async function beginningOf(answer: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes >= headerBytes) break;
  }
  return Buffer.concat(pieces);
}
