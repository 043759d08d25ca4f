// Plans in the shape that `terraform show -json` gave for small templates, cut down to what is read.
import { describe, expect, test } from "vitest";
import { readTemplate } from "../../../../src/provisioner/drivers/terraform/coder/reading/read-template.ts";

type Json = Readonly<Record<string, unknown>>;
interface Plan {
  readonly data?: readonly Json[];
  readonly modules?: readonly Json[];
  readonly agents?: readonly Json[];
  readonly changes?: readonly Json[];
  readonly blocks?: readonly Json[];
  readonly calls?: Json;
}

function plan({ data = [], modules = [], agents = [], changes = [], blocks = [], calls = {} }: Plan): unknown {
  return {
    format_version: "1.2",
    prior_state: { values: { root_module: { resources: data, child_modules: modules } } },
    planned_values: { root_module: { resources: agents } },
    resource_changes: changes,
    configuration: { root_module: { resources: blocks, module_calls: calls } },
  };
}

function dataSource(type: string, name: string, values: Json): Json {
  return { address: `data.${type}.${name}`, mode: "data", type, name, values };
}

function parameter(name: string, values: Json = {}): Json {
  const bare = { type: "string", form_type: "input", mutable: false, ephemeral: false, default: null, styling: "{}" };
  return dataSource("coder_parameter", name, { name, ...bare, order: null, option: [], validation: [], ...values });
}

function preset(name: string, values: Json = {}): Json {
  const bare = { description: null, icon: null, default: false, parameters: null, prebuilds: [] };
  return dataSource("coder_workspace_preset", name, { id: name, name, ...bare, ...values });
}

function agent(name: string, values: Json = {}): Json {
  const address = `coder_agent.${name}`;
  return { address, mode: "managed", type: "coder_agent", name, values: { os: "linux", auth: "token", ...values } };
}

/** The block of a parameter in the configuration, whose default is made of these. */
function block(name: string, references: readonly string[], more: Json = {}): Json {
  const expressions = { name: { constant_value: name }, default: { references } };
  return { mode: "data", type: "coder_parameter", name, expressions, ...more };
}

const reasons = (findings: readonly { readonly block: { readonly name: string }; readonly reason: string }[]) =>
  findings.map(({ block: { name }, reason }) => `${name}: ${reason}`);

describe("parameters of a template", () => {
  test("come by their order and then their name, out of modules too", () => {
    const data = [parameter("b", { order: 1 }), parameter("z"), parameter("a", { order: 1 })];
    const modules = [
      {
        address: 'module.tools["a.b"]',
        resources: [],
        child_modules: [
          { address: 'module.tools["a.b"].module.in[0]', resources: [parameter("first", { order: -1 })] },
        ],
      },
    ];
    const { parts, refused } = readTemplate(plan({ data, modules }));
    expect(parts.parameters?.map(({ name }) => name)).toEqual(["first", "z", "a", "b"]);
    expect(refused).toEqual([]);
  });

  test("have all that a form needs, and a bound only where it was written", () => {
    const option = [
      { name: "Small", value: "2", description: "", icon: "" },
      { name: "Large", value: "8", description: "much", icon: "/icon/memory.svg" },
    ];
    const validation = [
      {
        min: 0,
        min_disabled: true,
        max: 8,
        max_disabled: false,
        monotonic: "increasing",
        regex: "",
        error: "to {max}",
      },
    ];
    const size = parameter("size", {
      name: "Machine Size",
      display_name: "Size",
      description: "In **cores**",
      type: "number",
      form_type: "dropdown",
      styling: '{"placeholder":"2","mask_input":true,"colour":"red"}',
      default: "2",
      mutable: true,
      ephemeral: true,
      icon: "/icon/cpu.svg",
      order: 3,
      option,
      validation,
    });
    expect(readTemplate(plan({ data: [size] })).parts.parameters).toEqual([
      {
        name: "Machine Size",
        display_name: "Size",
        description: "In **cores**",
        type: "number",
        form_type: "dropdown",
        styling: { placeholder: "2", mask_input: true },
        default: "2",
        mutable: true,
        ephemeral: true,
        icon: "/icon/cpu.svg",
        order: 3,
        options: [
          { name: "Small", value: "2" },
          { name: "Large", value: "8", description: "much", icon: "/icon/memory.svg" },
        ],
        validation: { max: 8, monotonic: "increasing", error: "to {max}" },
      },
    ]);
  });

  test("are required without a default, and not with an empty one", () => {
    const data = [parameter("needed"), parameter("empty", { default: "" })];
    const [empty, needed] = readTemplate(plan({ data })).parts.parameters ?? [];
    expect([empty, needed]).toMatchObject([{ name: "empty", default: "" }, { name: "needed" }]);
    expect(needed).not.toHaveProperty("default");
  });

  test.each([
    ["1", "true"],
    ["T", "true"],
    ["False", "false"],
    ["0", "false"],
  ])("have %s as the default %s of a truth, which a manifest writes in one way", (written, read) => {
    const { parts } = readTemplate(
      plan({ data: [parameter("on", { type: "bool", form_type: "checkbox", default: written })] }),
    );
    expect(parts.parameters).toMatchObject([{ name: "on", default: read }]);
  });

  test("of one name are refused", () => {
    const data = [parameter("one", { name: "cpu" }), parameter("other", { name: "cpu" })];
    expect(reasons(readTemplate(plan({ data })).refused)).toEqual(['other: another parameter has the name "cpu"']);
  });

  test("that depend on what is not made yet are refused", () => {
    const changes = ["coder_parameter", "coder_workspace_preset", "coder_workspace_tags", "coder_workspace"].map(
      (type) => ({
        ...dataSource(type, `late_${type}`, {}),
        change: { actions: ["read"] },
      }),
    );
    const { refused } = readTemplate(plan({ changes }));
    expect(refused.map((one) => one.block.type)).toEqual([
      "coder_parameter",
      "coder_workspace_preset",
      "coder_workspace_tags",
    ]);
    expect(refused[0]?.reason).toContain("known only after something is made");
  });
});

describe("a parameter's form", () => {
  const dynamic = (blocks: readonly Json[], calls?: Json) =>
    readTemplate(plan({ blocks, ...(calls === undefined ? {} : { calls }) })).dynamic;

  test("is static where it is made of literals, variables and files", () => {
    expect(dynamic([block("a", []), block("b", ["var.zone"]), block("c", ["path.module"])])).toEqual([]);
  });

  test.each([
    ["data.coder_parameter.other.value"],
    ["data.coder_workspace_owner.me.groups"],
    ["data.coder_workspace.me.name"],
  ])("varies with %s", (reference) => {
    expect(reasons(dynamic([block("a", [reference])]))).toEqual([
      expect.stringContaining("a: it depends on other parameters"),
    ]);
  });

  test("varies where the parameter has a count or is made for each of something", () => {
    const warned = dynamic([
      block("a", [], { count_expression: { references: ["var.many"] } }),
      block("b", [], { for_each_expression: { references: ["var.names"] } }),
    ]);
    expect(warned.map((one) => one.block.name)).toEqual(["a", "b"]);
  });

  test("varies with what stands inside an option", () => {
    const option = [{ name: { constant_value: "A" }, value: { references: ["data.coder_workspace_owner.me.name"] } }];
    expect(dynamic([{ ...block("a", []), expressions: { option } }])).toHaveLength(1);
  });

  test("varies with the owner who is given to a module, at any depth", () => {
    const owner = { references: ["data.coder_workspace_owner.me.name", "data.coder_workspace_owner.me"] };
    const inner = { resources: [block("a", ["var.who"]), block("b", ["var.zone"])] };
    const middle = {
      resources: [],
      module_calls: { inner: { expressions: { who: { references: ["var.person"] } }, module: inner } },
    };
    const warned = dynamic([], { middle: { expressions: { person: owner }, module: middle } });
    expect(warned.map(({ block: { module, name } }) => `${module} ${name}`)).toEqual(["middle.inner a"]);
  });

  test("varies where it is another's whether its module is there at all", () => {
    const count_expression = { references: ["data.coder_parameter.ide.value", "data.coder_parameter.ide"] };
    const warned = dynamic([], { ide: { count_expression, expressions: {}, module: { resources: [block("a", [])] } } });
    expect(warned).toMatchObject([{ block: { module: "ide", name: "a" } }]);
  });

  test("may vary with a local value, which a plan does not tell", () => {
    expect(reasons(dynamic([block("a", ["local.who"])]))).toEqual([
      expect.stringContaining("a: it uses local.who, and a plan does not say what that is made of"),
    ]);
  });
});

describe("presets of a template", () => {
  test("have values, prebuilds and schedules", () => {
    const prebuilds = [
      {
        instances: 3,
        expiration_policy: [{ ttl: 86_400 }],
        scheduling: [{ timezone: "Europe/Berlin", schedule: [{ cron: "* 8-18 * * 1-5", instances: 5 }] }],
      },
    ];
    const data = [
      parameter("size"),
      preset("GoLand: Large", { description: "d", icon: "i", default: true, parameters: { size: "l" }, prebuilds }),
    ];
    expect(readTemplate(plan({ data })).parts.presets).toEqual([
      {
        name: "GoLand: Large",
        description: "d",
        icon: "i",
        default: true,
        parameters: { size: "l" },
        prebuilds: {
          instances: 3,
          expiration_policy: { ttl: 86_400 },
          scheduling: { timezone: "Europe/Berlin", schedule: [{ cron: "* 8-18 * * 1-5", instances: 5 }] },
        },
      },
    ]);
  });

  test("fix nothing by a value that is null, and an empty text by one that is empty", () => {
    const data = [parameter("repo"), parameter("size"), preset("p", { parameters: { repo: null, size: "" } })];
    expect(readTemplate(plan({ data })).parts.presets).toEqual([{ name: "p", parameters: { size: "" } }]);
  });

  test("may name parameters that there are not, which is told and left out", () => {
    const { parts, warned, refused } = readTemplate(plan({ data: [preset("p", { parameters: { gone: "x" } })] }));
    expect(parts.presets).toEqual([{ name: "p" }]);
    expect(reasons(warned)).toEqual([expect.stringContaining('p: it names "gone"')]);
    expect(refused).toEqual([]);
  });

  test("of one name, and a second default, are refused", () => {
    const data = [preset("a", { name: "x", default: true }), preset("b", { name: "x", default: true })];
    expect(reasons(readTemplate(plan({ data })).refused)).toEqual([
      'b: another preset has the name "x"',
      "b: another preset is the default already",
    ]);
  });
});

describe("agents and tags of a template", () => {
  test("are read, and what a name may not have becomes a dash", () => {
    const tags = [
      dataSource("coder_workspace_tags", "one", { tags: { zone: "eu", gpu: "no" } }),
      dataSource("coder_workspace_tags", "two", { tags: { gpu: "yes" } }),
    ];
    const { parts } = readTemplate(plan({ data: tags, agents: [agent("main"), agent("dev_box")] }));
    expect(parts).toMatchObject({ agents: [{ name: "main" }, { name: "dev-box" }], tags: { zone: "eu", gpu: "yes" } });
  });

  test("of another system than Linux are refused, and those without a token are warned of", () => {
    const agents = [agent("win", { os: "windows" }), agent("cloud", { auth: "aws-instance-identity" })];
    const { refused, warned } = readTemplate(plan({ agents }));
    expect(reasons(refused)).toEqual([expect.stringContaining("win: there is no agent for windows")]);
    expect(reasons(warned)).toEqual([expect.stringContaining('cloud: auth is "aws-instance-identity"')]);
  });

  test("of one name are refused, also those of one block", () => {
    const agents = [agent("main"), agent("main")];
    expect(reasons(readTemplate(plan({ agents })).refused)).toEqual(['main: another agent has the name "main"']);
  });
});

test.each([
  [null],
  [[]],
  ["plan"],
  [{}],
  [{ prior_state: { values: { root_module: { resources: [null, 3, {}] } } } }],
])("of what is no plan, such as %j, nothing is read", (nothing) => {
  expect(readTemplate(nothing)).toEqual({
    parts: { parameters: [], presets: [], agents: [] },
    dynamic: [],
    refused: [],
    warned: [],
  });
});
