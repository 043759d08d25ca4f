import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/platform/random.ts";
import {
  applyChange,
  planChange,
  type PlannedChange,
} from "../../../src/provisioner/coder-provider/calls/change-resource.ts";
import type { ProviderState } from "../../../src/provisioner/coder-provider/calls/provider-state.ts";
import { coderSchemas } from "../../../src/provisioner/coder-provider/schema.ts";
import { conformBlock } from "../../../src/provisioner/coder-provider/values/conform.ts";
import { type Fields, unknownValue } from "../../../src/provisioner/coder-provider/values/value.ts";
import { claimFacts, type FactsDraft, jobFacts, prebuildFacts } from "../../support/coder-facts.ts";

const stateOf = (facts = jobFacts(), ownUrl: string | null = null): ProviderState => ({
  facts,
  random: seededRandom(1),
  ownUrl,
});

const schemaOf = (type: string) => {
  const schema = coderSchemas.resources[type];
  if (schema === undefined) throw new Error(`there is no ${type}`);
  return schema;
};

const agent = { os: "linux", arch: "amd64", prewarm_name: "main" };
const scriptOfMain = "#!/bin/sh\necho https://prewarm.example.com/bin/amd64 token\n";

/** As Terraform proposes it: the configuration, with the prior values of what it leaves to the provider. */
function plan(state: ProviderState, type: string, config: Fields, prior: Fields | null = null): PlannedChange {
  const { block } = schemaOf(type);
  const shaped = conformBlock(block, config);
  const computed = Object.entries(block.attributes)
    .filter(([name, { use }]) => use.endsWith("computed") && shaped[name] === null)
    .map(([name]) => [name, prior?.[name] ?? null]);
  const proposed = { ...shaped, ...Object.fromEntries(computed) };
  return planChange(state, { type, schema: schemaOf(type), prior, proposed, config: shaped });
}

function make(state: ProviderState, type: string, config: Fields): Fields {
  const made = applyChange(state, type, plan(state, type, config).planned);
  if (made === null) throw new Error("nothing was made");
  return made;
}

describe("a resource that is made", () => {
  test("has its defaults, an unknown id, and a script and token that are known already", () => {
    expect(plan(stateOf(), "coder_agent", agent).planned).toMatchObject({
      id: unknownValue,
      auth: "token",
      connection_timeout: 120,
      api_key_scope: "all",
      startup_script_behavior: "non-blocking",
      token: "token-of-main",
      init_script: scriptOfMain,
      display_apps: [
        { vscode: true, vscode_insiders: false, web_terminal: true, port_forwarding_helper: true, ssh_helper: true },
      ],
    });
  });

  test("gets an id, and a token by chance where the job gives none", () => {
    const state = stateOf(jobFacts({ agentTokens: {} }));
    expect(plan(state, "coder_agent", agent).planned).toMatchObject({ token: unknownValue });
    const made = make(state, "coder_agent", agent);
    expect(made["id"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(made["token"]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(make(state, "coder_agent", agent)["token"]).not.toBe(made["token"]);
  });

  test("is given no token of another agent, nor one by a name of every object", () => {
    const state = stateOf();
    expect(plan(state, "coder_agent", { ...agent, prewarm_name: "gpu" }).planned).toMatchObject({
      token: unknownValue,
    });
    expect(plan(state, "coder_agent", { ...agent, prewarm_name: "constructor" }).planned).toMatchObject({
      token: unknownValue,
    });
    expect(plan(state, "coder_agent", { os: "linux", arch: "amd64" }).planned).toMatchObject({ token: unknownValue });
  });

  test("keeps the buttons that the template names, and has the defaults of the others", () => {
    const config = { ...agent, display_apps: [{ vscode: false }] };
    expect(plan(stateOf(), "coder_agent", config).planned).toMatchObject({
      display_apps: [{ vscode: false, vscode_insiders: false, web_terminal: true }],
    });
  });

  test("is planned the same however often Terraform asks", () => {
    for (const [type, config] of [
      ["coder_agent", agent],
      ["coder_devcontainer", { agent_id: "a", workspace_folder: "/w" }],
      ["coder_app", { agent_id: unknownValue, slug: "code" }],
    ] as const) {
      const state = stateOf(jobFacts({ agentTokens: {} }));
      expect(plan(state, type, config)).toEqual(plan(state, type, config));
    }
  });

  test("waits for what is not known: an operating system, a value of metadata", () => {
    expect(plan(stateOf(), "coder_agent", { ...agent, os: unknownValue }).planned).toMatchObject({
      init_script: unknownValue,
    });
    const metadata = {
      resource_id: "r",
      item: [{ key: "a", value: unknownValue }, { key: "b" }, { key: "c", value: "" }],
    };
    const { planned } = plan(stateOf(), "coder_metadata", metadata);
    expect(planned).toMatchObject({ item: [{ is_null: unknownValue }, { is_null: true }, { is_null: false }] });
    const known = { ...planned, item: [{ key: "a", value: "v", sensitive: false, is_null: unknownValue }] };
    expect(applyChange(stateOf(), "coder_metadata", known)).toMatchObject({ item: [{ is_null: false }] });
  });

  test("is refused while a value is still unknown at the apply", () => {
    const { planned } = plan(stateOf(), "coder_env", { agent_id: "a", name: "A", value: unknownValue });
    expect(() => applyChange(stateOf(), "coder_env", planned)).toThrow("still unknown");
  });

  test("has a sub-agent of its own, which it keeps", () => {
    const config = { agent_id: "a", workspace_folder: "/w" };
    const made = make(stateOf(), "coder_devcontainer", config);
    expect(made["subagent_id"]).not.toBe(made["id"]);
    const { planned } = plan(stateOf(), "coder_devcontainer", { ...config, config_path: "x" }, made);
    expect(planned).toMatchObject({ id: made["id"], subagent_id: made["subagent_id"] });
  });

  test("for a task has the app of the older form, and no task", () => {
    expect(make(stateOf(), "coder_ai_task", { sidebar_app: [{ id: "app-1" }] })).toMatchObject({
      app_id: "app-1",
      prompt: "",
      enabled: false,
    });
  });
});

describe("a claim", () => {
  const prebuild = make(stateOf(prebuildFacts()), "coder_agent", { ...agent, env: { WHO: "prebuilds" } });

  test("updates an agent in place: id, token and script stay", () => {
    const { planned, requiresReplace } = plan(
      stateOf(claimFacts()),
      "coder_agent",
      { ...agent, env: { WHO: "ada" } },
      prebuild,
    );
    expect(requiresReplace).toEqual([]);
    expect(planned).toEqual({ ...prebuild, env: { WHO: "ada" } });
  });

  test("keeps the script of what runs, although a newer release would word it otherwise", () => {
    const newer: FactsDraft = { initScript: () => "#!/bin/sh\nnew\n" };
    expect(plan(stateOf(claimFacts(newer)), "coder_agent", agent, prebuild).planned).toMatchObject({
      init_script: scriptOfMain,
    });
  });

  test("changes nothing but what the template says of every other type", () => {
    const made = make(stateOf(prebuildFacts()), "coder_app", {
      agent_id: "a",
      slug: "code",
      url: "http://x/prebuilds",
    });
    const { planned, requiresReplace } = plan(
      stateOf(claimFacts()),
      "coder_app",
      { agent_id: "a", slug: "code", url: "http://x/ada" },
      made,
    );
    expect(requiresReplace).toEqual([]);
    expect(planned).toEqual({ ...made, url: "http://x/ada" });
  });
});

describe("a later start", () => {
  test("plans the new token of the job and the script of today, in place", () => {
    const made = make(stateOf(), "coder_agent", agent);
    const later = jobFacts({ agentTokens: { main: "token-2" }, initScript: () => "#!/bin/sh\nnew\n" });
    const { planned, requiresReplace } = plan(stateOf(later), "coder_agent", agent, made);
    expect(requiresReplace).toEqual([]);
    expect(planned).toMatchObject({ id: made["id"], token: "token-2", init_script: "#!/bin/sh\nnew\n" });
  });

  test("gives a token and an id to an agent whose state has none", () => {
    const bare = conformBlock(schemaOf("coder_agent").block, agent);
    const { planned } = plan(stateOf(jobFacts({ agentTokens: {} })), "coder_agent", agent, bare);
    expect(planned).toMatchObject({ id: unknownValue, token: unknownValue, init_script: scriptOfMain });
  });
});

describe("a resource is made anew", () => {
  const made = make(stateOf(), "coder_agent", agent);

  test.each([
    ["os", { os: "windows" }],
    ["arch", { arch: "arm64" }],
    ["auth", { auth: "aws-instance-identity" }],
    ["os", { os: unknownValue }],
  ])("when %s changes: %j", (name, change) => {
    expect(plan(stateOf(), "coder_agent", { ...agent, ...change }, made).requiresReplace).toEqual([[name]]);
  });

  test("when its agent is another, or not known yet", () => {
    const app = make(stateOf(), "coder_app", { agent_id: "a", slug: "code" });
    expect(plan(stateOf(), "coder_app", { agent_id: "b", slug: "code" }, app).requiresReplace).toEqual([["agent_id"]]);
    expect(plan(stateOf(), "coder_app", { agent_id: unknownValue, slug: "code" }, app).requiresReplace).toEqual([
      ["agent_id"],
    ]);
  });

  test("but not when a state that knows no auth meets its default", () => {
    expect(plan(stateOf(), "coder_agent", agent, { ...made, auth: null }).requiresReplace).toEqual([]);
  });
});

test("a resource that is deleted is planned and answered as nothing", () => {
  const made = make(stateOf(), "coder_agent", agent);
  const change = { type: "coder_agent", schema: schemaOf("coder_agent"), prior: made, proposed: null, config: null };
  expect(planChange(stateOf(), change)).toEqual({ planned: null, requiresReplace: [] });
  expect(applyChange(stateOf(), "coder_agent", null)).toBeNull();
});

describe("the init script", () => {
  const scriptOf = (draft: FactsDraft, config: Fields = {}, ownUrl: string | null = null): unknown =>
    plan(stateOf(jobFacts(draft), ownUrl), "coder_agent", { ...agent, ...config }).planned?.["init_script"];

  test("has the address of the server with a slash and without a path, and the template's own before it", () => {
    const initScript = (): string => "${ACCESS_URL}|${ACCESS_URL}|${AUTH_TYPE}|$&";
    expect(scriptOf({ initScript, accessUrl: "http://localhost:3000/below" })).toBe(
      "http://localhost:3000/|http://localhost:3000/|token|$&",
    );
    expect(scriptOf({ initScript }, {}, "https://other.example.com")).toContain("https://other.example.com/|");
  });

  test("is empty where there is none for the machine", () => {
    expect(scriptOf({}, { os: "windows" })).toBe("");
    expect(scriptOf({}, { os: "windows", auth: "azure-instance-identity" })).toBe("");
  });

  test("holds the token after its first line where the cloud was to prove who the agent is", () => {
    expect(scriptOf({}, { auth: "aws-instance-identity" })).toBe(
      '#!/bin/sh\nexport CODER_AGENT_TOKEN="token-of-main"\necho https://prewarm.example.com/bin/amd64 aws-instance-identity\n',
    );
  });

  test("is then known with the token alone, and never says another than the agent has", () => {
    const draft: FactsDraft = { agentTokens: {} };
    const config = { ...agent, auth: "google-instance-identity" };
    expect(scriptOf(draft, config)).toBe(unknownValue);
    const made = make(stateOf(jobFacts(draft)), "coder_agent", config);
    expect(made["init_script"]).toContain(`export CODER_AGENT_TOKEN="${String(made["token"])}"\n`);
  });

  test("takes no token that a shell would read as more than a word", () => {
    const draft: FactsDraft = { agentTokens: { main: '"; rm -rf /; "' } };
    expect(() => scriptOf(draft, { auth: "aws-instance-identity" })).toThrow("cannot stand in a script");
  });
});
