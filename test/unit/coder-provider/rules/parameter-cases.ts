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

const none: ParameterInput = {};
const inRange = { min: 1, max: 8 };
const growing = { monotonic: "increasing" };
const shrinking = { monotonic: "decreasing" };
const lower = { regex: "^[a-z]+$", error: "use small letters" };
const at = (...path: (string | number)[]): readonly (string | number)[] => path;

type Row = readonly [
  says: string,
  config: Overrides,
  input: ParameterInput,
  expected:
    | string
    | readonly [refused: RegExp, at: readonly (string | number)[]]
    | { value: string; optional?: boolean; formType?: string },
];

const strings: readonly Row[] = [
  ["takes what is given", {}, { value: "hello" }, { value: "hello", optional: false, formType: "input" }],
  ["takes an empty text that is given", { default: "d" }, { value: "" }, { value: "", optional: true }],
  ["takes its default where nothing is given", { default: "d" }, none, { value: "d", optional: true }],
  ["is optional with an empty default", { default: "" }, none, { value: "", optional: true }],
  ["is empty where nothing is given and nothing validated", {}, none, { value: "", optional: false }],
  ["is the given text rather than the default", { default: "d" }, { value: "g" }, "g"],
  ["keeps white space and lines", {}, { value: " a\n b " }, " a\n b "],
  ["fits its pattern", { validation: lower }, { value: "abc" }, "abc"],
  [
    "is refused with the author's words by its pattern",
    { validation: lower },
    { value: "ABC" },
    [/use small letters/, at("value")],
  ],
  [
    "has its default refused by its pattern",
    { validation: lower, default: "A" },
    none,
    [/use small letters/, at("value")],
  ],
  ["has its emptiness judged by its pattern", { validation: lower }, none, [/use small letters/, at("value")]],
  ["may be empty by its pattern", { validation: { regex: "^[a-z]*$", error: "e" } }, none, ""],
  [
    "needs only a part that fits where a pattern has no anchors",
    { validation: { regex: "b", error: "e" } },
    { value: "abc" },
    "abc",
  ],
  ["passes an empty validation block", { validation: {} }, { value: "x" }, "x"],
  ["passes an empty validation block without a value", { validation: {} }, none, ""],
  [
    "needs an error beside its pattern",
    { validation: { regex: "a" } },
    { value: "a" },
    [/needs an "error"/, at("validation", 0, "error")],
  ],
  [
    "cannot have a pattern that looks ahead",
    { validation: { regex: "(?=a)", error: "e" } },
    { value: "a" },
    [/looks ahead/, at("validation", 0, "regex")],
  ],
  [
    "cannot have a broken pattern",
    { validation: { regex: "(", error: "e" } },
    { value: "a" },
    [/RE2/, at("validation", 0, "regex")],
  ],
  [
    "cannot have a minimum",
    { validation: { min: 1 } },
    { value: "a" },
    [/rule for numbers/, at("validation", 0, "min")],
  ],
  [
    "cannot have a maximum, and 0 is one",
    { validation: { max: 0 } },
    { value: "a" },
    [/rule for numbers/, at("validation", 0, "max")],
  ],
  [
    "cannot be monotonic",
    { validation: growing },
    { value: "a" },
    [/rule for numbers/, at("validation", 0, "monotonic")],
  ],
  ["may be a text area", { formType: "textarea" }, { value: "a" }, { value: "a", formType: "textarea" }],
  ["cannot be a slider", { formType: "slider" }, { value: "a" }, [/cannot be shown as "slider"/, at("form_type")]],
  [
    "cannot be shown as an error",
    { formType: "error" },
    { value: "a" },
    [/cannot be shown as "error"/, at("form_type")],
  ],
  [
    "cannot be a drop-down without options",
    { formType: "dropdown" },
    { value: "a" },
    [/without options/, at("form_type")],
  ],
  [
    "is refused for its form type although nothing is given",
    { formType: "switch" },
    none,
    [/form_type/, at("form_type")],
  ],
  ["cannot be longer than a value may be", {}, { value: "x".repeat(8_193) }, [/8193 characters/, at("value")]],
  ["may be as long as a value may be", {}, { value: "x".repeat(8_192) }, "x".repeat(8_192)],
];

const stringsWithOptions: readonly Row[] = [
  ["takes an option", { options: ["a", "b"] }, { value: "b" }, { value: "b", formType: "radio" }],
  [
    "may be a drop-down",
    { options: ["a"], formType: "dropdown" },
    { value: "a" },
    { value: "a", formType: "dropdown" },
  ],
  ["cannot be an input", { options: ["a"], formType: "input" }, { value: "a" }, [/with options/, at("form_type")]],
  [
    "refuses what is no option",
    { options: ["a", "b"] },
    { value: "c" },
    [/"c" is not one of its options.*"a", "b"/, at("value")],
  ],
  [
    "refuses the name of an option",
    { options: [{ name: "Large", value: "l" }] },
    { value: "Large" },
    [/not one of/, at("value")],
  ],
  ["refuses an option in other letters", { options: ["a"] }, { value: "A" }, [/not one of/, at("value")]],
  ["takes a default that is an option", { options: ["a"], default: "a" }, none, "a"],
  ["refuses a default that is no option", { options: ["a"], default: "z" }, none, [/"z" is not one of/, at("value")]],
  ["refuses the empty text that is given", { options: ["a"] }, { value: "" }, [/not one of/, at("value")]],
  ["has an empty option like any other", { options: ["", "a"] }, { value: "" }, ""],
  ["is empty where nothing is given and nothing validated", { options: ["a"] }, none, ""],
  [
    "refuses its emptiness where there is a validation",
    { options: ["a"], validation: {} },
    none,
    [/not one of/, at("value")],
  ],
  [
    "needs different names",
    {
      options: [
        { name: "n", value: "a" },
        { name: "n", value: "b" },
      ],
    },
    none,
    [/name "n" already/, at("option", 1, "name")],
  ],
  [
    "needs different values",
    {
      options: [
        { name: "n", value: "a" },
        { name: "m", value: "a" },
      ],
    },
    none,
    [/value "a" already/, at("option", 1, "value")],
  ],
  [
    "asks for an option before it asks for its pattern",
    { options: ["a"], validation: lower },
    { value: "B" },
    [/not one of/, at("value")],
  ],
  [
    "asks for its pattern of an option too",
    { options: ["A"], validation: lower },
    { value: "A" },
    [/small letters/, at("value")],
  ],
];

const numbers: readonly Row[] = [
  ["takes a whole number", { type: "number" }, { value: "4" }, { value: "4", formType: "input" }],
  ["takes a fraction where there is no validation", { type: "number" }, { value: "1.5" }, "1.5"],
  ["takes an exponent where there is no validation", { type: "number" }, { value: "1e3" }, "1e3"],
  ["takes a number of base sixteen with its exponent", { type: "number" }, { value: "0x1p4" }, "0x1p4"],
  ["takes what stands for infinity", { type: "number" }, { value: "-Inf" }, "-Inf"],
  ["refuses what is too large for a float", { type: "number" }, { value: "1e999" }, [/not a number/, at("value")]],
  ["refuses words", { type: "number" }, { value: "four" }, [/not a number/, at("value")]],
  ["refuses white space around it", { type: "number" }, { value: " 4" }, [/not a number/, at("value")]],
  [
    "refuses the empty text that is given",
    { type: "number", default: "4" },
    { value: "" },
    [/not a number/, at("value")],
  ],
  ["is empty where nothing is given and nothing validated", { type: "number" }, none, { value: "", optional: false }],
  [
    "fails until it is given where it has bounds",
    { type: "number", validation: inRange },
    none,
    [/"" is not a whole number/, at("value")],
  ],
  ["takes its minimum", { type: "number", validation: inRange }, { value: "1" }, "1"],
  ["takes its maximum", { type: "number", validation: inRange }, { value: "8" }, "8"],
  [
    "refuses what is below its minimum",
    { type: "number", validation: inRange },
    { value: "0" },
    [/below the minimum 1/, at("value")],
  ],
  [
    "refuses what is above its maximum",
    { type: "number", validation: inRange },
    { value: "9" },
    [/above the maximum 8/, at("value")],
  ],
  [
    "has a minimum of 0 that counts",
    { type: "number", validation: { min: 0 } },
    { value: "-1" },
    [/below the minimum 0/, at("value")],
  ],
  [
    "refuses a fraction within its bounds",
    { type: "number", validation: inRange },
    { value: "2.5" },
    [/not a whole number/, at("value")],
  ],
  ["takes a sign before a whole number", { type: "number", validation: inRange }, { value: "+4" }, "+4"],
  [
    "refuses more than 64 bits",
    { type: "number", validation: { min: 0 } },
    { value: "9223372036854775808" },
    [/not a whole number/, at("value")],
  ],
  [
    "fills in the author's words",
    { type: "number", validation: { ...inRange, error: "{value} is not in {min}–{max} ({value})" } },
    { value: "9" },
    [/^9 is not in 1–8 \(9\)$/, at("value")],
  ],
  [
    "leaves the placeholder of an absent bound",
    { type: "number", validation: { max: 8, error: "{min} to {max}" } },
    { value: "9" },
    [/^\{min\} to 8$/, at("value")],
  ],
  [
    "refuses a default out of its bounds",
    { type: "number", validation: inRange, default: "9" },
    none,
    [/above the maximum/, at("value")],
  ],
  ["refuses a default that is a word", { type: "number", default: "big" }, none, [/not a number/, at("value")]],
  ["may grow", { type: "number", validation: growing }, { value: "5", previous: "4" }, "5"],
  ["may stay where it can only grow", { type: "number", validation: growing }, { value: "4", previous: "4" }, "4"],
  [
    "cannot shrink where it can only grow",
    { type: "number", validation: growing },
    { value: "3", previous: "4" },
    [/may only grow: it was 4/, at("value")],
  ],
  ["may shrink", { type: "number", validation: shrinking }, { value: "3", previous: "4" }, "3"],
  [
    "cannot grow where it can only shrink",
    { type: "number", validation: shrinking },
    { value: "5", previous: "4" },
    [/may only shrink: it was 4/, at("value")],
  ],
  ["is free at its first build", { type: "number", validation: growing }, { value: "1" }, "1"],
  [
    "is free where the value before was no whole number",
    { type: "number", validation: growing },
    { value: "1", previous: "2.5" },
    "1",
  ],
  [
    "compares its default with the value before",
    { type: "number", validation: growing, default: "1" },
    { previous: "4" },
    [/may only grow/, at("value")],
  ],
  [
    "is bounded before it is compared",
    { type: "number", validation: { ...inRange, ...growing } },
    { value: "0", previous: "4" },
    [/below the minimum/, at("value")],
  ],
  [
    "gives the author's words for a growth too",
    { type: "number", validation: { ...growing, error: "only up" } },
    { value: "3", previous: "4" },
    [/^only up$/, at("value")],
  ],
  [
    "refuses a monotony of another kind",
    { type: "number", validation: { monotonic: "sideways" } },
    { value: "1" },
    [/"increasing" or "decreasing"/, at("validation", 0, "monotonic")],
  ],
  [
    "cannot have a pattern",
    { type: "number", validation: lower },
    { value: "1" },
    [/rule for strings/, at("validation", 0, "regex")],
  ],
  [
    "cannot have a pattern beside its bounds",
    { type: "number", validation: { ...lower, min: 1 } },
    { value: "1" },
    [/cannot stand beside/, at("validation", 0, "regex")],
  ],
  [
    "needs whole bounds",
    { type: "number", validation: { min: 0.5 } },
    { value: "1" },
    [/whole numbers/, at("validation", 0, "min")],
  ],
  [
    "may be a slider",
    { type: "number", formType: "slider", validation: inRange },
    { value: "2" },
    { value: "2", formType: "slider" },
  ],
  ["takes an option", { type: "number", options: ["2", "4"] }, { value: "4" }, { value: "4", formType: "radio" }],
  [
    "refuses an option that is spelled otherwise",
    { type: "number", options: ["2", "4"] },
    { value: "4.0" },
    [/not one of/, at("value")],
  ],
  [
    "needs options that are numbers",
    { type: "number", options: ["2", "many"] },
    { value: "2" },
    [/not a number/, at("option", 1, "value")],
  ],
  [
    "refuses an option out of its bounds",
    { type: "number", options: ["2", "16"], validation: inRange },
    { value: "16" },
    [/above the maximum/, at("value")],
  ],
];

const bools: readonly Row[] = [
  ["takes true", { type: "bool" }, { value: "true" }, { value: "true", formType: "checkbox" }],
  ["takes the short spellings where there is no validation", { type: "bool" }, { value: "T" }, "T"],
  ["takes 0 where there is no validation", { type: "bool", default: "0" }, none, "0"],
  ["refuses other words", { type: "bool" }, { value: "yes" }, [/neither true nor false/, at("value")]],
  ["refuses tRuE", { type: "bool" }, { value: "tRuE" }, [/neither true nor false/, at("value")]],
  [
    "takes nothing but true and false with a validation",
    { type: "bool", validation: {} },
    { value: "1" },
    [/neither true nor false/, at("value")],
  ],
  ["takes false with a validation", { type: "bool", validation: {} }, { value: "false" }, "false"],
  [
    "fails until it is given with a validation",
    { type: "bool", validation: {} },
    none,
    [/neither true nor false/, at("value")],
  ],
  ["is empty where nothing is given and nothing validated", { type: "bool" }, none, ""],
  ["may be a switch", { type: "bool", formType: "switch" }, { value: "true" }, { value: "true", formType: "switch" }],
  [
    "takes an option",
    { type: "bool", options: ["true", "false"] },
    { value: "false" },
    { value: "false", formType: "radio" },
  ],
  [
    "needs options of its type",
    { type: "bool", options: ["on"] },
    { value: "on" },
    [/neither true nor false/, at("option", 0, "value")],
  ],
];

const lists: readonly Row[] = [
  [
    "takes a JSON array",
    { type: "list(string)" },
    { value: '["a","b"]' },
    { value: '["a","b"]', formType: "tag-select" },
  ],
  ["takes an empty array", { type: "list(string)", default: "[]" }, none, "[]"],
  ["keeps the text as it was written", { type: "list(string)" }, { value: '[ "a" ]' }, '[ "a" ]'],
  ["refuses a plain text", { type: "list(string)" }, { value: "a,b" }, [/JSON array/, at("value")]],
  ["refuses numbers in its array", { type: "list(string)" }, { value: "[1]" }, [/JSON array/, at("value")]],
  [
    "refuses the empty text with a validation",
    { type: "list(string)", validation: {} },
    none,
    [/JSON array/, at("value")],
  ],
  [
    "chooses one of whole lists as radio",
    { type: "list(string)", options: ['["a"]', '["a","b"]'] },
    { value: '["a","b"]' },
    { value: '["a","b"]', formType: "radio" },
  ],
  [
    "needs lists as the options of a radio",
    { type: "list(string)", options: ["a"] },
    none,
    [/JSON array/, at("option", 0, "value")],
  ],
  [
    "chooses some of its options as multi-select",
    { type: "list(string)", formType: "multi-select", options: ["a", "b", "c"] },
    { value: '["c","a"]' },
    { value: '["c","a"]', formType: "multi-select" },
  ],
  [
    "chooses none as multi-select",
    { type: "list(string)", formType: "multi-select", options: ["a"] },
    { value: "[]" },
    "[]",
  ],
  [
    "refuses a stranger in a multi-select",
    { type: "list(string)", formType: "multi-select", options: ["a"] },
    { value: '["a","z"]' },
    [/"z" is not one of/, at("value")],
  ],
  [
    "refuses a bare option in a multi-select",
    { type: "list(string)", formType: "multi-select", options: ["a"] },
    { value: "a" },
    [/JSON array/, at("value")],
  ],
  [
    "cannot be a multi-select without options",
    { type: "list(string)", formType: "multi-select" },
    none,
    [/without options/, at("form_type")],
  ],
  [
    "cannot be a tag-select with options",
    { type: "list(string)", formType: "tag-select", options: ["[]"] },
    none,
    [/with options/, at("form_type")],
  ],
];

const kept: readonly Row[] = [
  [
    "cannot be ephemeral and immutable",
    { mutable: false, ephemeral: true, default: "d" },
    { value: "x" },
    [/mutable = true/, at("ephemeral")],
  ],
  ["cannot be ephemeral without a default", { ephemeral: true }, { value: "x" }, [/write a default/, at("default")]],
  ["may be ephemeral with a default", { ephemeral: true, default: "d" }, none, { value: "d", optional: true }],
  ["may be immutable", { mutable: false }, { value: "x", previous: "y" }, "x"],
  [
    "is refused for its keeping before its form type",
    { mutable: false, ephemeral: true, default: "d", formType: "slider" },
    none,
    [/mutable/, at("ephemeral")],
  ],
];

export const parameterCases: readonly ParameterCase[] = [
  ...cases("a string", strings),
  ...cases("a string with options", stringsWithOptions),
  ...cases("a number", numbers),
  ...cases("a bool", bools),
  ...cases("a list", lists),
  ...cases("a parameter", kept),
];

function cases(what: string, rows: readonly Row[]): readonly ParameterCase[] {
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
