import { fieldsOf, type Fields, itemsOf, textOf } from "../../json-fields.ts";

/** A block of the configuration, or an instance of it. */
export interface BlockRef {
  /** Names of the module calls on the way, with dots; empty in the root module. */
  readonly module: string;
  readonly mode: "data" | "managed";
  readonly type: string;
  readonly name: string;
}

export interface Instance extends BlockRef {
  readonly address: string;
  readonly values: Fields;
}

/** More instances are not looked at: no template has so many. */
export const instancesMax = 100_000;

/**
 * What is known of data at the plan: all that was read (`prior_state`). What depends on something that is made by the
 * apply is not among them: see `unreadData`.
 */
export function readDataOf(plan: unknown, type: string): readonly Instance[] {
  const root = fieldsOf(fieldsOf(fieldsOf(plan)["prior_state"])["values"])["root_module"];
  return instancesOf(root).filter((instance) => instance.mode === "data" && instance.type === type);
}

/** What the plan is going to make, with the values that are known before it does. */
export function plannedOf(plan: unknown, type: string): readonly Instance[] {
  const root = fieldsOf(fieldsOf(plan)["planned_values"])["root_module"];
  return instancesOf(root).filter((instance) => instance.mode === "managed" && instance.type === type);
}

/** Data that could not be read at the plan, since it depends on what is known after the apply. */
export function unreadData(plan: unknown, type: string): readonly Instance[] {
  return itemsOf(fieldsOf(plan)["resource_changes"])
    .map(fieldsOf)
    .filter((change) => change["mode"] === "data" && change["type"] === type)
    .map((change) => instanceOf(change, textOf(change["module_address"])));
}

function instancesOf(root: unknown): readonly Instance[] {
  return modulesOf(fieldsOf(root))
    .flatMap((module) =>
      itemsOf(module["resources"]).map((resource) => instanceOf(fieldsOf(resource), textOf(module["address"]))),
    )
    .slice(0, instancesMax);
}

function modulesOf(module: Fields): readonly Fields[] {
  return [module, ...itemsOf(module["child_modules"]).map(fieldsOf).flatMap(modulesOf)];
}

function instanceOf(resource: Fields, module: string): Instance {
  return {
    module: moduleCalls(module),
    mode: resource["mode"] === "data" ? "data" : "managed",
    type: textOf(resource["type"]),
    name: textOf(resource["name"]),
    address: textOf(resource["address"]),
    values: fieldsOf(resource["values"]),
  };
}

/** Names of the calls in a module's address: `module.a["x.y"].module.b[0]` is `a.b`. */
export function moduleCalls(address: string): string {
  return [...address.matchAll(/(?:^|\.)module\.([^.["]+)(?:\["(?:[^"\\]|\\.)*"\]|\[\d+\])?/g)]
    .map(([, name]) => name ?? "")
    .join(".");
}

/** The blocks of a configuration themselves, of all modules, with their expressions. */
export interface ConfiguredBlock extends BlockRef {
  readonly fields: Fields;
}

export function configuredBlocks(plan: unknown): readonly ConfiguredBlock[] {
  return blocksOf(fieldsOf(fieldsOf(fieldsOf(plan)["configuration"])["root_module"]), "");
}

function blocksOf(module: Fields, path: string): readonly ConfiguredBlock[] {
  const own = itemsOf(module["resources"])
    .map(fieldsOf)
    .map(
      (fields): ConfiguredBlock => ({
        module: path,
        mode: fields["mode"] === "data" ? "data" : "managed",
        type: textOf(fields["type"]),
        name: textOf(fields["name"]),
        fields,
      }),
    );
  const below = Object.entries(fieldsOf(module["module_calls"])).flatMap(([call, value]) =>
    blocksOf(fieldsOf(fieldsOf(value)["module"]), path === "" ? call : `${path}.${call}`),
  );
  return [...own, ...below];
}

/** `data.coder_parameter.cpu`, below its module. */
export function blockAddress({ module, mode, type, name }: BlockRef): string {
  const calls =
    module === ""
      ? ""
      : `${module
          .split(".")
          .map((call) => `module.${call}.`)
          .join("")}`;
  return `${calls}${mode === "data" ? "data." : ""}${type}.${name}`;
}
