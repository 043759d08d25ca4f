import { describe, expect, test } from "vitest";
import { writeDynamic } from "../../../src/provisioner/coder-provider/calls/dynamic-value.ts";
import { coderSchemas } from "../../../src/provisioner/coder-provider/schema.ts";
import { conformBlock } from "../../../src/provisioner/coder-provider/values/conform.ts";
import { type Fields, unknownValue } from "../../../src/provisioner/coder-provider/values/value.ts";
import { AskedProvider, diagnosticsOf } from "../../support/coder-calls.ts";
import { type FactsDraft, jobFacts } from "../../support/coder-facts.ts";

const read = (type: string, config: Fields, draft: FactsDraft = {}) =>
  new AskedProvider(jobFacts(draft)).read(type, config);

function validate(typeName: string, config: Fields): readonly string[] {
  const schema = coderSchemas.dataSources[typeName];
  if (schema === undefined) throw new Error(`there is no ${typeName}`);
  const asked = { typeName, config: writeDynamic(conformBlock(schema.block, config)) };
  return diagnosticsOf(new AskedProvider(jobFacts()).ask("ValidateDataSourceConfig", asked));
}

describe("data.coder_parameter", () => {
  test("has what was chosen, its default, or nothing, always as text", () => {
    const cpu = { name: "cpu", type: "number", default: "2" };
    expect(read("coder_parameter", cpu, { parameters: { cpu: "4" } })).toMatchObject({ value: "4", optional: true });
    expect(read("coder_parameter", cpu)).toMatchObject({ value: "2", optional: true });
    expect(read("coder_parameter", { name: "constructor" })).toMatchObject({ value: "", optional: false });
  });

  test("says what it was left to say: form, type, looks, and which bounds there are not", () => {
    const config = { name: "Machine size", type: "number", default: "2", validation: [{ max: 8 }] };
    const state = read("coder_parameter", config);
    expect(state).toMatchObject({
      type: "number",
      form_type: "input",
      styling: "{}",
      mutable: false,
      ephemeral: false,
      validation: [{ min: null, max: 8, min_disabled: true, max_disabled: false }],
    });
    expect(read("coder_parameter", config)["id"]).toBe(state["id"]);
  });

  test("keeps its options, of which the value has to be one", () => {
    const option = [
      { name: "Small", value: "s", icon: "/icon/memory.svg" },
      { name: "Large", value: "l" },
    ];
    const config = { name: "size", default: "s", option };
    expect(read("coder_parameter", config)).toMatchObject({
      form_type: "radio",
      option: [{ name: "Small" }, { value: "l" }],
    });
    expect(() => read("coder_parameter", config, { parameters: { size: "xl" } })).toThrow(/^error /);
  });

  test("has a value that fits in a form, where what was given does not", () => {
    const option = [
      { name: "Small", value: "s" },
      { name: "Large", value: "l" },
    ];
    const { buildId: _, ...atForm } = { ...jobFacts({ parameters: { size: "xl" } }), isForm: true };
    const inForm = (config: Fields) => new AskedProvider(atForm).read("coder_parameter", config)["value"];
    expect(inForm({ name: "size", default: "l", option })).toBe("l");
    expect(inForm({ name: "size", option })).toBe("s");
    expect(inForm({ name: "size", type: "number" })).toBe("1");
    expect(inForm({ name: "size", default: "none" })).toBe("xl");
  });

  test("compares with the build before where it may go in one direction alone", () => {
    const config = {
      name: "disk",
      type: "number",
      default: "10",
      mutable: true,
      validation: [{ monotonic: "increasing" }],
    };
    const previousParameters = { disk: "20" };
    expect(read("coder_parameter", config, { parameters: { disk: "20" }, previousParameters })).toMatchObject({
      value: "20",
    });
    expect(() => read("coder_parameter", config, { parameters: { disk: "19" }, previousParameters })).toThrow(
      /^error /,
    );
  });

  test.each<[string, Fields, string]>([
    ["a type that there is not", { name: "a", type: "float" }, "error type: "],
    ["a fraction as a bound", { name: "a", type: "number", validation: [{ min: 0.5 }] }, "error validation.0.min: "],
    [
      "a pattern beside bounds",
      { name: "a", validation: [{ regex: "a", error: "e", min: 1 }] },
      "error validation.0.regex: ",
    ],
    ["an ephemeral one that is not mutable", { name: "a", ephemeral: true, default: "x" }, "error ephemeral: "],
    ["a form that its type cannot have", { name: "a", type: "bool", form_type: "slider" }, "error form_type: "],
    ["a default that is no number", { name: "a", type: "number", default: "two" }, "error default: "],
    [
      "two options of one value",
      {
        name: "a",
        option: [
          { name: "A", value: "x" },
          { name: "B", value: "x" },
        ],
      },
      "error option",
    ],
  ])("refuses %s, once", (_, config, start) => {
    expect(validate("coder_parameter", config)).toEqual([expect.stringContaining(start)]);
  });

  test("that depends on what is not known yet is not refused for it", () => {
    for (const unknown of [{ default: unknownValue }, { option: unknownValue }, { form_type: unknownValue }]) {
      expect(validate("coder_parameter", { name: "a", type: "number", default: "1", ...unknown })).toEqual([]);
    }
    const option = [{ name: "A", value: unknownValue }];
    expect(validate("coder_parameter", { name: "a", default: "x", option })).toEqual([]);
  });
});

describe("data.coder_workspace_preset", () => {
  const schedule = [{ cron: "* 8-18 * * 1-5", instances: 5 }];
  const prebuilds = [
    { instances: 3, expiration_policy: [{ ttl: 86_400 }], scheduling: [{ timezone: "Europe/Berlin", schedule }] },
  ];

  test("is read as it is written, with its name as its id", () => {
    const preset = { name: "GoLand: Large", parameters: { size: "l" }, prebuilds };
    expect(read("coder_workspace_preset", preset)).toMatchObject({
      id: "GoLand: Large",
      default: false,
      parameters: { size: "l" },
      prebuilds,
    });
    expect(read("coder_workspace_preset", { name: "bare" })).toMatchObject({ parameters: null, prebuilds: [] });
  });

  test.each<[string, Fields]>([
    ["no name", { name: "" }],
    ["a description that is too long", { name: "a", description: "x".repeat(129) }],
    ["a picture's address that is too long", { name: "a", icon: "x".repeat(257) }],
    ["a lifetime of less than an hour", { name: "a", prebuilds: [{ instances: 1, expiration_policy: [{ ttl: 60 }] }] }],
    ["a number below nothing", { name: "a", prebuilds: [{ instances: -1 }] }],
    [
      "a time zone that there is not",
      { name: "a", prebuilds: [{ instances: 1, scheduling: [{ timezone: "Moon/Base", schedule }] }] },
    ],
    [
      "schedules that overlap",
      {
        name: "a",
        prebuilds: [{ instances: 1, scheduling: [{ timezone: "UTC", schedule: [...schedule, ...schedule] }] }],
      },
    ],
  ])("is refused with %s, when it is validated and when it is read", (_, config) => {
    expect(validate("coder_workspace_preset", config)).toEqual([expect.stringMatching(/^error /)]);
    expect(() => read("coder_workspace_preset", config)).toThrow(/^error /);
  });

  test("whose numbers are not known yet is not refused for it", () => {
    expect(validate("coder_workspace_preset", { name: "a", prebuilds: [{ instances: unknownValue }] })).toEqual([]);
    expect(validate("coder_workspace_preset", { name: unknownValue, prebuilds: unknownValue })).toEqual([]);
  });
});
