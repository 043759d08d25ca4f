// The shape of a schema as data. What is observable in plans and states follows from it: the messages of the protocol,
// what is validated, what is filled in, what makes a resource anew.

/** Type of a value, in the words of the protocol: `"string"`, `["list", "string"]`, `["object", { … }]`. */
export type ValueType =
  | "string"
  | "number"
  | "bool"
  | readonly ["list" | "set" | "map", ValueType]
  | readonly ["object", Readonly<Record<string, ValueType>>];

/** What a single value has to be. Null and unknown values are not looked at. */
export type ValueRule =
  | { readonly kind: "one of"; readonly values: readonly string[] }
  /** `is` ends the sentence "… has to be". */
  | { readonly kind: "pattern"; readonly pattern: RegExp; readonly is: string }
  | { readonly kind: "range"; readonly min?: number; readonly max?: number }
  /** Of a list or set. */
  | { readonly kind: "items"; readonly min: number }
  /** In Unicode code points. */
  | { readonly kind: "length"; readonly max: number }
  /** Six fields, seconds first, the last may be left out; or a descriptor such as `@daily`. */
  | { readonly kind: "cron with seconds" };

export interface Attribute {
  readonly type: ValueType;
  readonly use: "required" | "optional" | "computed" | "optional, computed";
  readonly isSensitive?: true;
  /** Said as a warning to whom sets it: what to write instead. */
  readonly deprecated?: string;
  /** Filled in where the configuration says nothing. */
  readonly default?: boolean | number | string;
  /** A change makes the resource anew; all others are updates in place. */
  readonly replaces?: true;
  readonly rules?: readonly ValueRule[];
  readonly about: string;
}

export interface NestedBlock {
  readonly nesting: "list" | "set";
  readonly itemsMin?: number;
  readonly itemsMax?: number;
  readonly deprecated?: string;
  readonly block: Block;
  readonly about: string;
}

/** What several attributes of one block have to be together. Unknown values are not looked at. */
export type BlockRule =
  | { readonly kind: "conflict"; readonly attribute: string; readonly with: readonly string[] }
  | { readonly kind: "exactly one"; readonly of: readonly string[] }
  /** Booleans have to be true to count. */
  | { readonly kind: "at least one"; readonly of: readonly string[] }
  | { readonly kind: "only with"; readonly attribute: string; readonly with: string }
  /** Texts of `key` in the blocks `block`. */
  | { readonly kind: "unique"; readonly block: string; readonly key: string }
  /** A warning: the attributes do nothing while `attribute` is true. */
  | { readonly kind: "no use with"; readonly attribute: string; readonly of: readonly string[] };

export interface Block {
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly blocks?: Readonly<Record<string, NestedBlock>>;
  readonly rules?: readonly BlockRule[];
}

export interface TypeSchema {
  /** Of the state's shape, as the real provider counts it. */
  readonly version: number;
  readonly block: Block;
  readonly about: string;
}

/** All that one provider understands. */
export interface ProviderSchemas {
  readonly provider: TypeSchema;
  readonly resources: Readonly<Record<string, TypeSchema>>;
  readonly dataSources: Readonly<Record<string, TypeSchema>>;
}

type Extra = Omit<Attribute, "type" | "use" | "about">;

export function required(type: ValueType, about: string, extra: Extra = {}): Attribute {
  return { type, use: "required", about, ...extra };
}

export function optional(type: ValueType, about: string, extra: Extra = {}): Attribute {
  return { type, use: "optional", about, ...extra };
}

export function computed(type: ValueType, about: string, extra: Extra = {}): Attribute {
  return { type, use: "computed", about, ...extra };
}

export const oneOf = (...values: readonly string[]): ValueRule => ({ kind: "one of", values });
export const range = (min?: number, max?: number): ValueRule => ({
  kind: "range",
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
});
export const lengthMax = (max: number): ValueRule => ({ kind: "length", max });
export const notEmpty: ValueRule = { kind: "pattern", pattern: /^[^]/, is: "a text that is not empty" };
export const uuid: ValueRule = {
  kind: "pattern",
  pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  is: "a UUID",
};
export const variableName: ValueRule = {
  kind: "pattern",
  pattern: /^[a-zA-Z_][a-zA-Z0-9_]*$/,
  is: "the name of an environment variable: letters, digits and _, no digit first",
};
