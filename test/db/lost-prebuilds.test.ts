// What was removed behind our back: an unclaimed prebuild is replaced, a person's workspace says so.
import { describe, expect, it } from "vitest";
import { getWorkspace } from "../../src/app/workspaces/workspaces.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import type { Controller } from "../../src/controllers/controller.ts";
import { setEnabled } from "../../src/app/prebuilds/manage-pools.ts";
import { createLostAgents } from "../../src/controllers/lost-agents.ts";
import { liveAgents } from "../../src/db/agents/agents.ts";
import { build } from "../support/builds.ts";
import { create } from "../support/claims.ts";
import { agentChange, agentsReady, connectAgents, failed, runJobs } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { buildOf, type LeasingDaemon, registerDaemon } from "../support/leasing-daemon.ts";
import { ledgerCounts, ledgerState } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { type PublishedTemplate, publishTemplate } from "../support/templates.ts";

const goOn = new AbortController().signal;
const limitMs = 60_000;
const stepMs = 10_000;

interface Bed {
  readonly fx: Fixture;
  readonly template: PublishedTemplate;
  readonly prebuild: WorkspaceId;
  readonly rule: Controller;
}

function lostAgents(fx: Fixture): Controller {
  const { store: db, clock, logger, id: serverId, context } = fx;
  const { prebuildsSwitch } = context;
  return createLostAgents({
    db,
    clock,
    logger,
    serverId,
    prebuildsSwitch,
    monotonicMs: () => 0,
    agentLostAfterMs: limitMs,
  });
}

/** A pool of one that is ready, and the rule that watches it. */
async function oneReady(): Promise<Bed> {
  const fx = await testFixture();
  const template = await publishTemplate(fx);
  await reconcile(fx);
  const [job] = await runJobs(fx);
  if (job === undefined || job.workspace_id === null) throw new Error("a cycle makes a job");
  await agentsReady(fx, [job.workspace_id]);
  const rule = lostAgents(fx);
  await rule.run(goOn);
  return { fx, template, prebuild: job.workspace_id, rule };
}

async function disconnect(fx: Fixture, workspaceId: WorkspaceId): Promise<void> {
  for (const { id } of await liveAgents(fx.store, workspaceId)) {
    const [row] = await fx.rows<{ connection_id: string }>("select connection_id from agents where id = $1", [id]);
    await agentChange(fx, id, { kind: "disconnected", connectionId: row?.connection_id ?? "" });
  }
}

/** Lets so much time pass, with the rule run in its rhythm. @returns how many prebuilds it replaced. */
async function pass({ fx, rule }: Pick<Bed, "fx" | "rule">, ms: number): Promise<number> {
  let replaced = 0;
  for (let leftMs = ms; leftMs > 0; leftMs -= stepMs) {
    fx.clock.advance(Math.min(stepMs, leftMs));
    replaced += Number((await rule.run(goOn)).fields["replaced"] ?? 0);
  }
  return replaced;
}

describe("the agent of an unclaimed prebuild that went away", () => {
  it("for longer than the limit has its prebuild deleted and replaced at once, and no failure is counted", async () => {
    const bed = await oneReady();
    const { fx, template, prebuild } = bed;
    await pass(bed, limitMs);
    await disconnect(fx, prebuild);
    expect(await ledgerState(fx, prebuild)).toBe("starting");
    expect(await pass(bed, limitMs - 1)).toBe(0);
    fx.published.length = 0;
    expect(await pass(bed, 1)).toBe(1);
    expect(await ledgerState(fx, prebuild)).toBe("draining");
    expect(fx.published).toEqual(expect.arrayContaining(["pools", "jobs"]));
    expect(await reconcile(fx), "at once, nothing is held").toMatchObject({ creates: 1, held: 0 });
    await runJobs(fx, (job) => (job.workspace_id === prebuild ? failed : { kind: "succeeded", claimEffect: "none" }));
    expect(await ledgerState(fx, prebuild), "its delete failed, and is tried again").toBe("draining");
    expect(await ledgerCounts(fx, template.preset())).toEqual({ draining: 1, starting: 1 });
    const reasons =
      "select count(*) from prebuilds where drain_reason = 'agent_lost' and first_build_result = 'succeeded'";
    expect(await fx.number(reasons)).toBe(1);
    expect(await fx.number("select count(*) from audit_log where action = 'prebuild.agent_lost'")).toBe(1);
  });

  it("stays while prebuilds are switched off, and is given the whole limit again when they are on", async () => {
    const bed = await oneReady();
    const { fx, prebuild } = bed;
    await disconnect(fx, prebuild);
    await setEnabled(fx.context, fx.admin, false);
    expect(await pass(bed, 2 * limitMs)).toBe(0);
    await setEnabled(fx.context, fx.admin, true);
    expect(await pass(bed, limitMs)).toBe(0);
    expect(await pass(bed, 2 * stepMs)).toBe(1);
  });

  it("and comes back in time keeps its prebuild, however often", async () => {
    const bed = await oneReady();
    const { fx, prebuild } = bed;
    for (let round = 0; round < 3; round += 1) {
      await disconnect(fx, prebuild);
      expect(await pass(bed, limitMs - 1)).toBe(0);
      await connectAgents(fx, prebuild);
      expect(await pass(bed, stepMs)).toBe(0);
    }
    expect(await ledgerState(fx, prebuild)).toBe("ready");
  });

  it("while no server was there is given the whole limit again, after a restart or a break of any kind", async () => {
    const bed = await oneReady();
    const { fx, prebuild } = bed;
    await disconnect(fx, prebuild);
    await pass(bed, limitMs - stepMs);
    // The server was away for an hour; so was the machine, or its database.
    fx.clock.advance(3_600_000);
    expect(await pass(bed, stepMs), "the same server, which has slept").toBe(0);
    const restarted = { fx, rule: lostAgents(fx) };
    expect(await pass(restarted, limitMs), "a server that was started again").toBe(0);
    expect(await pass(restarted, stepMs)).toBe(1);
  });

  it("that was never there is none: a workspace may take its time to boot", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    const rule = lostAgents(fx);
    await reconcile(fx);
    await runJobs(fx);
    expect(await pass({ fx, rule }, 3 * limitMs)).toBe(0);
  });

  it("from a workspace that somebody has claimed is shown, and nothing is deleted", async () => {
    const bed = await oneReady();
    const { fx } = bed;
    const { workspace, outcome } = await create(fx);
    expect(outcome).toBe("claimed");
    await disconnect(fx, workspace.id as WorkspaceId);
    const since = fx.clock.now().toISOString();
    expect(await pass(bed, 3 * limitMs)).toBe(0);
    expect(await getWorkspace(fx.context, fx.alice, workspace.id)).toMatchObject({
      status: "running",
      isUsable: false,
      lost: { kind: "agent", since },
    });
    await connectAgents(fx, workspace.id as WorkspaceId);
    expect(await getWorkspace(fx.context, fx.alice, workspace.id)).not.toHaveProperty("lost");
  });
});

describe("what a daemon saw to be removed", () => {
  async function made(daemon: LeasingDaemon): Promise<{ readonly workspaceId: WorkspaceId; readonly buildId: string }> {
    const [job] = await daemon.takeAll();
    if (job === undefined) throw new Error("a cycle makes a job");
    await daemon.store(job, { exists: true });
    await daemon.end(job);
    const { workspaceId, buildId } = buildOf(job);
    return { workspaceId: workspaceId as WorkspaceId, buildId };
  }

  async function pool(driver = "fake"): Promise<{
    readonly fx: Fixture;
    readonly daemon: LeasingDaemon;
    readonly template: PublishedTemplate;
  }> {
    const fx = await testFixture();
    const template = await publishTemplate(fx);
    // The Docker driver's workspaces are bound to no daemon, and one daemon sees them all the same.
    await fx.rows("update template_versions set driver = $1", [driver]);
    const daemon = await registerDaemon(fx, { drivers: [driver] });
    await reconcile(fx);
    return { fx, daemon, template };
  }

  it.each(["fake", "docker"])("with %s of an unclaimed prebuild has it replaced at once", async (driver) => {
    const { fx, daemon, template } = await pool(driver);
    const { workspaceId, buildId } = await made(daemon);
    await agentsReady(fx, [workspaceId]);
    fx.published.length = 0;
    await daemon.gone(workspaceId, buildId);
    expect(await ledgerState(fx, workspaceId)).toBe("draining");
    expect(fx.published).toContain("pools");
    expect(await reconcile(fx)).toMatchObject({ creates: 1, held: 0 });
    await daemon.gone(workspaceId, buildId);
    expect(await fx.number("select count(*) from audit_log where action = 'prebuild.resource_missing'")).toBe(1);
    expect(await ledgerCounts(fx, template.preset())).toEqual({ draining: 1, building: 1 });
  });

  it("says nothing of another build, another daemon, or while a build is under way", async () => {
    const { fx, daemon } = await pool();
    const { workspaceId, buildId } = await made(daemon);
    await agentsReady(fx, [workspaceId]);
    await daemon.gone(workspaceId, "00000000-0000-4000-8000-000000000000");
    await (await registerDaemon(fx, { name: "other" })).gone(workspaceId, buildId);
    expect(await ledgerState(fx, workspaceId)).toBe("ready");
    const { workspace } = await create(fx);
    await build(fx, workspace.id as WorkspaceId, "stop");
    await daemon.gone(workspaceId, buildId);
    expect(await fx.number("select count(*) from provider_states where missing_noted_at is not null")).toBe(0);
  });

  it("of a claimed workspace is in its log once and in its status, until it is started again; it stays its owner's", async () => {
    const { fx, daemon } = await pool();
    const { workspaceId, buildId } = await made(daemon);
    await agentsReady(fx, [workspaceId]);
    const { workspace, outcome } = await create(fx);
    expect(outcome).toBe("claimed");
    await daemon.gone(workspaceId, buildId);
    await daemon.gone(workspaceId, buildId);
    const seen = await getWorkspace(fx.context, fx.alice, workspace.id);
    expect(seen).toMatchObject({ owner: "alice", status: "running", lost: { kind: "resources" } });
    expect(await fx.number("select count(*) from agent_logs where line like '%gone from the host%'")).toBe(1);
    // Its volume is still listed, which says nothing: without a container the workspace is as gone as before.
    await daemon.report([workspaceId], { isPartial: true });
    expect(await getWorkspace(fx.context, fx.alice, workspace.id)).toHaveProperty("lost");
    await build(fx, workspaceId, "start");
    fx.clock.advance(1);
    await made(daemon);
    expect(await getWorkspace(fx.context, fx.alice, workspace.id)).not.toHaveProperty("lost");
  });

  it.each(["fake", "docker"])("only in part is missed when it should run, not when stopped (%s)", async (driver) => {
    const { fx, daemon } = await pool(driver);
    await (await registerDaemon(fx, { name: "other", drivers: [driver] })).report([]);
    expect(await fx.number("select count(*) from provider_states where missing_since is not null")).toBe(0);
    const { workspaceId } = await made(daemon);
    await agentsReady(fx, [workspaceId]);
    const missing = "select count(*) from provider_states where missing_since is not null";
    await daemon.report([workspaceId], { isPartial: true });
    expect(await fx.number(missing)).toBe(1);
    const { workspace } = await create(fx);
    await build(fx, workspace.id as WorkspaceId, "stop");
    for (const job of await daemon.takeAll()) await daemon.end(job);
    await daemon.report([workspaceId], { isPartial: true });
    expect(await fx.number(missing)).toBe(0);
    fx.clock.advance(600_000);
    await daemon.report([workspaceId], { isPartial: true });
    expect(await fx.number(missing)).toBe(0);
  });
});
