// What templates written for Coder have in their parameters, in a template of our own.
import { describe, expect, test } from "vitest";
import { formTypes, parameterTypes } from "../../../src/contracts/parameter-definition.ts";
import type { ParameterDefinition } from "../../../src/contracts/parameter-definition.ts";
import { formTypeOf, formTypesFor, inOrder } from "../../../src/contracts/parameter-form.ts";
import { canonicalParameterValue, parameterValueFault } from "../../../src/domain/parameters/parameter-value.ts";
import { resolveParameters } from "../../../src/domain/parameters/resolve-parameters.ts";
import { validateDefinitions } from "../../../src/domain/parameters/validate-definitions.ts";

const define = (over: Partial<ParameterDefinition> = {}): ParameterDefinition => ({
  name: "size",
  type: "string",
  mutable: true,
  ...over,
});
const fieldsOf = (over: Partial<ParameterDefinition>) => validateDefinitions([define(over)]).map(({ field }) => field);

/** An option that fits the type, so that nothing else is wrong. */
const optionOf = { string: "a", number: "1", bool: "true", list: "[]" } as const;

describe("form types", () => {
  // spec/coder-templates.md §4.2, as a table of its own.
  const allowed: Readonly<Record<string, readonly string[]>> = {
    "string with": ["radio", "dropdown"],
    "string without": ["input", "textarea"],
    "number with": ["radio", "dropdown"],
    "number without": ["input", "slider"],
    "bool with": ["radio", "dropdown"],
    "bool without": ["checkbox", "switch"],
    "list with": ["radio", "multi-select"],
    "list without": ["tag-select"],
  };
  const cases = parameterTypes.flatMap((type) =>
    [true, false].flatMap((hasOptions) =>
      formTypes.map((formType) => ({ type, formType, options: hasOptions ? "with" : "without" })),
    ),
  );

  test.each(cases)("$formType for a $type $options options is allowed as the table says", (one) => {
    const { type, formType } = one;
    const options = one.options === "with" ? { options: [{ name: "A", value: optionOf[type] }] } : {};
    const isAllowed = allowed[`${type} ${one.options}`]?.includes(formType) ?? false;
    expect(fieldsOf({ type, formType, ...options })).toEqual(isAllowed ? [] : ["parameters[0].form_type"]);
  });

  test.each([
    [{ type: "string" }, "input"],
    [{ type: "number" }, "input"],
    [{ type: "bool" }, "checkbox"],
    [{ type: "list" }, "tag-select"],
    [{}, "input"],
    [{ options: [1, 2] }, "radio"],
    [{ options: [1, 2, 3, 4, 5, 6] }, "dropdown"],
    [{ options: [1, 2, 3, 4, 5, 6], form_type: "radio" }, "radio"],
    [{ type: "list", options: [1, 2, 3, 4, 5, 6] }, "multi-select"],
    [{ type: "bool", form_type: "switch" }, "switch"],
    [{ type: "bool", form_type: "slider" }, "checkbox"],
  ] as const)("the control of %j is %s", (parameter, control) => {
    expect(formTypeOf(parameter)).toBe(control);
  });

  test("every type has a control, with options and without", () => {
    for (const type of parameterTypes) {
      expect(formTypesFor(type, true).length).toBeGreaterThan(0);
      expect(formTypesFor(type, false).length).toBeGreaterThan(0);
    }
  });
});

describe("a list with options", () => {
  const options = [
    { name: "Web", value: '["go", "node"]' },
    { name: "None", value: "[]" },
  ];
  test("that is a radio has one of its options, each of which is a list", () => {
    const radio = define({ type: "list", formType: "radio", options });
    expect(validateDefinitions([radio])).toEqual([]);
    expect(parameterValueFault(radio, '["go","node"]')).toBeNull();
    expect(parameterValueFault(radio, "[]")).toBeNull();
    expect(parameterValueFault(radio, '["go"]')).toContain("is not one of the options");
    expect(canonicalParameterValue(radio, '[ "go",  "node" ]')).toBe('["go","node"]');
  });

  test("that is not has some of its options, which are texts", () => {
    const some = define({ type: "list", formType: "multi-select", options: [{ name: "Go", value: "go" }] });
    expect(parameterValueFault(some, '["go"]')).toBeNull();
    expect(parameterValueFault(some, '["java"]')).toContain("is not one of the options");
  });

  test("whose radio's options are no lists, or one list written twice, is refused", () => {
    const of = (...values: readonly string[]) => values.map((value) => ({ name: value, value }));
    const radio = { type: "list", formType: "radio" } as const;
    expect(fieldsOf({ ...radio, options: of("go") })).toEqual(["parameters[0].options[0].value"]);
    expect(fieldsOf({ ...radio, options: of('["a","b"]', '["a", "b"]') })).toEqual(["parameters[0].options[1].value"]);
  });
});

describe("an ephemeral parameter", () => {
  test("has a default and can change, or it is refused at the publish", () => {
    expect(fieldsOf({ ephemeral: true, default: "" })).toEqual([]);
    expect(fieldsOf({ ephemeral: true })).toEqual(["parameters[0].default"]);
    expect(fieldsOf({ ephemeral: true, default: "", mutable: false })).toEqual(["parameters[0].mutable"]);
  });

  const resolve = (userValues: Record<string, string>, previous: string, over: Partial<ParameterDefinition> = {}) =>
    resolveParameters({
      definitions: [define({ ephemeral: true, default: "1", ...over })],
      userValues,
      previousValues: { size: previous },
    });

  test("has what was said for this build, else its default", () => {
    expect(resolve({ size: "3" }, "7")).toEqual({ kind: "ok", values: { size: "3" } });
    expect(resolve({}, "7")).toEqual({ kind: "ok", values: { size: "1" } });
  });

  test("has no value before, so that it may grow and shrink", () => {
    const monotonic = { type: "number", validation: { monotonic: "increasing" } } as const;
    expect(resolve({ size: "3" }, "7", monotonic).kind).toBe("ok");
  });
});

describe("monotonic", () => {
  test.each([
    ["increasing", "10", "20", true],
    ["increasing", "10", "10", true],
    ["increasing", "10", "9", false],
    ["decreasing", "10", "9", true],
    ["decreasing", "10", "10", true],
    ["decreasing", "10", "11", false],
  ] as const)("%s from %s to %s: %s", (monotonic, previous, size, isAllowed) => {
    const resolved = resolveParameters({
      definitions: [define({ type: "number", validation: { monotonic } })],
      userValues: { size },
      previousValues: { size: previous },
    });
    expect(resolved.kind === "ok").toBe(isAllowed);
  });

  test("says nothing about the first build, and is for numbers", () => {
    const disk = define({ type: "number", validation: { monotonic: "increasing" } });
    expect(resolveParameters({ definitions: [disk], userValues: { size: "1" } }).kind).toBe("ok");
    expect(fieldsOf({ validation: { monotonic: "increasing" } })).toEqual(["parameters[0].validation"]);
  });
});

test("an error says the bounds and the value where it has places for them", () => {
  const error = "{value} is not within {min} and {max}; {else}";
  const cpus = define({ type: "number", validation: { min: 1, max: 8, error } });
  expect(parameterValueFault(cpus, "9")).toBe("9 is not within 1 and 8; {else}");
  const open = define({ type: "number", validation: { min: 1, error: "at most {max}" } });
  expect(parameterValueFault(open, "0")).toBe("at most {max}");
});

test("names that are no names are refused, and names as people write them are not", () => {
  expect(fieldsOf({ name: "Is public instance?" })).toEqual([]);
  expect(fieldsOf({ name: "two\nlines" })).toEqual(["parameters[0].name"]);
  const names = (...all: readonly string[]) => validateDefinitions(all.map((name) => define({ name })));
  expect(names("Machine Image", "machine_image")).toMatchObject([{ field: "parameters[1].name" }]);
  // Of neither a variable can be made, so neither is in the other's way.
  expect(names("Größe", "größe")).toEqual([]);
});

test("what has the same order stays as it stands in the file, and what has none is in the middle", () => {
  const parameters = [{ name: "c", order: 2 }, { name: "a" }, { name: "z", order: -1 }, { name: "b", order: 0 }];
  expect(inOrder(parameters).map(({ name }) => name)).toEqual(["z", "a", "b", "c"]);
});
