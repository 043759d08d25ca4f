import { describe, expect, test } from "vitest";
import {
  agentEnvMax,
  agentMetadataMax,
  agentScriptLengthMax,
  agentScriptsMax,
  type AgentSettings,
} from "../../../../src/contracts/agent-settings.ts";
import { agentSettingsBytesMax } from "../../../../src/contracts/limits.ts";
import { builtAgents } from "../../../../src/provisioner/drivers/terraform/coder/built-agents.ts";

type Values = Readonly<Record<string, unknown>>;

interface Resource {
  readonly mode: string;
  readonly address: string;
  readonly type: string;
  readonly name: string;
  readonly values: Values;
}

function resource(address: string, values: Values): Resource {
  const [type = "", name = ""] = address.split(".").slice(-2);
  return { mode: "managed", address, type, name: name.replace(/\[.*$/, ""), values };
}

const agent = (values: Values = {}, address = "coder_agent.main"): Resource =>
  resource(address, { id: "a1", metadata: [], ...values });
const script = (name: string, values: Values = {}): Resource =>
  resource(`coder_script.${name}`, {
    agent_id: "a1",
    id: `s-${name}`,
    display_name: `Script ${name}`,
    script: `echo ${name}`,
    run_on_start: true,
    ...values,
  });
const env = (address: string, values: Values): Resource =>
  resource(`coder_env.${address}`, { agent_id: "a1", merge_strategy: "replace", ...values });

const shown = (...resources: Resource[]): unknown => ({ root_module: { resources } });

function settingsOf(...resources: Resource[]): AgentSettings {
  const [first] = builtAgents(shown(...resources)).agents;
  if (first === undefined) throw new Error("there is no agent");
  return first.settings;
}

const fails = (...resources: Resource[]): string => {
  try {
    builtAgents(shown(...resources));
  } catch (error) {
    expect(error).toMatchObject({ code: "build_failed" });
    return String(error);
  }
  throw new Error("it was read");
};

describe("the agents of a build", () => {
  test("are called like their resources, wherever they are", () => {
    const values = {
      root_module: {
        resources: [agent({}, "coder_agent.main[0]")],
        child_modules: [
          {
            resources: [agent({ id: "a2" }, "module.gpu.coder_agent.second")],
            child_modules: [{ resources: [agent({ id: "a3" }, "module.gpu.module.x.coder_agent.third")] }],
          },
        ],
      },
    };
    expect(builtAgents(values).agents.map(({ name }) => name)).toEqual(["main", "second", "third"]);
  });

  test("have nothing but what is said", () => {
    expect(settingsOf(agent())).toEqual({ directory: "", env: {}, motdFile: "", scripts: [], metadata: [] });
  });

  test("have a folder and a message, which may be null", () => {
    expect(settingsOf(agent({ dir: "/work", motd_file: null }))).toMatchObject({ directory: "/work", motdFile: "" });
  });

  test("are not read of data sources, nor of another type", () => {
    const data = { ...agent(), mode: "data" };
    expect(builtAgents(shown(data, resource("docker_container.main", { id: "a1" }))).agents).toEqual([]);
  });

  test("of the same name in two modules are refused, both named", () => {
    const text = fails(agent(), agent({ id: "a2" }, "module.b.coder_agent.main"));
    expect(text).toContain('coder_agent.main and module.b.coder_agent.main are both the agent "main"');
  });
});

describe("scripts", () => {
  test("belong to the agent whose id they name, in the order of their addresses", () => {
    const second = agent({ id: "a2" }, "coder_agent.second");
    const { agents, strays } = builtAgents(
      shown(agent(), second, script("b"), script("a"), script("c", { agent_id: "a2" }), script("d", { agent_id: "?" })),
    );
    expect(agents.map(({ settings }) => settings.scripts.map(({ id }) => id))).toEqual([["s-a", "s-b"], ["s-c"]]);
    expect(strays).toEqual(["coder_script.d"]);
  });

  test.each([
    [{}, { onStart: true, onStop: false, cron: null, timeoutMs: null, logPath: "", blocksLogin: false }],
    [
      { run_on_start: false, run_on_stop: true, timeout: 5, log_path: "/tmp/x" },
      { onStart: false, onStop: true, timeoutMs: 5_000, logPath: "/tmp/x" },
    ],
    [
      { cron: "0 0 * * * *", timeout: 0 },
      { cron: "0 0 * * * *", timeoutMs: null },
    ],
    [
      { start_blocks_login: true, icon: "/icon/x.svg" },
      { blocksLogin: true, icon: "/icon/x.svg" },
    ],
  ])("%j is %j", (values, expected) => {
    expect(settingsOf(agent(), script("one", values)).scripts).toMatchObject([expected]);
  });

  test("are also what the agent's own block has in short, which blocks a login where it says so", () => {
    const short = { startup_script: "up", shutdown_script: "down", startup_script_behavior: "blocking" };
    expect(settingsOf(agent(short)).scripts).toMatchObject([
      { id: "a1-start", name: "Startup Script", run: "up", onStart: true, onStop: false, blocksLogin: true },
      { id: "a1-stop", name: "Shutdown Script", run: "down", onStart: false, onStop: true, blocksLogin: false },
    ]);
    const [start] = settingsOf(agent({ startup_script: "up", startup_script_behavior: "non-blocking" })).scripts;
    expect(start?.blocksLogin).toBe(false);
  });

  test("keep their ids from the prebuild to the claim, as the agent keeps its own", () => {
    const before = settingsOf(agent({ startup_script: "as prebuilds" }), script("one"));
    const after = settingsOf(agent({ startup_script: "as ada" }), script("one", { script: "other" }));
    expect(after.scripts.map(({ id }) => id)).toEqual(before.scripts.map(({ id }) => id));
  });
});

describe("variables", () => {
  test.each([
    [
      "the later address replaces",
      [
        ["a", "replace"],
        ["b", "replace"],
      ],
      "b",
    ],
    [
      "append goes behind",
      [
        ["a", "replace"],
        ["b", "append"],
      ],
      "a:b",
    ],
    [
      "prepend goes before",
      [
        ["a", "replace"],
        ["b", "prepend"],
      ],
      "b:a",
    ],
    ["one that appends to nothing stands alone", [["a", "append"]], "a"],
    ["one that prepends to nothing stands alone", [["a", "prepend"]], "a"],
    [
      "the order is that of the addresses, not of the blocks",
      [
        ["b", "append"],
        ["a", "replace"],
      ],
      "a:b",
    ],
    [
      "a replacement forgets what was before",
      [
        ["a", "append"],
        ["b", "append"],
        ["c", "replace"],
      ],
      "c",
    ],
    [
      "without a strategy it replaces",
      [
        ["a", "append"],
        ["b", null],
      ],
      "b",
    ],
    ["one that forbids another may be alone", [["a", "error"]], "a"],
  ] as const)("%s", (_, blocks, expected) => {
    const envs = blocks.map(([name, strategy]) => env(name, { name: "X", value: name, merge_strategy: strategy }));
    expect(settingsOf(agent(), ...envs).env).toEqual({ X: expected });
  });

  test("of the agent's own block go before all", () => {
    const envs = [env("a", { name: "X", value: "1" }), env("b", { name: "Y", value: "2" })];
    expect(settingsOf(agent({ env: { X: "own", Z: "3" } }), ...envs).env).toEqual({ X: "own", Y: "2", Z: "3" });
  });

  test("of another agent are not its own, and a value that is missing is empty", () => {
    const envs = [env("a", { name: "X", agent_id: "a2", value: "1" }), env("b", { name: "Y", value: null })];
    expect(settingsOf(agent(), ...envs).env).toEqual({ Y: "" });
  });

  test.each([
    ["the later", "replace", "error"],
    ["the earlier", "error", "append"],
  ])("set twice fail the build where %s forbids it, and both are named", (_, first, second) => {
    const text = fails(
      agent(),
      env("a", { name: "X", value: "1", merge_strategy: first }),
      env("b", { name: "X", value: "2", merge_strategy: second }),
    );
    expect(text).toContain("coder_env.a and coder_env.b both set X");
  });
});

describe("metadata", () => {
  test.each([
    [{ interval: 10 }, { intervalMs: 10_000, timeoutMs: 10_000, name: "", order: 0 }],
    [
      { interval: 10, timeout: 3, display_name: "CPU", order: 4 },
      { timeoutMs: 3_000, name: "CPU", order: 4 },
    ],
    [{ interval: 0 }, { intervalMs: 1_000, timeoutMs: 1_000 }],
    [
      { interval: 10, timeout: 0.2 },
      { intervalMs: 10_000, timeoutMs: 1_000 },
    ],
  ])("%j is %j", (item, expected) => {
    const metadata = [{ key: "cpu", script: "coder stat cpu", ...item }];
    expect(settingsOf(agent({ metadata })).metadata).toMatchObject([
      { key: "cpu", run: "coder stat cpu", ...expected },
    ]);
  });
});

describe("what is too much is refused with its address", () => {
  const many = <Value>(count: number, make: (nth: number) => Value): Value[] =>
    Array.from({ length: count }, (_, nth) => make(nth));

  test("scripts", () => {
    const scripts = many(agentScriptsMax, (nth) => script(`n${nth}`));
    expect(settingsOf(agent(), ...scripts).scripts).toHaveLength(agentScriptsMax);
    expect(fails(agent({ startup_script: "one more" }), ...scripts)).toContain(
      `coder_agent.main has ${agentScriptsMax + 1}`,
    );
  });

  test("variables", () => {
    const variables = Object.fromEntries(many(agentEnvMax, (nth) => [`V${nth}`, "x"]));
    expect(Object.keys(settingsOf(agent({ env: variables })).env)).toHaveLength(agentEnvMax);
    expect(fails(agent({ env: { ...variables, ONE_MORE: "x" } }))).toContain("coder_agent.main has 501 variables");
  });

  test("metadata", () => {
    const metadata = many(agentMetadataMax + 1, (nth) => ({ key: `k${nth}`, script: "x", interval: 1 }));
    expect(fails(agent({ metadata }))).toContain("coder_agent.main has 65 metadata blocks");
  });

  test("a script's text, and a name that is missing", () => {
    const long = "x".repeat(agentScriptLengthMax + 1);
    expect(fails(agent(), script("long", { script: long }))).toContain("run of coder_script.long has 65537 characters");
    expect(fails(agent({ startup_script: long }))).toContain("run of coder_agent.main has 65537 characters");
    expect(fails(agent(), script("nameless", { display_name: "" }))).toContain("coder_script.nameless has no name");
    const metadata = [{ key: "k", script: long, interval: 1 }];
    expect(fails(agent({ metadata }))).toContain('run of coder_agent.main, metadata "k" has 65537 characters');
  });

  test("a variable's value, of a block, of several together, and of the agent", () => {
    const half = "x".repeat(4_096);
    const envs = [env("a", { name: "X", value: half }), env("b", { name: "X", value: half, merge_strategy: "append" })];
    expect(fails(agent(), ...envs)).toContain("The variable X of coder_env.b has 8193 characters");
    expect(fails(agent({ env: { X: `${half}${half}!` } }))).toContain("The variable X of coder_agent.main has 8193");
  });

  test("all of an agent together", () => {
    const scripts = many(9, (nth) => script(`n${nth}`, { script: "x".repeat(agentScriptLengthMax) }));
    const text = fails(agent(), ...scripts);
    expect(text).toContain("of coder_agent.main have");
    expect(text).toContain(`at most ${agentSettingsBytesMax}`);
  });
});
