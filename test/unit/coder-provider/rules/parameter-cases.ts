import { at, cases, growing, lower, none, type ParameterCase, type Row } from "./case-rows.ts";
import { strings, stringsWithOptions } from "./string-cases.ts";

const inRange = { min: 1, max: 8 };
const shrinking = { monotonic: "decreasing" };

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
