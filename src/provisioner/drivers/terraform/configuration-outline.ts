import { configuredBlocks } from "./coder/reading/read-blocks.ts";
import type { DeclaredVariable } from "./declared-variables.ts";
import { fieldsOf, itemsOf, textOf } from "./json-fields.ts";

/** A resource block of a configuration; all its instances have it in common. */
export interface ResourceBlock {
  /** Names of the module calls on the way to it, with dots; empty in the root module. */
  readonly module: string;
  readonly type: string;
  readonly name: string;
}

/** What the builds of a version need to know of its configuration, from the plan of its import. Stored with the version. */
export interface ConfigurationOutline {
  /** Whether it is written for Coder: it has blocks of the provider `coder/coder`, which Prewarm serves itself. */
  readonly isForCoder: boolean;
  /** Whether it asks for Prewarm's own variable. */
  readonly declaresPrewarm: boolean;
  /** Those of the root module, as its files declare them. */
  readonly variables: readonly DeclaredVariable[];
  /** The managed resources of all modules. */
  readonly blocks: readonly ResourceBlock[];
}

/** More are not kept: no template has so many blocks, and each build of the version carries them. */
export const outlineBlocksMax = 2_000;

const ownVariable = "prewarm";

/** All that begins so belongs to the provider `coder/coder`. */
export function isCoderType(type: string): boolean {
  return type.startsWith("coder_");
}

/** Reads `configuration` of a plan (`terraform show -json PLAN`), which does not tell the types of variables. */
export function outlineOf(plan: unknown, variables: readonly DeclaredVariable[] = []): ConfigurationOutline {
  const root = fieldsOf(fieldsOf(fieldsOf(plan)["configuration"])["root_module"]);
  const all = configuredBlocks(plan);
  const blocks = all.filter(({ mode }) => mode === "managed").slice(0, outlineBlocksMax);
  return {
    isForCoder: all.some(({ type }) => isCoderType(type)),
    declaresPrewarm: Object.hasOwn(fieldsOf(root["variables"]), ownVariable),
    variables,
    blocks: blocks.map(({ module, type, name }) => ({ module, type, name })),
  };
}

/** Of what an import has stored with its version; null in a version that an earlier release has imported. */
export function readOutline(versionState: unknown): ConfigurationOutline | null {
  const outline = fieldsOf(fieldsOf(versionState)["outline"]);
  if (typeof outline["isForCoder"] !== "boolean") return null;
  return {
    isForCoder: outline["isForCoder"],
    declaresPrewarm: outline["declaresPrewarm"] === true,
    variables: itemsOf(outline["variables"])
      .map(fieldsOf)
      .map(({ name, type }) => ({ name: textOf(name), type: textOf(type) })),
    blocks: itemsOf(outline["blocks"])
      .map(fieldsOf)
      .map(({ module, type, name }) => ({ module: textOf(module), type: textOf(type), name: textOf(name) })),
  };
}

/** One text for a block, to look it up by. */
export function blockKey({ module, type, name }: ResourceBlock): string {
  return `${module} ${type}.${name}`;
}
