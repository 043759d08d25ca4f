import { describe, expect, test } from "vitest";
import { coderSchemas } from "../../../src/provisioner/coder-provider/schema.ts";
import type { TypeSchema } from "../../../src/provisioner/coder-provider/schema/schema-shape.ts";
import { configProblems } from "../../../src/provisioner/coder-provider/validate/validate-config.ts";
import { readsAsSeconds, scriptCronFault } from "../../../src/contracts/script-cron.ts";
import { conformBlock } from "../../../src/provisioner/coder-provider/values/conform.ts";
import { type Fields, type Value, unknownValue } from "../../../src/provisioner/coder-provider/values/value.ts";

const schemaOf = (type: string): TypeSchema => {
  const schema = coderSchemas.resources[type] ?? coderSchemas.dataSources[type];
  if (schema === undefined) throw new Error(`there is no ${type}`);
  return schema;
};

/** Each as `error os`, `warning metadata.0.key`. */
function problems(type: string, config: Fields): readonly string[] {
  const { block } = schemaOf(type);
  return configProblems(block, conformBlock(block, config)).map(
    ({ severity, path }) => `${severity} ${path.join(".")}`,
  );
}

const valid: Readonly<Record<string, Fields>> = {
  coder_agent: { os: "linux", arch: "amd64" },
  coder_app: { agent_id: "a", slug: "code" },
  coder_script: { agent_id: "a", display_name: "n", script: "s", run_on_start: true },
  coder_env: { agent_id: "a", name: "NAME" },
  coder_devcontainer: { agent_id: "a", workspace_folder: "/w" },
  coder_metadata: { resource_id: "r", item: [{ key: "a" }, { key: "b" }] },
  coder_ai_task: {},
  coder_secret: { help_message: "h", env: "TOKEN" },
  coder_script_order: { rule: [{ run: ["a"], after: ["b"] }] },
};

const metric = { key: "cpu", script: "s", interval: 1 };
const volume = { path: "/home", enabled: true, threshold: 80 };

const table: readonly [type: string, change: Fields, expected: readonly string[]][] = [
  ...Object.keys(valid).map((type): [string, Fields, readonly string[]] => [type, {}, []]),
  ["coder_agent", { os: "plan9" }, ["error os"]],
  ["coder_agent", { arch: "386" }, ["error arch"]],
  ["coder_agent", { auth: "password" }, ["error auth"]],
  ["coder_agent", { auth: "azure-instance-identity" }, []],
  ["coder_agent", { startup_script_behavior: "later" }, ["error startup_script_behavior"]],
  ["coder_agent", { connection_timeout: -1 }, ["error connection_timeout"]],
  ["coder_agent", { connection_timeout: 0 }, []],
  ["coder_agent", { connection_timeout: 1.5 }, ["error connection_timeout"]],
  ["coder_agent", { order: 1e300 }, ["error order"]],
  ["coder_agent", { order: -3 }, []],
  ["coder_agent", { api_key_scope: "none" }, ["error api_key_scope"]],
  ["coder_agent", { dir: "/work" }, ["warning dir"]],
  ["coder_agent", { metadata: [metric, { ...metric, key: "mem" }] }, []],
  ["coder_agent", { metadata: [metric, metric] }, ["error metadata"]],
  ["coder_agent", { metadata: [metric, { ...metric, key: "b", interval: 0.5 }] }, ["error metadata.1.interval"]],
  ["coder_agent", { resources_monitoring: [{ memory: [{ enabled: true, threshold: 100 }], volume: [volume] }] }, []],
  [
    "coder_agent",
    { resources_monitoring: [{ memory: [{ enabled: true, threshold: 101 }] }] },
    ["error resources_monitoring"],
  ],
  [
    "coder_agent",
    { resources_monitoring: [{ volume: [{ ...volume, path: "home" }] }] },
    ["error resources_monitoring"],
  ],
  ["coder_agent", { resources_monitoring: [{ volume: [volume, volume] }] }, ["error resources_monitoring"]],
  ["coder_app", { slug: "a-b-2" }, []],
  ["coder_app", { slug: "A" }, ["error slug"]],
  ["coder_app", { slug: "a--b" }, ["error slug"]],
  ["coder_app", { slug: "-a" }, ["error slug"]],
  ["coder_app", { slug: "" }, ["error slug"]],
  ["coder_app", { display_name: "x".repeat(64), group: "x".repeat(64), tooltip: "x".repeat(2_048) }, []],
  ["coder_app", { display_name: "🧊".repeat(64) }, []],
  ["coder_app", { display_name: "x".repeat(65) }, ["error display_name"]],
  ["coder_app", { group: "x".repeat(65) }, ["error group"]],
  ["coder_app", { tooltip: "x".repeat(2_049) }, ["error tooltip"]],
  ["coder_app", { share: "everybody" }, ["error share"]],
  ["coder_app", { open_in: "window" }, ["error open_in"]],
  ["coder_app", { command: "c", url: "u" }, ["error command"]],
  ["coder_app", { command: "c", subdomain: false }, ["error command"]],
  ["coder_app", { external: true, url: "https://x" }, []],
  ["coder_app", { external: true, share: "owner" }, ["error external"]],
  [
    "coder_app",
    { external: true, command: "c", subdomain: true },
    ["error command", "error external", "error external"],
  ],
  ["coder_app", { external: true, healthcheck: [{ url: "u", interval: 1, threshold: 1 }] }, ["error external"]],
  ["coder_app", { hidden: true, icon: "i", order: 1 }, ["warning icon", "warning order"]],
  ["coder_app", { hidden: false, icon: "i" }, []],
  ["coder_script", { run_on_start: false }, ["error "]],
  ["coder_script", { run_on_start: null, cron: "0 0 1 * * *" }, []],
  ["coder_script", { run_on_start: null, run_on_stop: true }, []],
  ["coder_script", { start_blocks_login: true }, []],
  ["coder_script", { run_on_start: null, run_on_stop: true, start_blocks_login: true }, ["error start_blocks_login"]],
  ["coder_script", { cron: "0 1 * * *" }, ["warning cron"]],
  ["coder_script", { cron: "often" }, ["error cron"]],
  ["coder_script", { timeout: -1 }, ["error timeout"]],
  ["coder_script", { timeout: 60 }, []],
  ["coder_env", { name: "1A" }, ["error name"]],
  ["coder_env", { name: "A-B" }, ["error name"]],
  ["coder_env", { merge_strategy: "append" }, []],
  ["coder_env", { merge_strategy: "merge" }, ["error merge_strategy"]],
  ["coder_devcontainer", { workspace_folder: "" }, ["error workspace_folder"]],
  ["coder_metadata", { item: [{ key: "a" }, { key: "a" }] }, ["error item"]],
  ["coder_metadata", { daily_cost: 2.5 }, ["error daily_cost"]],
  ["coder_ai_task", { app_id: "9e7f1d2a-0000-4000-8000-000000000000" }, []],
  ["coder_ai_task", { app_id: "app" }, ["error app_id"]],
  ["coder_ai_task", { sidebar_app: [{ id: "9e7f1d2a-0000-4000-8000-000000000000" }] }, ["warning sidebar_app"]],
  [
    "coder_ai_task",
    { app_id: unknownValue, sidebar_app: [{ id: "9e7f1d2a-0000-4000-8000-000000000000" }] },
    ["warning sidebar_app"],
  ],
  ["coder_secret", { env: null }, ["error "]],
  ["coder_secret", { file: "/f" }, ["error "]],
  ["coder_secret", { env: null, file: "~/f" }, []],
  ["coder_secret", { env: null, file: "f" }, ["error file"]],
  ["coder_secret", { env: "A B" }, ["error env"]],
  ["coder_secret", { env: unknownValue }, []],
  ["coder_script_order", { rule: [{ run: ["a"], after: ["b"], requires: "completion", phase: "stop" }] }, []],
  ["coder_script_order", { rule: [{ run: ["a"], after: ["b"], requires: "luck" }] }, ["error rule.0.requires"]],
  ["coder_script_order", { rule: [{ run: ["a"], after: ["b"], phase: "cron" }] }, ["error rule.0.phase"]],
  ["coder_script_order", { rule: [{ run: [], after: ["b"] }] }, ["error rule.0.run"]],
];

describe("a configuration", () => {
  test.each(table)("of %s with %j has these problems: %j", (type, change, expected) => {
    expect(problems(type, { ...valid[type], ...change })).toEqual(expected);
  });

  test("that is wholly unknown has no problem yet, whatever its type", () => {
    for (const [type, { block }] of Object.entries({ ...coderSchemas.resources, ...coderSchemas.dataSources })) {
      const unknown: Record<string, Value> = {};
      for (const [name, { use }] of Object.entries(block.attributes))
        if (use !== "computed") unknown[name] = unknownValue;
      for (const name of Object.keys(block.blocks ?? {})) unknown[name] = unknownValue;
      const found = configProblems(block, conformBlock(block, unknown)).filter(({ severity }) => severity === "error");
      expect([type, found]).toEqual([type, []]);
    }
  });

  test("is refused in words that say what is expected and what it is", () => {
    const { block } = schemaOf("coder_agent");
    const [found] = configProblems(block, conformBlock(block, { os: "plan9", arch: "amd64" }));
    expect(found?.detail).toBe('os has to be one of linux, darwin, windows, and is "plan9".');
  });

  test("with hundreds of faults is told fifty of them", () => {
    const item = Array.from({ length: 400 }, (_, at) => ({ key: `k${at}`, script: "s", interval: 0.5 }));
    expect(problems("coder_agent", { ...valid["coder_agent"], metadata: item })).toHaveLength(50);
  });
});

describe("the cron of a script", () => {
  test.each([
    "0 0 22 * * *",
    "*/10 * * * * MON-FRI",
    "0 30 8,12 1-15 JAN ?",
    "@daily",
    "@every 1h30m",
    "CRON_TZ=Europe/Berlin 0 0 8 * * 1-5",
    "0 1 * * *",
  ])("may be %s", (cron) => {
    expect(scriptCronFault(cron)).toBeNull();
  });

  test.each([
    "",
    "* * * *",
    "* * * * * * *",
    "60 * * * * *",
    "0 0 24 * * *",
    "0 0 0 0 * *",
    "0 0 0 * 13 *",
    "0 0 0 * * 7",
    "0 0 0 * * MON-XYZ",
    "5-1 * * * * *",
    "*/0 * * * * *",
    "@often",
    "@every soon",
    "TZ=Atlantis/Harbour 0 0 0 * * *",
  ])("may not be %j", (cron) => {
    expect(scriptCronFault(cron)).not.toBeNull();
  });

  test("of five fields begins with the seconds, one of six too, and a word with neither", () => {
    expect(["0 1 * * *", "0 0 1 * * *", "@daily"].map(readsAsSeconds)).toEqual([true, false, false]);
  });
});
