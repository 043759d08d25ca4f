import { describe, expect, test } from "vitest";
import type { ParameterDefinition } from "../../../src/contracts/parameter-definition.ts";
import { canonicalParameterValue, parameterValueFault } from "../../../src/domain/parameters/parameter-value.ts";
import { type ResolveInput, resolveParameters } from "../../../src/domain/parameters/resolve-parameters.ts";
import { validateDefinitions } from "../../../src/domain/parameters/validate-definitions.ts";

const define = (over: Partial<ParameterDefinition> = {}): ParameterDefinition => ({
  name: "size",
  type: "string",
  mutable: true,
  ...over,
});
const resolve = (over: Partial<ResolveInput>, definition: Partial<ParameterDefinition> = {}) =>
  resolveParameters({ definitions: [define(definition)], userValues: {}, ...over });
const ok = (size: string) => ({ kind: "ok", values: { size } });
const refused = (kind: string, parameter = "size") => ({ kind: "problems", problems: [{ kind, parameter }] });

describe("resolving", () => {
  test.each([
    ["the user's value", { userValues: { size: "l" } }, {}, ok("l")],
    ["the preset's value", { presetValues: { size: "l" } }, {}, ok("l")],
    ["the same value from preset and user", { presetValues: { size: "l" }, userValues: { size: "l" } }, {}, ok("l")],
    ["the last build's value before the default", { previousValues: { size: "m" } }, { default: "s" }, ok("m")],
    [
      "the user's value before the last build's",
      { userValues: { size: "l" }, previousValues: { size: "m" } },
      {},
      ok("l"),
    ],
    [
      "the preset's value before the last build's",
      { presetValues: { size: "l" }, previousValues: { size: "m" } },
      {},
      ok("l"),
    ],
    ["the default", {}, { default: "s" }, ok("s")],
    ["an empty default", {}, { default: "" }, ok("")],
    [
      "an ephemeral value is not carried over",
      { previousValues: { size: "m" } },
      { ephemeral: true, default: "s" },
      ok("s"),
    ],
    [
      "an immutable value given again unchanged",
      { userValues: { size: "m" }, previousValues: { size: "m" } },
      { mutable: false },
      ok("m"),
    ],
    [
      "an immutable value that is new to the template",
      { userValues: { size: "m" }, previousValues: {} },
      { mutable: false },
      ok("m"),
    ],
  ])("%s", (_name, input, definition, expected) => {
    expect(resolve(input, definition)).toEqual(expected);
  });

  test.each([
    ["a missing value", {}, {}, refused("missing")],
    [
      "a value against the preset's",
      { presetValues: { size: "l" }, userValues: { size: "s" } },
      {},
      refused("fixed_by_preset"),
    ],
    ["an unknown parameter", { userValues: { size: "s", colour: "red" } }, {}, refused("unknown", "colour")],
    [
      "an unknown parameter of the preset",
      { userValues: { size: "s" }, presetValues: { colour: "red" } },
      {},
      refused("unknown", "colour"),
    ],
    [
      "a changed immutable value",
      { userValues: { size: "l" }, previousValues: { size: "m" } },
      { mutable: false },
      refused("immutable"),
    ],
    ["an invalid value", { userValues: { size: "x" } }, { options: [{ name: "S", value: "s" }] }, refused("invalid")],
    [
      "a last value that the template no longer allows",
      { previousValues: { size: "x" } },
      { options: [{ name: "S", value: "s" }] },
      refused("invalid"),
    ],
  ])("%s is refused", (_name, input, definition, expected) => {
    expect(resolve(input, definition)).toMatchObject(expected);
  });

  test("a monotonic number may only grow", () => {
    const disk = { type: "number", validation: { monotonic: "increasing" } } as const;
    const change = (from: string, to: string) =>
      resolve({ userValues: { size: to }, previousValues: { size: from } }, disk);
    expect(change("10", "20").kind).toBe("ok");
    expect(change("10", "9")).toMatchObject(refused("invalid"));
  });

  test("all problems are reported at once", () => {
    const definitions = [define(), define({ name: "cpus", type: "number" })];
    const result = resolveParameters({ definitions, userValues: { cpus: "many", colour: "red" } });
    expect(result.kind === "problems" && result.problems.map((one) => `${one.parameter} ${one.kind}`)).toEqual([
      "size missing",
      "cpus invalid",
      "colour unknown",
    ]);
  });

  test.each(["constructor", "__proto__", "toString"])("a parameter named %s is only a name", (name) => {
    const definitions = [define({ name })];
    expect(resolveParameters({ definitions, userValues: {} })).toMatchObject(refused("missing", name));
    const given = resolveParameters({ definitions, userValues: Object.fromEntries([[name, "v"]]) });
    expect(given.kind === "ok" && Object.entries(given.values)).toEqual([[name, "v"]]);
  });
});

describe("a dynamic parameter, before its form is evaluated,", () => {
  const dynamic = { dynamic: true, default: "s", options: [{ name: "s", value: "s" }] } as const;
  const open = { kind: "ok", values: {} };

  test.each([
    ["is left to the template where nothing is given, its default included", {}, open],
    ["takes a value that the import's example has no option for", { userValues: { size: "l" } }, ok("l")],
    ["takes the same of a preset", { presetValues: { size: "l" } }, ok("l")],
    ["keeps the value of the build before", { previousValues: { size: "m" } }, ok("m")],
  ])("%s", (_name, input, expected) => {
    expect(resolve(input, dynamic)).toEqual(expected);
  });

  test("has the type that it says all the same", () => {
    const number = { ...dynamic, type: "number", options: [] } as const;
    expect(resolve({ userValues: { size: "many" } }, number)).toMatchObject(refused("invalid"));
  });

  test("is required by nobody: with the other values there may be none", () => {
    expect(resolve({}, { dynamic: true })).toEqual(open);
  });
});

describe("values", () => {
  const options = [
    { name: "A", value: "a" },
    { name: "B", value: "b" },
  ];
  test.each([
    ["number", "1.5", {}, null],
    ["number", "-3", { validation: { min: -3 } }, null],
    ["number", "-4", { validation: { min: -3 } }, "is below the minimum -3"],
    ["number", "9", { validation: { max: 8 } }, "is above the maximum 8"],
    ["number", "", {}, "is not a number"],
    ["number", "0x10", {}, "is not a number"],
    ["number", "1e999", {}, "is not a number"],
    ["number", "9", { validation: { max: 8, error: "is more than we have" } }, "is more than we have"],
    ["bool", "true", {}, null],
    ["bool", "yes", {}, "is neither true nor false"],
    ["list", '["a","b"]', { options }, null],
    ["list", '["a","c"]', { options }, 'is not one of the options "a", "b"'],
    ["list", "a,b", {}, "is not a JSON array of strings with at most 1000 elements"],
    ["list", "[1]", {}, "is not a JSON array of strings with at most 1000 elements"],
    ["string", "c", { options }, 'is not one of the options "a", "b"'],
    ["string", "ab1", { validation: { regex: "^[a-z]+$" } }, "does not match the pattern ^[a-z]+$"],
    ["string", "abc", { validation: { regex: "^[a-z]+$" } }, null],
    ["string", "a".repeat(8_193), {}, "has 8193 characters; at most 8192 are allowed"],
  ] as const)("%s %j with %j: %j", (type, value, over, fault) => {
    expect(parameterValueFault(define({ type, ...over }), value)).toBe(fault);
  });

  test("a pattern that does not compile, or is too long, refuses values and never throws", () => {
    expect(parameterValueFault(define({ validation: { regex: "(" } }), "a")).toContain("( is no regular expression");
    expect(parameterValueFault(define({ validation: { regex: "a".repeat(513) } }), "a")).toContain("513 characters");
  });

  // The engine of JavaScript takes seconds for thirty characters of the first, and twice as long for each one more.
  test.each([
    "^(a+)+$",
    "^(a|aa)+$",
    "(.*)*x",
    "^([a-zA-Z0-9])(([-.]|[_]+)?([a-zA-Z0-9]+))*$",
  ])("no value makes the pattern %s try for long", (regex) => {
    const began = performance.now();
    expect(parameterValueFault(define({ validation: { regex } }), `${"a".repeat(8_190)}!`)).toContain("does not match");
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  test.each([
    ["\\u0041\\u{1F600}", "A😀"],
    ["^(?<year>\\d{4})-\\d\\d$", "2030-01"],
    ["a\\/b", "a/b"],
    ["^\\p{L}+$", "Größe"],
  ])("the pattern %s means what it means in JavaScript", (regex, value) => {
    expect(parameterValueFault(define({ validation: { regex } }), value)).toBeNull();
    expect(parameterValueFault(define({ validation: { regex } }), "-")).toContain("does not match");
  });

  test("equal lists have one text", () => {
    expect(canonicalParameterValue(define({ type: "list" }), '[ "a", "b" ]')).toBe('["a","b"]');
    expect(canonicalParameterValue(define({ type: "list" }), "broken")).toBe("broken");
    expect(canonicalParameterValue(define(), ' ["a"]')).toBe(' ["a"]');
  });
});

describe("definitions at the publish", () => {
  test.each([
    ["a sound one", { default: "2", type: "number", validation: { min: 1, max: 3 } }, []],
    ["a default that is invalid", { default: "9", type: "number", validation: { max: 3 } }, ["parameters[0].default"]],
    [
      "a minimum above the maximum",
      { type: "number", validation: { min: 3, max: 1 } },
      ["parameters[0].validation.min"],
    ],
    ["a pattern that does not compile", { validation: { regex: "[" } }, ["parameters[0].validation.regex"]],
    ["a pattern that looks ahead", { validation: { regex: "^(?!root$).*$" } }, ["parameters[0].validation.regex"]],
    ["a pattern that refers back", { validation: { regex: "^(.)\\1$" } }, ["parameters[0].validation.regex"]],
    ["a pattern that unfolds", { validation: { regex: "((a?){30}){30}" } }, ["parameters[0].validation.regex"]],
    ["a pattern for a number", { type: "number", validation: { regex: "1" } }, ["parameters[0].validation.regex"]],
    ["a maximum for a string", { validation: { max: 1 } }, ["parameters[0].validation"]],
    [
      "two options of one value",
      {
        options: [
          { name: "A", value: "a" },
          { name: "B", value: "a" },
        ],
      },
      ["parameters[0].options[1].value"],
    ],
    [
      "an option that is no number",
      { type: "number", options: [{ name: "A", value: "a" }] },
      ["parameters[0].options[0].value"],
    ],
    ["options of a list", { type: "list", options: [{ name: "A", value: "a" }], default: '["a"]' }, []],
  ] as const)("%s", (_name, over, fields) => {
    expect(validateDefinitions([define(over)]).map((problem) => problem.field)).toEqual(fields);
  });

  test("two parameters of one name are refused", () => {
    expect(validateDefinitions([define(), define()])).toMatchObject([
      { parameter: "size", field: "parameters[1].name" },
    ]);
  });

  test.each([
    ["disk-size", "disk_size", "PREWARM_PARAMETER_DISK_SIZE"],
    ["Region", "region", "PREWARM_PARAMETER_REGION"],
  ])("%s and %s are refused, because a workspace would see one of them only", (first, second, variable) => {
    expect(validateDefinitions([define({ name: first }), define({ name: second })])).toMatchObject([
      { parameter: second, field: "parameters[1].name", reason: expect.stringContaining(variable) },
    ]);
  });

  test("all patterns of a template together are bounded", () => {
    const many = ["a", "b", "c"].map((name) => define({ name, validation: { regex: "^x{900}$" } }));
    expect(validateDefinitions(many)).toMatchObject([{ parameter: "c", field: "parameters[2].validation.regex" }]);
  });
});
