import type { PlannedChange } from "../../../../domain/replacement/planned-change.ts";
import { isSameValue } from "../../../../domain/replacement/value-at-path.ts";
import { moduleCalls } from "./reading/read-blocks.ts";
import { blockKey, isCoderType, type ResourceBlock } from "../configuration-outline.ts";
import { fieldsOf, type Fields, itemsOf, textOf } from "../json-fields.ts";

/** Something that exists since before its claim, and was left as it was by it. */
export interface KeptInstance {
  readonly address: string;
  /** Its `id`: another thing at the same address has another. */
  readonly id: string;
}

/**
 * What a claim has left as it was. What the owner and the name flow into still differs from what the template says, and
 * a later build would replace it for that alone; for as long as the version and the parameters are those of the claim,
 * nothing else can be the reason.
 */
export interface Kept {
  readonly archiveHash: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly instances: readonly KeptInstance[];
}

/** Of a stored state; null in one of an earlier release. */
export function readKept(value: unknown): Kept | null {
  const fields = fieldsOf(value);
  if (fields["archiveHash"] === undefined) return null;
  const parameters = Object.entries(fieldsOf(fields["parameters"])).map(([name, text]) => [name, textOf(text)]);
  return {
    archiveHash: textOf(fields["archiveHash"]),
    parameters: Object.fromEntries(parameters),
    instances: itemsOf(fields["instances"])
      .map(fieldsOf)
      .map(({ address, id }) => ({ address: textOf(address), id: textOf(id) })),
  };
}

/** More are not remembered: they are as many resources as the result of a build may hold. */
export const keptInstancesMax = 1_000;

/** All that exists and is not the provider's for Coder, of the `values` of Terraform's JSON. */
export function existing(values: unknown): readonly KeptInstance[] {
  return modulesOf(fieldsOf(fieldsOf(values)["root_module"]))
    .flatMap((module) => itemsOf(module["resources"]).map(fieldsOf))
    .filter((resource) => resource["mode"] === "managed" && !isCoderType(textOf(resource["type"])))
    .map((resource) => ({ address: textOf(resource["address"]), id: idOf(fieldsOf(resource["values"])) }))
    .slice(0, keptInstancesMax);
}

function modulesOf(module: Fields): readonly Fields[] {
  return [module, ...itemsOf(module["child_modules"]).map(fieldsOf).flatMap(modulesOf)];
}

function idOf(values: Fields): string {
  const { id } = values;
  return typeof id === "string" || typeof id === "number" ? String(id) : "";
}

/** What of it is still there after another build; null when it is over. */
export function keptAfter(kept: Kept | null, now: { readonly values: unknown } & Omit<Kept, "instances">): Kept | null {
  if (kept === null || !isSameBasis(kept, now)) return null;
  const ids = new Map(existing(now.values).map(({ address, id }) => [address, id]));
  const instances = kept.instances.filter(({ address, id }) => ids.get(address) === id);
  return instances.length === 0 ? null : { ...kept, instances };
}

export function isSameBasis(kept: Kept, other: Omit<Kept, "instances">): boolean {
  return kept.archiveHash === other.archiveHash && isSameValue(kept.parameters, other.parameters);
}

/**
 * Which attributes of which blocks must not be looked at, so that the next plan replaces nothing that is kept; null when
 * this plan already does not.
 * @param first the plan without any of it: what it leaves alone of a block is not to be touched by a later plan either,
 * since our list of attributes takes the place of the template's own
 * @param tried what this plan was made with
 */
export function ignoredFor(
  kept: Kept,
  plans: { readonly first: readonly PlannedChange[]; readonly last: readonly PlannedChange[] },
  tried: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> | null {
  const ids = new Map(kept.instances.map(({ address, id }) => [address, id]));
  const ignored = new Map(tried);
  for (const change of plans.last) {
    const before = fieldsOf(change.before);
    const block = blockKey(blockOf(change));
    const isKept = ids.get(change.address) === idOf(before);
    const forcing = isKept && isReplacement(change) ? change.replacePaths.map(([attribute]) => String(attribute)) : [];
    const newly = tried.has(block) ? newlyChanged(change, plans.first) : [];
    const names = [...new Set([...(ignored.get(block) ?? []), ...forcing, ...newly])];
    if (names.length > 0) ignored.set(block, names.toSorted());
  }
  const isSame = [...ignored].every(([block, names]) => isSameValue(names, tried.get(block) ?? null));
  return isSame ? null : ignored;
}

function isReplacement({ actions }: PlannedChange): boolean {
  return actions.includes("delete") && actions.includes("create");
}

function newlyChanged(change: PlannedChange, first: readonly PlannedChange[]): readonly string[] {
  const before = first.find(({ address }) => address === change.address);
  const known = new Set(before === undefined ? [] : changedAttributes(before));
  return changedAttributes(change).filter((name) => !known.has(name));
}

function changedAttributes(change: PlannedChange): readonly string[] {
  const [before, after, unknown] = [fieldsOf(change.before), fieldsOf(change.after), fieldsOf(change.afterUnknown)];
  if (change.before === null || change.after === null) return [];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !isSameValue(before[name] ?? null, after[name] ?? null) && unknown[name] !== true);
}

/** Of an instance: `module.a["x"].module.b` is of the module `a.b`. */
function blockOf({ module, type, name }: Pick<PlannedChange, "module" | "type" | "name">): ResourceBlock {
  return { module: moduleCalls(module), type, name };
}
