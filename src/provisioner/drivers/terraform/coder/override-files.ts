import { cp, lstat, readdir, readFile, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { CodedError } from "../../../../contracts/errors.ts";
import { makeFolder } from "../../../../platform/make-folder.ts";
import { agentNameOf } from "./agent-name.ts";
import type { CoderProviderChoice } from "./provider-choice.ts";
import { blockKey, type ResourceBlock } from "../configuration-outline.ts";
import { fieldsOf, itemsOf, parseJson, textOf } from "../json-fields.ts";

/** Merged by Terraform over the other files of its folder, in the order of names; written into a workspace's own copy. */
export const overrideFileName = "prewarm_build_override.tf.json";
const dataFolderName = ".terraform";
const modulesFolderName = "modules";

/** Which changes of a block are not looked at: all, or those of some of its attributes. */
export type Ignored = "all" | readonly string[];

/** By block, as `blockKey` names it. */
export type IgnoredChanges = ReadonlyMap<string, Ignored>;

/** All that a build has to say about these blocks. */
export function overridesOf(
  blocks: readonly ResourceBlock[],
  ignored: IgnoredChanges,
  /** The original provider has no attribute for an agent's name. */
  { provider }: { readonly provider: CoderProviderChoice } = { provider: "builtin" },
): readonly BlockOverride[] {
  return blocks.flatMap((block): BlockOverride[] => {
    if (block.type === agentType && provider === "builtin") return [{ block, agentName: agentNameOf(block.name) }];
    const changes = ignored.get(blockKey(block));
    return changes === undefined ? [] : [{ block, ignored: changes }];
  });
}

const agentType = "coder_agent";

export interface BlockOverride {
  readonly block: ResourceBlock;
  /** For a `coder_agent`: its name, which the plugin protocol does not tell a provider. */
  readonly agentName?: string;
  readonly ignored?: Ignored;
}

/**
 * Has exactly these overrides in the working directory and in its modules' folders. The folder of downloaded modules is
 * shared by all workspaces of a version: before one is written into, the working directory gets a copy of its own, until
 * `fillRunFolder` puts the shared one back. Errors: `build_failed` for a module whose folder Terraform did not tell.
 */
export async function writeOverrides(run: string, overrides: readonly BlockOverride[]): Promise<void> {
  const folders = await moduleFolders(run);
  const byFolder = new Map<string, BlockOverride[]>();
  for (const override of overrides) {
    const folder = folders.get(override.block.module);
    if (folder === undefined) throw withoutFolder(override.block);
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), override]);
  }
  if ([...byFolder.keys()].some(isDownloaded)) await ownModules(run);
  const isOwn = await hasOwnModules(run);
  for (const folder of new Set(folders.values())) {
    if (isOwn || !isDownloaded(folder)) await rm(path.join(run, folder, overrideFileName), { force: true });
  }
  for (const [folder, items] of byFolder) {
    await writeFile(path.join(run, folder, overrideFileName), JSON.stringify(bodyOf(items), null, 2), { mode: 0o600 });
  }
}

function bodyOf(overrides: readonly BlockOverride[]): unknown {
  const resource: Record<string, Record<string, unknown>> = {};
  for (const { block, agentName, ignored } of overrides) {
    (resource[block.type] ??= {})[block.name] = {
      ...(agentName === undefined ? {} : { prewarm_name: agentName }),
      ...(ignored === undefined ? {} : { lifecycle: { ignore_changes: ignored } }),
    };
  }
  return { resource };
}

/** Folder of each module, relative to the working directory, by the names of its calls with dots. */
export async function moduleFolders(run: string): Promise<ReadonlyMap<string, string>> {
  const file = path.join(run, dataFolderName, modulesFolderName, "modules.json");
  const listed = itemsOf(fieldsOf(parseJson(await readFile(file, "utf8").catch(() => "{}")))["Modules"]).map(fieldsOf);
  return new Map([
    ["", "."],
    ...listed.map(({ Key: key, Dir: dir }): [string, string] => [textOf(key), path.normalize(textOf(dir))]),
  ]);
}

function isDownloaded(folder: string): boolean {
  return folder.split(path.sep)[0] === dataFolderName;
}

async function hasOwnModules(run: string): Promise<boolean> {
  return (await lstat(path.join(run, dataFolderName))).isDirectory();
}

/** In place of the link to the version's `.terraform`: a folder with a copy of the modules, and links to all else. */
async function ownModules(run: string): Promise<void> {
  if (await hasOwnModules(run)) return;
  const link = path.join(run, dataFolderName);
  const shared = await realpath(link);
  const fresh = `${link}.new`;
  await rm(fresh, { recursive: true, force: true });
  makeFolder(fresh, 0o700);
  for (const name of await readdir(shared)) {
    if (name !== modulesFolderName) await symlink(path.join(shared, name), path.join(fresh, name));
  }
  await cp(path.join(shared, modulesFolderName), path.join(fresh, modulesFolderName), { recursive: true });
  await rm(link);
  await rename(fresh, link);
}

function withoutFolder({ module, type, name }: ResourceBlock): CodedError {
  return new CodedError(
    "build_failed",
    `Terraform does not tell the folder of the module ${module}, which has ${type}.${name}.`,
    {
      next: "Push the template again: its modules are fetched anew then.",
    },
  );
}
