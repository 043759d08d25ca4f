import type {
  OptionConfig,
  ParameterConfig,
  ParameterInput,
  ValidationConfig,
} from "../../../../src/provisioner/coder-provider/rules/parameter-config.ts";

/** One row of the table: type × options × input × default × validation × previous → a value or an error. */
export interface ParameterCase {
  /** The end of a true sentence that begins with the type. */
  readonly says: string;
  readonly config: ParameterConfig;
  readonly input: ParameterInput;
  readonly expected:
    | { readonly value: string; readonly optional?: boolean; readonly formType?: string }
    | { readonly refused: RegExp; readonly at: readonly (string | number)[] };
}

type Overrides = Partial<Omit<ParameterConfig, "options" | "validation">> & {
  readonly options?: readonly (string | OptionConfig)[];
  readonly validation?: Partial<ValidationConfig>;
};

export function parameter(overrides: Overrides): ParameterConfig {
  const { options = [], validation, ...rest } = overrides;
  return {
    name: "p",
    type: "string",
    mutable: true,
    default: null,
    ephemeral: false,
    options: options.map((option) => (typeof option === "string" ? { name: `The ${option}`, value: option } : option)),
    validation:
      validation === undefined
        ? null
        : { min: null, max: null, monotonic: null, regex: null, error: null, ...validation },
    ...rest,
  };
}

export const none: ParameterInput = {};
export const growing = { monotonic: "increasing" };
export const lower = { regex: "^[a-z]+$", error: "use small letters" };
export const at = (...path: (string | number)[]): readonly (string | number)[] => path;

export type Row = readonly [
  says: string,
  config: Overrides,
  input: ParameterInput,
  expected:
    | string
    | readonly [refused: RegExp, at: readonly (string | number)[]]
    | { value: string; optional?: boolean; formType?: string },
];

export function cases(what: string, rows: readonly Row[]): readonly ParameterCase[] {
  return rows.map(([says, overrides, input, expected]) => ({
    says: `${what} ${says}`,
    config: parameter(overrides),
    input,
    expected: wanted(expected),
  }));
}

function wanted(expected: Row[3]): ParameterCase["expected"] {
  if (typeof expected === "string") return { value: expected };
  if ("value" in expected) return expected;
  return { refused: expected[0], at: expected[1] };
}
