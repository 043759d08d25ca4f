// What a build tells of its agents: who is given it, until when it is waited for, and how it lies in the database.
import { beforeEach, expect, test } from "vitest";
import { manifestOf } from "../../src/app/agents/agents.ts";

import { checkStateKey } from "../../src/app/provisioner/check-state-key.ts";
import { stateKeyBytes } from "../../src/app/provisioner/state-vault.ts";
import { secretFindings } from "../../src/app/system/secret-findings.ts";
import { createBuild } from "../../src/app/workspaces/workspaces.ts";
import type { AgentSettings, BuiltAgent } from "../../src/contracts/agent-settings.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import { type AgentRow, liveAgents } from "../../src/db/agents/agents.ts";
import { create } from "../support/claims.ts";
import { agentsReady } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { buildOf, type LeasingDaemon, registerDaemon } from "../support/leasing-daemon.ts";
import { reconcile } from "../support/reconcile.ts";
import type { TestServer } from "../support/server.ts";
import { pushVersion } from "../support/templates.ts";

const keyOf = (letter: string): Buffer => Buffer.alloc(stateKeyBytes, letter);
const marked = "a-marked-secret";

let fx: Fixture;
let daemon: LeasingDaemon;
beforeEach(async () => {
  fx = await testFixture({ stateKeys: [keyOf("a")] });
  daemon = await registerDaemon(fx);
  await pushVersion(fx, { presets: { small: 1 } });
  await daemon.end(await next(), { kind: "succeeded", claimEffect: "unknown", tellsAgentSettings: true });
});

async function next() {
  const job = await daemon.take();
  if (job === null) throw new Error("There is no job.");
  return job;
}

const settings = (who: string): AgentSettings => ({
  directory: "",
  env: { WHO: who, TOKEN: marked },
  motdFile: "",
  scripts: [],
  metadata: [],
});
const told = (who: string, name = "main"): BuiltAgent => ({ name, settings: settings(who) });

async function agentOf(workspaceId: string): Promise<AgentRow> {
  const [agent] = await liveAgents(fx.store, workspaceId as WorkspaceId);
  if (agent === undefined) throw new Error("There is no agent.");
  return agent;
}

const given = async (workspaceId: string, on: TestServer = fx) =>
  (await manifestOf(on.context, await agentOf(workspaceId))).settings;

/** A prebuild of which its build has told. */
async function prebuild(): Promise<string> {
  await reconcile(fx);
  const job = await next();
  const { workspaceId } = buildOf(job);
  await daemon.store(job, {});
  await daemon.end(job, { kind: "succeeded", agents: [told("nobody")] });
  await agentsReady(fx, [workspaceId as WorkspaceId]);
  return workspaceId;
}

test("an agent waits while its build goes on, and is given what that has told of it", async () => {
  const { workspace } = await create(fx);
  const job = await next();
  expect(await given(workspace.id)).toEqual({ state: "pending" });
  await daemon.end(job, { kind: "succeeded", agents: [told("alice"), told("stranger", "other")] });
  expect(await given(workspace.id)).toEqual({ state: "known", generation: 1, ...settings("alice") });
});

test("an agent is told that there is nothing to wait for when its build has ended without it", async () => {
  const { workspace } = await create(fx);
  await daemon.end(await next(), { kind: "succeeded" });
  expect(await given(workspace.id)).toEqual({ state: "untold" });
});

test("a claim is waited for, and a late word of the build before it takes nothing away", async () => {
  const workspaceId = await prebuild();
  expect(await given(workspaceId)).toMatchObject({ state: "known", generation: 0, env: { WHO: "nobody" } });
  const { workspace, outcome } = await create(fx);
  expect({ outcome, id: workspace.id }).toEqual({ outcome: "claimed", id: workspaceId });
  expect(await given(workspaceId)).toEqual({ state: "pending" });
  await daemon.end(await next(), { kind: "succeeded", agents: [told("alice")] });
  expect(await given(workspaceId)).toMatchObject({ state: "known", generation: 1, env: { WHO: "alice" } });
});

test("a claim whose build fails leaves what was told before, which the agent knows for another generation's", async () => {
  const workspaceId = await prebuild();
  await create(fx);
  await daemon.end(await next(), { kind: "failed", error: { code: "build_failed", message: "oh" } });
  expect(await given(workspaceId)).toMatchObject({ state: "known", generation: 0 });
});

test("it lies sealed in the database, and not at all once the workspace has stopped", async () => {
  const { workspace } = await create(fx);
  await daemon.end(await next(), { kind: "succeeded", agents: [told("alice")] });
  const stored = async () =>
    await fx.rows<{ text: string; sealed: Buffer }>(
      "select a::text as text, settings_sealed as sealed from agents a where settings_sealed is not null",
    );
  const [row] = await stored();
  expect(row?.text).not.toContain(marked);
  expect(row?.sealed.includes(marked)).toBe(false);
  await createBuild(fx.context, fx.alice, { workspace: workspace.id, transition: "stop" });
  await daemon.end(await next());
  expect(await stored()).toEqual([]);
});

test("more than an agent may have is refused with how much it is", async () => {
  await create(fx);
  const job = await next();
  const env = Object.fromEntries(Array.from({ length: 200 }, (_, nth) => [`V${nth}`, "x".repeat(8_000)]));
  const agents = [{ name: "main", settings: { ...settings("alice"), env } }];
  await expect(daemon.end(job, { kind: "succeeded", agents })).rejects.toMatchObject({
    code: "too_large",
    message: expect.stringMatching(/^What the build tells of the agent main has \d+ bytes; at most \d+ are allowed\.$/),
  });
});

test("it is sealed anew with a new key at a server's start, and opens with that alone", async () => {
  const workspaceId = await prebuild();
  await checkStateKey(fx.addServer({ stateKeys: [keyOf("b"), keyOf("a")] }).context);
  const on = fx.addServer({ stateKeys: [keyOf("b")] });
  expect(await given(workspaceId, on)).toMatchObject({ state: "known", env: { WHO: "nobody" } });
});

test("without its key the agent is told that there is nothing, and doctor names the workspace", async () => {
  const workspaceId = await prebuild();
  const on = fx.addServer({ stateKeys: [keyOf("x")] });
  expect(await given(workspaceId, on)).toEqual({ state: "untold" });
  const found = (await secretFindings(on.context)).find(({ check }) => check === "agent settings");
  expect(found).toMatchObject({ severity: "warning", message: expect.stringContaining("What 1 agents are to run") });
});
