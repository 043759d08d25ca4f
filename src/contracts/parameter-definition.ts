/**
 * Parameters of a template as they are published (spec §1). Plain data: schemas of the wire and
 * rules of the domain both build on these shapes.
 */

export const parameterTypes = ["string", "number", "bool", "list"] as const;
/** Type of a parameter. Values always travel as strings; a list is a JSON array of strings. */
export type ParameterType = (typeof parameterTypes)[number];

/** Controls that ask for a parameter; which ones fit it is in `contracts/parameter-form.ts`. */
export const formTypes = [
  "radio",
  "dropdown",
  "input",
  "textarea",
  "slider",
  "checkbox",
  "switch",
  "multi-select",
  "tag-select",
] as const;
export type FormType = (typeof formTypes)[number];

/** One value that people may choose. */
export interface ParameterOption {
  readonly name: string;
  readonly value: string;
  readonly description?: string;
  readonly icon?: string;
}

/** Looks of the control that asks for a parameter. They decide nothing: what is disabled or masked can be sent all the same. */
export interface ParameterStyling {
  readonly disabled?: boolean;
  readonly placeholder?: string;
  readonly maskInput?: boolean;
}

/** Rules for a value: `min`, `max` and `monotonic` for numbers, `regex` for strings. */
export interface ParameterValidation {
  readonly min?: number;
  readonly max?: number;
  /** Pattern in RE2 syntax, matched anywhere in the value unless it is anchored. */
  readonly regex?: string;
  /** Shown in place of the generated reason; `{min}`, `{max}` and `{value}` in it are replaced. */
  readonly error?: string;
  /** Whether a later value may only grow or only shrink. */
  readonly monotonic?: "increasing" | "decreasing";
}

/** An input of a template. It is required exactly when it has no `default`. */
export interface ParameterDefinition {
  readonly name: string;
  readonly displayName?: string;
  readonly description?: string;
  readonly icon?: string;
  /** Smaller ones come first; 0 unless said. */
  readonly order?: number;
  readonly type: ParameterType;
  /** The control that asks for it. Of a list with options, `radio` says that each option is a list of its own. */
  readonly formType?: FormType;
  readonly styling?: ParameterStyling;
  readonly default?: string;
  readonly options?: readonly ParameterOption[];
  readonly validation?: ParameterValidation;
  /** Whether the value may change after the workspace's first build. */
  readonly mutable: boolean;
  /** Whether a value holds for one build only and is not carried to the next. */
  readonly ephemeral?: boolean;
  /**
   * Whether options, rules and default are only as the import has seen them, and others for other values or another person.
   * Of an evaluated form no definition is.
   */
  readonly dynamic?: boolean;
}

/** Parameter name → value, as given or as resolved. */
export type ParameterValues = Readonly<Record<string, string>>;
