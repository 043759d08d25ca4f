/**
 * Parameters of a template as they are published (spec §1). Plain data: schemas of the wire and
 * rules of the domain both build on these shapes.
 */

export const parameterTypes = ["string", "number", "bool", "list"] as const;
/** Type of a parameter. Values always travel as strings; a list is a JSON array of strings. */
export type ParameterType = (typeof parameterTypes)[number];

/** One value that people may choose. */
export interface ParameterOption {
  readonly name: string;
  readonly value: string;
  readonly description?: string;
}

/** Rules for a value: `min`, `max` and `monotonic` for numbers, `regex` for strings. */
export interface ParameterValidation {
  readonly min?: number;
  readonly max?: number;
  /** Pattern in RE2 syntax, matched anywhere in the value unless it is anchored. */
  readonly regex?: string;
  /** Shown in place of the generated reason when `min`, `max` or `regex` refuses a value. */
  readonly error?: string;
  /** Whether a later value may only grow or only shrink. */
  readonly monotonic?: "increasing" | "decreasing";
}

/** An input of a template. It is required exactly when it has no `default`. */
export interface ParameterDefinition {
  readonly name: string;
  readonly displayName?: string;
  readonly description?: string;
  readonly type: ParameterType;
  readonly default?: string;
  readonly options?: readonly ParameterOption[];
  readonly validation?: ParameterValidation;
  /** Whether the value may change after the workspace's first build. */
  readonly mutable: boolean;
  /** Whether a value holds for one build only and is not carried to the next. */
  readonly ephemeral?: boolean;
}

/** Parameter name → value, as given or as resolved. */
export type ParameterValues = Readonly<Record<string, string>>;
