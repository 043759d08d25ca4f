import { readFile } from "node:fs/promises";
import path from "node:path";
import { fieldsOf, itemsOf, parseJson, textOf } from "../json-fields.ts";

/** Of a registry, and so of a version of its own, whatever range the template asks for. */
export interface ModulePin {
  /** Names of the calls on the way, with dots. */
  readonly key: string;
  readonly source: string;
  readonly version: string;
}

/** More are not pinned: no template calls so many. */
export const modulePinsMax = 256;

const listed = path.join(".terraform", "modules", "modules.json");
/** Terraform merges files of this ending over the others. */
const overrideName = "prewarm_modules_override.tf.json";

interface InstalledModule extends ModulePin {
  /** Relative to the working directory. */
  readonly folder: string;
}

/** What `terraform init` has installed into a working directory from registries. */
async function installed(folder: string): Promise<readonly InstalledModule[]> {
  const text = await readFile(path.join(folder, listed), "utf8").catch(() => "");
  return itemsOf(fieldsOf(parseJson(text))["Modules"])
    .map(fieldsOf)
    .map(({ Key, Source, Version, Dir }) => ({
      key: textOf(Key),
      source: textOf(Source),
      version: textOf(Version),
      folder: textOf(Dir),
    }));
}

/** The versions of a working directory's modules, by their keys. */
export async function modulePinsOf(folder: string): Promise<readonly ModulePin[]> {
  return (await installed(folder))
    .filter(({ version }) => version !== "")
    .map(({ key, source, version }) => ({ key, source, version }))
    .toSorted((one, other) => (one.key < other.key ? -1 : 1))
    .slice(0, modulePinsMax);
}

/** As an import has stored them; none where it has not. */
export function readModulePins(versionState: unknown): readonly ModulePin[] {
  return itemsOf(fieldsOf(versionState)["modules"])
    .map(fieldsOf)
    .map(({ key, source, version }) => ({ key: textOf(key), source: textOf(source), version: textOf(version) }))
    .filter(({ key, version }) => key !== "" && version !== "")
    .slice(0, modulePinsMax);
}

/** A file that holds calls to one version each. */
export interface PinFile {
  /** Relative to the working directory. */
  readonly file: string;
  readonly content: string;
}

/** What asks for the pinned versions: beside the calls, of those modules whose files are there already. */
export async function pinFiles(folder: string, pins: readonly ModulePin[]): Promise<readonly PinFile[]> {
  const folders = new Map((await installed(folder)).map((module) => [module.key, module.folder]));
  const calls = new Map<string, Record<string, { readonly version: string }>>();
  for (const { key, version } of pins) {
    const at = key.lastIndexOf(".");
    const caller = at < 0 ? "." : folders.get(key.slice(0, at));
    // A local module may lie anywhere, and nothing is written outside of the working directory.
    if (caller === undefined || path.isAbsolute(caller) || path.normalize(caller).startsWith("..")) continue;
    calls.set(caller, { ...calls.get(caller), [key.slice(at + 1)]: { version } });
  }
  return [...calls].map(([caller, module]) => ({
    file: path.join(caller, overrideName),
    content: JSON.stringify({ module }, null, 2),
  }));
}

/** The first that is installed in another version than it is pinned to. */
export function movedModule(
  pins: readonly ModulePin[],
  found: readonly ModulePin[],
): { readonly pin: ModulePin; readonly version: string } | null {
  const versions = new Map(found.map(({ key, version }) => [key, version]));
  for (const pin of pins) {
    const version = versions.get(pin.key);
    if (version !== undefined && version !== pin.version) return { pin, version };
  }
  return null;
}
