import { describe, expect, test } from "vitest";
import { decodeMessage } from "../../../src/provisioner/coder-provider/protocol/messages.ts";
import { schemaBytes } from "../../../src/provisioner/coder-provider/protocol/schema-message.ts";
import { coderSchemas } from "../../../src/provisioner/coder-provider/schema.ts";
import type { Block } from "../../../src/provisioner/coder-provider/schema/schema-shape.ts";

interface WireBlock {
  readonly attributes: readonly Readonly<Record<string, unknown>>[];
  readonly blockTypes: readonly { readonly typeName: string; readonly block: WireBlock; readonly nesting: number }[];
}

const wire = decodeMessage("SchemaAnswer", schemaBytes(coderSchemas)) as {
  readonly resourceSchemas: Readonly<Record<string, { readonly version?: number; readonly block: WireBlock }>>;
  readonly dataSourceSchemas: Readonly<Record<string, { readonly block: WireBlock }>>;
};

const attributeOf = (block: WireBlock, name: string): Readonly<Record<string, unknown>> => {
  const found = block.attributes.find((attribute) => attribute["name"] === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return { ...found, type: JSON.parse(Buffer.from(found["type"] as Uint8Array).toString("utf8")) };
};

const blocksOf = (block: Block): readonly Block[] => [
  block,
  ...Object.values(block.blocks ?? {}).flatMap((nested) => blocksOf(nested.block)),
];

const all = [
  coderSchemas.provider,
  ...Object.values(coderSchemas.resources),
  ...Object.values(coderSchemas.dataSources),
].flatMap(({ block }) => blocksOf(block));

describe("the schema", () => {
  test("offers every resource and data source of the specification, and the removed coder_git_auth", () => {
    expect(Object.keys(wire.resourceSchemas).toSorted()).toEqual([
      "coder_agent",
      "coder_agent_instance",
      "coder_ai_task",
      "coder_app",
      "coder_devcontainer",
      "coder_env",
      "coder_external_agent",
      "coder_metadata",
      "coder_script",
    ]);
    expect(Object.keys(wire.dataSourceSchemas).toSorted()).toEqual([
      "coder_external_auth",
      "coder_git_auth",
      "coder_parameter",
      "coder_provisioner",
      "coder_script_order",
      "coder_secret",
      "coder_task",
      "coder_workspace",
      "coder_workspace_owner",
      "coder_workspace_preset",
      "coder_workspace_tags",
    ]);
  });

  test.each([
    ["coder_agent", "os", { required: true }],
    ["coder_agent", "token", { computed: true, sensitive: true }],
    ["coder_agent", "init_script", { computed: true }],
    ["coder_agent", "connection_timeout", { optional: true, type: "number" }],
    ["coder_agent", "env", { optional: true, type: ["map", "string"] }],
    ["coder_agent", "prewarm_name", { optional: true, type: "string" }],
    ["coder_app", "agent_id", { required: true, type: "string" }],
    ["coder_devcontainer", "subagent_id", { computed: true }],
    ["coder_ai_task", "app_id", { optional: true, computed: true }],
  ])("marks %s.%s with its flags", (type, name, expected) => {
    const block = wire.resourceSchemas[type]?.block;
    expect(block && attributeOf(block, name)).toMatchObject(expected);
  });

  test("has display_apps as an attribute that may be written as a block, and is a set of objects", () => {
    const agent = wire.resourceSchemas["coder_agent"]?.block;
    expect(agent && attributeOf(agent, "display_apps")).toMatchObject({
      optional: true,
      computed: true,
      type: [
        "set",
        [
          "object",
          {
            port_forwarding_helper: "bool",
            ssh_helper: "bool",
            vscode: "bool",
            vscode_insiders: "bool",
            web_terminal: "bool",
          },
        ],
      ],
    });
  });

  test("nests lists and sets as the real provider does, four levels of a preset among them", () => {
    const preset = wire.dataSourceSchemas["coder_workspace_preset"]?.block;
    const [prebuilds] = preset?.blockTypes ?? [];
    expect(prebuilds).toMatchObject({ typeName: "prebuilds", nesting: 3, maxItems: 1 });
    expect(prebuilds?.block.blockTypes).toMatchObject([
      { typeName: "expiration_policy", nesting: 3, maxItems: 1 },
      {
        typeName: "scheduling",
        nesting: 2,
        maxItems: 1,
        block: { blockTypes: [{ typeName: "schedule", minItems: 1 }] },
      },
    ]);
  });

  test("counts versions of states as the real provider does", () => {
    const versions = Object.entries(wire.resourceSchemas).map(([name, { version = 0 }]) => [name, version]);
    expect(Object.fromEntries(versions)).toMatchObject({ coder_agent: 1, coder_app: 1, coder_agent_instance: 0 });
  });

  test("marks what makes a resource anew: os, arch and auth of an agent, and the agent of everything else", () => {
    const marked = Object.entries(coderSchemas.resources).map(([name, { block }]) => [
      name,
      Object.entries(block.attributes).flatMap(([attribute, { replaces }]) => (replaces === true ? [attribute] : [])),
    ]);
    expect(Object.fromEntries(marked)).toEqual({
      coder_agent: ["os", "arch", "auth"],
      coder_agent_instance: ["agent_id"],
      coder_ai_task: [],
      coder_app: ["agent_id"],
      coder_devcontainer: ["agent_id"],
      coder_env: ["agent_id"],
      coder_external_agent: ["agent_id"],
      coder_metadata: [],
      coder_script: ["agent_id"],
    });
  });

  test("has rules about attributes and blocks that are there, and says of each what it is", () => {
    for (const block of all) {
      const names = new Set([...Object.keys(block.attributes), ...Object.keys(block.blocks ?? {})]);
      for (const rule of block.rules ?? []) {
        const named =
          "of" in rule ? rule.of : "attribute" in rule ? [rule.attribute, ...[rule.with].flat()] : [rule.block];
        expect(named.filter((name) => !names.has(name))).toEqual([]);
      }
      for (const { about } of Object.values(block.attributes)) expect(about).toMatch(/^[A-Z`1].*\.$/);
    }
  });
});
