// Schemas of other people's providers in few words: names, types and marks are facts of their public interface.
import type {
  Attribute,
  Block,
  NestedBlock,
  ProviderSchemas,
  TypeSchema,
  ValueType,
} from "../../../src/provisioner/coder-provider/schema/schema-shape.ts";

/**
 * Of an attribute: its type (`string`, `number`, `bool`, `list`, `set` or `map`, the last three of texts), whether it is
 * `required` (else it is optional) or `computed` (`optional computed`: either), and `new` where a change makes the
 * resource anew.
 */
export type Words = string;

export interface Nested {
  readonly nesting: "list" | "set";
  readonly max?: number;
  readonly of: StandInBlock;
}

export interface StandInBlock {
  readonly [name: string]: Words | Nested;
}

export interface StandInProvider {
  /** As templates write it in `source`. */
  readonly address: string;
  readonly config?: StandInBlock;
  readonly resources?: Readonly<Record<string, StandInBlock>>;
  readonly dataSources?: Readonly<Record<string, StandInBlock>>;
}

/** A list of blocks of which there is one at most, as SDKs say "an object". */
export const one = (of: StandInBlock): Nested => ({ nesting: "list", max: 1, of });
export const many = (of: StandInBlock): Nested => ({ nesting: "list", of });
export const setOf = (of: StandInBlock): Nested => ({ nesting: "set", of });

export function schemasOf({ config = {}, resources = {}, dataSources = {} }: StandInProvider): ProviderSchemas {
  const withId = (block: StandInBlock): TypeSchema => typeOf({ id: "string computed", ...block });
  return {
    provider: typeOf(config),
    resources: mapped(resources, withId),
    dataSources: mapped(dataSources, withId),
  };
}

function mapped<A, B>(table: Readonly<Record<string, A>>, change: (each: A) => B): Readonly<Record<string, B>> {
  return Object.fromEntries(Object.entries(table).map(([name, each]) => [name, change(each)]));
}

function typeOf(block: StandInBlock): TypeSchema {
  return { version: 0, about: "", block: blockOf(block) };
}

function blockOf(block: StandInBlock): Block {
  const attributes: Record<string, Attribute> = {};
  const blocks: Record<string, NestedBlock> = {};
  for (const [name, what] of Object.entries(block)) {
    if (typeof what === "string") attributes[name] = attributeOf(what);
    else {
      const { nesting, max, of } = what;
      blocks[name] = { nesting, about: "", block: blockOf(of), ...(max === undefined ? {} : { itemsMax: max }) };
    }
  }
  return { attributes, blocks };
}

const types: Readonly<Record<string, ValueType>> = {
  string: "string",
  number: "number",
  bool: "bool",
  list: ["list", "string"],
  set: ["set", "string"],
  map: ["map", "string"],
};

function attributeOf(words: Words): Attribute {
  const [first = "", ...marks] = words.split(" ");
  const type = types[first];
  if (type === undefined) throw new Error(`"${first}" is no type.`);
  const isOptional = marks.includes("optional");
  const use = marks.includes("required")
    ? "required"
    : marks.includes("computed")
      ? isOptional
        ? "optional, computed"
        : "computed"
      : "optional";
  return { type, use, about: "", ...(marks.includes("new") ? { replaces: true } : {}) };
}
