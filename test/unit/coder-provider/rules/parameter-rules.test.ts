import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ParameterConfig } from "../../../../src/provisioner/coder-provider/rules/parameter-config.ts";
import { configProblems, resolveParameter } from "../../../../src/provisioner/coder-provider/rules/parameter-rules.ts";
import { parameter } from "./case-rows.ts";
import { parameterCases } from "./parameter-cases.ts";

describe("a parameter in a build", () => {
  it.each(parameterCases.map((one) => [one.says, one] as const))("%s", (_says, { config, input, expected }) => {
    const resolved = resolveParameter(config, input);
    if ("value" in expected) {
      expect(resolved).toMatchObject(expected);
      return;
    }
    const problems = "problems" in resolved ? resolved.problems : [];
    expect(problems.map((problem) => problem.path)).toContainEqual(expected.at);
    const texts = problems.map(({ path, detail }) => (path.join() === expected.at.join() ? `${detail} ${path}` : ""));
    expect(texts.some((text) => expected.refused.test(text) || expected.refused.test(text.replace(/ \S*$/, "")))).toBe(
      true,
    );
  });

  it("has every row of the table once", () => {
    const says = parameterCases.map((one) => one.says);
    expect(says.length).toBeGreaterThanOrEqual(90);
    expect(new Set(says).size).toBe(says.length);
  });
});

describe("a parameter's configuration", () => {
  it("that is refused in every build is refused before, where nothing is unknown", () => {
    const lasting = parameterCases.filter(({ expected }) => !("value" in expected) && expected.at[0] !== "value");
    expect(lasting.length).toBeGreaterThan(15);
    for (const { says, config } of lasting) expect([says, configProblems(config).length > 0]).toEqual([says, true]);
  });

  it("that has a value in some build is not refused before", () => {
    const sound = parameterCases.filter(({ expected, config }) => "value" in expected && config.default === null);
    for (const { says, config } of sound) expect([says, configProblems(config)]).toEqual([says, []]);
  });

  it("has its default judged, at the default", () => {
    const config = parameter({ type: "number", default: "9", validation: { max: 8 } });
    expect(configProblems(config)).toMatchObject([
      { path: ["default"], detail: expect.stringContaining("above the maximum 8") },
    ]);
  });

  it("tells all of its problems at once", () => {
    const config = parameter({
      type: "bool",
      mutable: false,
      ephemeral: true,
      formType: "slider",
      validation: { min: 1, max: 0.5, regex: "(", monotonic: "up" },
    });
    expect(configProblems(config).map((problem) => problem.path.join("."))).toEqual([
      "ephemeral",
      "default",
      "validation.0.min",
      "validation.0.max",
      "validation.0.monotonic",
      "validation.0.monotonic",
      "validation.0.regex",
      "validation.0.regex",
      "validation.0.error",
      "validation.0.regex",
      "form_type",
    ]);
  });

  it("is not judged by what is not known yet", () => {
    const ephemeral = parameter({ ephemeral: true });
    expect(configProblems(ephemeral)).toHaveLength(1);
    expect(configProblems(ephemeral, new Set(["default"]))).toEqual([]);
    const dropdown = parameter({ formType: "dropdown" });
    expect(configProblems(dropdown, new Set(["options"]))).toEqual([]);
    const slider = parameter({ formType: "slider", validation: { min: 1 } });
    expect(configProblems(slider, new Set(["type"]))).toEqual([]);
    const chosen = parameter({ default: "z", options: ["a"] });
    expect(configProblems(chosen, new Set(["default"]))).toEqual([]);
  });
});

describe("whatever is written into a parameter", () => {
  const configs: fc.Arbitrary<ParameterConfig> = fc.record({
    name: fc.string(),
    type: fc.constantFrom("string", "number", "bool", "list(string)"),
    formType: fc.constantFrom("", "radio", "dropdown", "input", "slider", "multi-select", "tag-select", "nonsense"),
    mutable: fc.boolean(),
    default: fc.option(fc.oneof(fc.string(), fc.integer().map(String), fc.constantFrom("true", '["a"]', "[]"))),
    ephemeral: fc.boolean(),
    options: fc.array(fc.record({ name: fc.string(), value: fc.oneof(fc.string(), fc.integer().map(String)) }), {
      maxLength: 4,
    }),
    validation: fc.option(
      fc.record({
        min: fc.option(fc.oneof(fc.integer(), fc.double())),
        max: fc.option(fc.integer()),
        monotonic: fc.option(fc.constantFrom("increasing", "decreasing", "up")),
        regex: fc.option(fc.oneof(fc.string(), fc.constantFrom("^a", "[0-9]+"))),
        error: fc.option(fc.string()),
      }),
    ),
  });
  const inputs = fc.record(
    {
      value: fc.oneof(fc.string(), fc.integer().map(String)),
      previous: fc.oneof(fc.string(), fc.integer().map(String)),
    },
    { requiredKeys: [] },
  );

  it("a build has the value that was given, or the default, or none; or it is told why not", () => {
    fc.assert(
      fc.property(configs, inputs, (config, input) => {
        const resolved = resolveParameter(config, input);
        if ("problems" in resolved) expect(resolved.problems.length).toBeGreaterThan(0);
        else
          expect(resolved).toMatchObject({
            value: input.value ?? config.default ?? "",
            optional: config.default !== null,
          });
      }),
    );
  });

  it("a value that a build takes is taken again when it is given, whether or not it was the default before", () => {
    fc.assert(
      fc.property(configs, inputs, (config, input) => {
        const first = resolveParameter(config, input);
        if ("problems" in first || (first.value === "" && input.value === undefined)) return;
        const { previous } = input;
        expect(
          resolveParameter(config, { value: first.value, ...(previous === undefined ? {} : { previous }) }),
        ).toEqual(first);
      }),
    );
  });

  it("a configuration without problems has its default as a value", () => {
    fc.assert(
      fc.property(configs, (config) => {
        if (config.default === null || configProblems(config).length > 0) return;
        expect(resolveParameter(config, {})).toMatchObject({ value: config.default });
      }),
      { numRuns: 300 },
    );
  });
});
