import { encode } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/platform/random.ts";
import { AskedProvider, diagnosticsOf, valueOf } from "../../support/coder-calls.ts";
import { jobFacts } from "../../support/coder-facts.ts";

const provider = new AskedProvider(jobFacts());
const packed = (value: unknown): { readonly msgpack: Uint8Array } => ({ msgpack: encode(value) });

describe("a call that cannot be answered", () => {
  test.each([
    ["an unknown type", "PlanResourceChange", { typeName: "coder_moon" }],
    ["an unknown data source", "ReadDataSource", { typeName: "coder_agent" }],
    ["a type by a name of every object", "ValidateResourceTypeConfig", { typeName: "constructor" }],
    ["no MessagePack", "ReadDataSource", { typeName: "coder_workspace", config: { msgpack: Uint8Array.of(0xc1) } }],
    ["a text for a block", "ValidateResourceTypeConfig", { typeName: "coder_app", config: packed("text") }],
    ["a list for a text", "ValidateResourceTypeConfig", { typeName: "coder_app", config: packed({ slug: [1] }) }],
    ["no JSON", "UpgradeResourceState", { typeName: "coder_app", rawState: { json: Buffer.from("{") } }],
    ["no state", "UpgradeResourceState", { typeName: "coder_app" }],
    ["an import", "ImportResourceState", {}],
  ])("for %s says so in one diagnostic", (_, call, message) => {
    const found = diagnosticsOf(provider.ask(call, message));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^error : .*\. .+/);
  });

  test("of whatever bytes throws nothing, and answers in the form of its call", () => {
    const random = seededRandom(11);
    const names = [
      "GetSchema",
      "PrepareProviderConfig",
      "Configure",
      "ValidateDataSourceConfig",
      "UpgradeResourceState",
    ];
    names.push(
      "ReadResource",
      "PlanResourceChange",
      "ApplyResourceChange",
      "ImportResourceState",
      "ReadDataSource",
      "Stop",
    );
    for (let round = 0; round < 400; round += 1) {
      for (const name of names) {
        const bytes = random.bytes(Math.floor(random.float() * 40));
        expect(provider.askBytes(name, bytes)).toBeTypeOf("object");
      }
    }
  });
});

describe("a call about a resource", () => {
  test("reads it as it is, byte by byte, with what the plan left beside it", () => {
    const message = { typeName: "coder_agent", currentState: packed({ odd: 1 }), private: Buffer.from("p") };
    const answer = provider.ask("ReadResource", message);
    expect(valueOf(answer["newState"])).toEqual({ odd: 1 });
    expect(Buffer.from(answer["private"] as Uint8Array).toString()).toBe("p");
  });

  test("answers defaults that the configuration does not have as the old type system does", () => {
    const proposed = packed({ agent_id: "a", name: "A" });
    const answer = provider.ask("PlanResourceChange", {
      typeName: "coder_env",
      priorState: packed(null),
      proposedNewState: proposed,
      config: proposed,
      priorPrivate: Buffer.from("p"),
    });
    expect(answer["legacyTypeSystem"]).toBe(true);
    expect(valueOf(answer["plannedState"])).toMatchObject({ merge_strategy: "replace", value: null });
    expect(Buffer.from(answer["plannedPrivate"] as Uint8Array).toString()).toBe("p");
  });

  test("names the attributes that make it anew", () => {
    const state = { id: "i", agent_id: "a", name: "A", value: null, merge_strategy: "replace" };
    const proposed = packed({ ...state, agent_id: "b" });
    const answer = provider.ask("PlanResourceChange", {
      typeName: "coder_env",
      priorState: packed(state),
      proposedNewState: proposed,
      config: packed({ agent_id: "b", name: "A" }),
    });
    expect(answer["requiresReplace"]).toEqual([{ steps: [{ attributeName: "agent_id" }] }]);
  });

  test("accepts values as JSON too", () => {
    const config = {
      json: Buffer.from(JSON.stringify({ agent_id: "a", name: "1", value: null, merge_strategy: null })),
    };
    expect(diagnosticsOf(provider.ask("ValidateResourceTypeConfig", { typeName: "coder_env", config }))).toEqual([
      expect.stringContaining("error name: "),
    ]);
  });
});

describe("a stored state", () => {
  test("of the real provider keeps its id and token, loses what we do not have, and gains what it lacks", () => {
    const stored = {
      id: "11111111-2222-4333-8444-555555555555",
      os: "linux",
      arch: "amd64",
      auth: "token",
      token: "99999999-2222-4333-8444-555555555555",
      init_script: "#!/bin/sh\n",
      connection_timeout: 120,
      login_before_ready: true,
      startup_script_timeout: 300,
      env: { A: "1" },
      metadata: [{ display_name: "CPU", interval: 10, key: "cpu", order: 0, script: "s", timeout: 1 }],
      display_apps: [{ vscode: true, vscode_insiders: false, web_terminal: true, ssh_helper: true }],
      resources_monitoring: null,
    };
    expect(provider.upgrade("coder_agent", stored)).toEqual({
      id: stored.id,
      os: "linux",
      arch: "amd64",
      auth: "token",
      token: stored.token,
      init_script: "#!/bin/sh\n",
      connection_timeout: 120,
      env: { A: "1" },
      metadata: stored.metadata,
      display_apps: [{ ...stored.display_apps[0], port_forwarding_helper: null }],
      resources_monitoring: [],
      api_key_scope: null,
      dir: null,
      motd_file: null,
      order: null,
      prewarm_name: null,
      shutdown_script: null,
      startup_script: null,
      startup_script_behavior: null,
      troubleshooting_url: null,
    });
  });

  test("that is nothing stays nothing", () => {
    expect(provider.upgrade("coder_env", null)).toBeNull();
  });
});
