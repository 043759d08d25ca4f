// What `prewarm show` says of what agents found by the scripts of their metadata.
import { expect, test } from "vitest";
import type { AgentMetadata, AgentMetadataItemView } from "../../src/contracts/api/agent-metadata.ts";
import type { WorkspaceAgent } from "../../src/contracts/api/workspaces.ts";
import { sampleBuild, sampleIds, usableWorkspace } from "../support/api-samples.ts";
import { cliAgainst } from "../support/cli-against-api.ts";
import { codedAnswer } from "../support/scripted-api.ts";

/** Three seconds before the time that it is for the command line. */
const foundAt = "2030-01-01T11:59:57.000Z";

function agent(name: string, isConnected = true): WorkspaceAgent {
  const told = { id: sampleIds.workspace, name, state: "ready", detail: "", isConnected, readyAt: null } as const;
  return { ...told, isHandedOver: true, claimError: null };
}

function item(name: string, value: string, said: Partial<AgentMetadataItemView> = {}): AgentMetadataItemView {
  return { key: name, name, value, error: "", collectedAt: foundAt, isStale: false, order: 0, ...said };
}

const items = [
  item("CPU", "12 %"),
  item("Memory", "", { error: "it exited with 3", isStale: true }),
  item("Note", `\u001b[31mred\n${"x".repeat(100)}`),
  item("Later", "", { collectedAt: null }),
];

async function show(
  agents: WorkspaceAgent[],
  answer: { json: AgentMetadata } | ReturnType<typeof codedAnswer>,
  ...options: string[]
) {
  const { api, bench } = await cliAgainst({
    getWorkspace: () => ({ json: usableWorkspace({ agents }) }),
    getBuild: () => ({ json: { build: sampleBuild(), resources: null, plan: null, phases: [] } }),
    getAgentMetadata: () => answer,
  });
  const { stdout, exitCode } = await bench.run("show", "dev", ...options);
  expect(exitCode).toBe(0);
  const asked = api.requests.flatMap(({ id, params }) => (id === "getAgentMetadata" ? [params["agent"]] : []));
  return { stdout, asked };
}

test("items are shown as the server orders them, with how old they are, what failed, and nothing that steers a terminal", async () => {
  const { stdout } = await show([agent("main")], { json: { state: "known", items } });
  const lines = stdout.split("\n");
  const table = lines.slice(lines.findIndex((line) => line.startsWith("ITEM")));
  expect(table[0]?.split(/ {2,}/)).toEqual(["ITEM", "VALUE", "FOUND", "ERROR"]);
  expect(table[1]).toMatch(/^CPU {2,}12 % {2,}3 s ago$/);
  expect(table[2]).toMatch(/^Memory {2,}.*, stale {2,}it exited with 3$/);
  expect(table[3]).toMatch(/^Note {2,}.*red.*x…/);
  expect(table[4]).toMatch(/^Later {2,}not yet$/);
  expect(stdout).not.toContain("\u001b");
});

test("with several agents each item says whose it is, and one that is not connected is not asked", async () => {
  const agents = [agent("main"), agent("gpu"), agent("off", false)];
  const { stdout, asked } = await show(agents, { json: { state: "known", items: [item("CPU", "12 %")] } });
  expect(stdout).toMatch(/^AGENT {2,}ITEM/m);
  expect(stdout).toMatch(/^main {2,}CPU/m);
  expect(stdout).toMatch(/^gpu {3,}CPU/m);
  expect(asked.sort()).toEqual(["gpu", "main"]);
});

test("for programs each agent has its metadata, and none where it is not connected", async () => {
  const metadata = { state: "known" as const, items };
  const { stdout } = await show([agent("main"), agent("off", false)], { json: metadata }, "--json");
  expect(JSON.parse(stdout)).toMatchObject({
    agents: [
      { name: "main", metadata },
      { name: "off", metadata: null },
    ],
  });
});

test("of an agent without metadata nothing is said", async () => {
  const { stdout } = await show([agent("main")], { json: { state: "untold", items: [] } });
  expect(stdout).not.toMatch(/ITEM|metadata/);
});

test("that metadata is left out is said", async () => {
  const { stdout } = await show([agent("main")], { json: { state: "left_out", items: [] } });
  expect(stdout).toContain('The metadata of the agent "main" is left out');
});

test("a workspace is shown although its metadata cannot be read, with why; a server without the route has none", async () => {
  const away = await show([agent("main")], codedAnswer(503, "agent_unavailable"));
  expect(away.stdout).toContain('metadata of the agent "main" cannot be read now: Scripted agent_unavailable.');
  const older = await show([agent("main")], codedAnswer(404, "not_found"));
  expect(older.stdout).not.toContain("metadata");
});
