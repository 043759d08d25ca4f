import type { ManifestParts } from "../../../domain/template/merge-manifest.ts";
import { type Fields, fieldsOf, itemsOf, textOf } from "./json-fields.ts";

/** What it takes to evaluate the form of a version, from the plan of its import. Stored with the version. */
export interface FormOutline {
  /** What a plan is restricted to: the `coder_parameter` blocks of all modules. */
  readonly targets: readonly string[];
  /** Names of the parameters that the import has read of the configuration; the others are of `template.yaml`. */
  readonly names: readonly string[];
}

/** More are not looked at: a manifest has fewer parameters than that. */
const targetsMax = 256;
/** Of a module with `count`: parameters have names of their own, so that hardly any has more than one. */
const moduleInstancesMax = 4;

export function formOutline(plan: unknown, parts: ManifestParts): FormOutline {
  const root = fieldsOf(fieldsOf(fieldsOf(plan)["configuration"])["root_module"]);
  const targets = new Set(targetsOf(root, { prefixes: [""], whole: null, firstRepeated: null }));
  return { targets: [...targets].slice(0, targetsMax), names: (parts.parameters ?? []).map(({ name }) => name) };
}

interface Place {
  /** Addresses of the module's instances that there may be, each with its full stop. */
  readonly prefixes: readonly string[];
  /** The module that is taken as a whole, since nobody knows the keys of its instances. */
  readonly whole: string | null;
  /** The outermost module on the way that is repeated, without its keys. */
  readonly firstRepeated: string | null;
}

/** Without keys, an address of a resource in a repeated module means no instance of it, and one of the module all. */
function targetsOf(module: Fields, place: Place): readonly string[] {
  const own = itemsOf(module["resources"])
    .map(fieldsOf)
    .filter(({ mode, type }) => mode === "data" && type === "coder_parameter")
    .flatMap(({ name }) => {
      if (place.whole !== null) return [place.whole];
      return place.prefixes.map((prefix) => `${prefix}data.coder_parameter.${textOf(name)}`);
    });
  const below = Object.entries(fieldsOf(module["module_calls"])).flatMap(([name, value]) => {
    const call = fieldsOf(value);
    return targetsOf(fieldsOf(call["module"]), placeBelow(place, name, call));
  });
  return [...own, ...below];
}

function placeBelow(place: Place, name: string, call: Fields): Place {
  const { prefixes, whole, firstRepeated } = place;
  const [prefix = ""] = prefixes;
  const repeated = firstRepeated ?? `${prefix}module.${name}`;
  if (call["for_each_expression"] !== undefined) return { prefixes, whole: whole ?? repeated, firstRepeated: repeated };
  if (call["count_expression"] === undefined) {
    return { prefixes: prefixes.map((one) => `${one}module.${name}.`), whole, firstRepeated };
  }
  const indexes = Array.from({ length: moduleInstancesMax }, (_, index) => index);
  const instances = prefixes.flatMap((one) => indexes.map((index) => `${one}module.${name}[${index}].`));
  return { prefixes: instances.slice(0, targetsMax), whole, firstRepeated: repeated };
}

/** Null in a version whose form is the same for everybody, or that an earlier release has imported. */
export function readFormOutline(versionState: unknown): FormOutline | null {
  const form = fieldsOf(fieldsOf(versionState)["form"]);
  const targets = itemsOf(form["targets"]).map(textOf);
  return targets.length === 0 ? null : { targets, names: itemsOf(form["names"]).map(textOf) };
}
