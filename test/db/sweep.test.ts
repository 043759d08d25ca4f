// What exists compared with what is known, both ways: strangers are told, what is missing is replaced or noted.
import { describe, expect, it } from "vitest";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { build } from "../support/builds.ts";
import { codeOf, create } from "../support/claims.ts";
import { agentsReady } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { buildOf, type LeasingDaemon, registerDaemon } from "../support/leasing-daemon.ts";
import { ledgerCounts, ledgerState } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { type PublishedTemplate, publishTemplate } from "../support/templates.ts";

const gateMs = 600_000;

interface Bed {
  readonly fx: Fixture;
  readonly daemon: LeasingDaemon;
  readonly template: PublishedTemplate;
  readonly prebuild: WorkspaceId;
}

/** A pool of one, made by a daemon and ready. */
async function oneReady(): Promise<Bed> {
  const fx = await testFixture();
  const template = await publishTemplate(fx);
  const daemon = await registerDaemon(fx);
  await reconcile(fx);
  const [prebuild] = await work(daemon);
  if (prebuild === undefined) throw new Error("a cycle makes a job");
  await agentsReady(fx, [prebuild]);
  return { fx, daemon, template, prebuild };
}

/** Runs every job; answers the workspaces. */
async function work(daemon: LeasingDaemon): Promise<WorkspaceId[]> {
  const jobs = await daemon.takeAll();
  for (const job of jobs) {
    await daemon.store(job, { exists: true });
    await daemon.end(job);
  }
  return jobs.map((job) => buildOf(job).workspaceId as WorkspaceId);
}

const audits = (fx: Fixture, action: string): Promise<number> =>
  fx.number("select count(*) from audit_log where action = $1", [action]);

describe("something that exists for no workspace", () => {
  it("is a stranger once it was reported for as long as the gate, and is audited once", async () => {
    const { fx, daemon, prebuild } = await oneReady();
    const stranger = systemRandom.uuid();
    expect(await daemon.report([prebuild, stranger])).toEqual([]);
    fx.clock.advance(gateMs - 1);
    expect(await daemon.report([prebuild, stranger])).toEqual([]);
    fx.clock.advance(1);
    expect(await daemon.report([prebuild, stranger])).toEqual([stranger]);
    expect(await daemon.report([prebuild, stranger]), "until it is gone").toEqual([stranger]);
    expect(await audits(fx, "orphan.remove")).toBe(1);
    expect(await daemon.report([prebuild])).toEqual([]);
    expect(await fx.number("select count(*) from strangers")).toBe(0);
  });

  it("begins anew when it was away in between", async () => {
    const { fx, daemon } = await oneReady();
    const stranger = systemRandom.uuid();
    await daemon.report([stranger]);
    await daemon.report([]);
    fx.clock.advance(gateMs);
    expect(await daemon.report([stranger])).toEqual([]);
  });

  it("is left alone without this deployment's mark, and in a report that is not whole nothing is forgotten", async () => {
    const { fx, daemon } = await oneReady();
    const stranger = systemRandom.uuid();
    await daemon.report([stranger], { isMarked: false });
    fx.clock.advance(gateMs);
    expect(await daemon.report([stranger], { isMarked: false })).toEqual([]);
    await daemon.report([stranger], { isComplete: false });
    await daemon.report([], { isComplete: false });
    fx.clock.advance(gateMs);
    expect(await daemon.report([stranger], { isComplete: false })).toEqual([stranger]);
  });

  it("of a workspace that was deleted is one as soon as that is as long ago as the gate", async () => {
    const { fx, daemon, prebuild } = await oneReady();
    await fx.rows("update presets set instances = 0");
    await reconcile(fx);
    await work(daemon);
    expect(await ledgerState(fx, prebuild)).toBe("deleted");
    fx.clock.advance(gateMs - 1);
    expect(await daemon.report([prebuild])).toEqual([]);
    fx.clock.advance(1);
    expect(await daemon.report([prebuild])).toEqual([prebuild]);
  });

  it("of a workspace that lives, failed, or is being deleted is none, however old", async () => {
    const { fx, daemon, prebuild } = await oneReady();
    await fx.rows("update presets set instances = 0");
    await reconcile(fx);
    const removal = await daemon.take();
    const failure = { kind: "failed", error: { code: "transient", message: "scripted" } } as const;
    if (removal !== null) await daemon.end(removal, failure);
    fx.clock.advance(100 * gateMs);
    expect(await daemon.report([prebuild])).toEqual([]);
  });

  it("is not told to a daemon that was replaced", async () => {
    const { fx, daemon } = await oneReady();
    await registerDaemon(fx);
    expect(await codeOf(daemon.report([]))).toBe("lease_lost");
  });
});

describe("a workspace whose things are gone", () => {
  it("that is an unclaimed prebuild is deleted and replaced, after two reports as far apart as the gate", async () => {
    const { fx, daemon, template, prebuild } = await oneReady();
    await daemon.report([]);
    await daemon.report([]);
    fx.clock.advance(gateMs - 1);
    await daemon.report([]);
    expect(await ledgerCounts(fx, template.preset())).toEqual({ ready: 1 });
    fx.clock.advance(1);
    await daemon.report([]);
    expect(await ledgerState(fx, prebuild)).toBe("draining");
    expect(await audits(fx, "prebuild.resource_missing")).toBe(1);
    await reconcile(fx);
    await work(daemon);
    expect(await ledgerCounts(fx, template.preset())).toEqual({ deleted: 1, starting: 1 });
    expect(await fx.number("select count(*) from prebuilds where first_build_result = 'failed'")).toBe(0);
  });

  it("that is a person's stays his, and its log says so once", async () => {
    const { fx, daemon } = await oneReady();
    const { workspace, outcome } = await create(fx);
    expect(outcome).toBe("claimed");
    for (let report = 0; report < 3; report += 1) {
      await daemon.report([]);
      fx.clock.advance(gateMs);
    }
    const lines = await fx.rows<{ line: string }>(
      "select l.line from agent_logs l join agents a on a.id = l.agent_id where a.workspace_id = $1",
      [workspace.id],
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]?.line).toMatch(/gone from the host of the provisioner "host-1".*Start the workspace/);
    expect(await audits(fx, "workspace.resource_missing")).toBe(1);
    const [row] = await fx.rows("select owner_id, deleted_at from workspaces where id = $1", [workspace.id]);
    expect(row).toEqual({ owner_id: fx.alice.userId, deleted_at: null });
    expect(await fx.number("select count(*) from jobs where workspace_id = $1", [workspace.id])).toBe(1);
  });

  it("of a build that had a job has the note in that job's log, and a new one after it was whole again", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: {} });
    const daemon = await registerDaemon(fx);
    const { workspace } = await create(fx);
    await work(daemon);
    const notes = (): Promise<number> =>
      fx.number("select count(*) from job_logs l join jobs j on j.id = l.job_id where j.workspace_id = $1", [
        workspace.id,
      ]);
    await daemon.report([]);
    fx.clock.advance(gateMs);
    await daemon.report([workspace.id]);
    await daemon.report([]);
    expect(await notes()).toBe(0);
    fx.clock.advance(gateMs);
    await daemon.report([]);
    expect(await notes()).toBe(1);
    await build(fx, workspace.id as WorkspaceId, "start");
    await work(daemon);
    await daemon.report([]);
    fx.clock.advance(gateMs);
    await daemon.report([]);
    expect(await notes()).toBe(2);
  });

  it("is not missed by another daemon, by a part of a report, or while a build is under way or failed", async () => {
    const { fx, daemon, template } = await oneReady();
    const other = await registerDaemon(fx, { name: "other" });
    const { workspace } = await create(fx);
    await reconcile(fx);
    await work(daemon);
    await build(fx, workspace.id as WorkspaceId, "start");
    for (let report = 0; report < 3; report += 1) {
      await other.report([]);
      await daemon.report([], { isComplete: false });
      fx.clock.advance(gateMs);
    }
    expect(await ledgerCounts(fx, template.preset())).toEqual({ claimed: 1, starting: 1 });
    expect(await fx.number("select count(*) from provider_states where missing_since is not null")).toBe(0);
    await fx.rows("update presets set instances = 0");
    await daemon.report([]);
    expect(await fx.number("select count(*) from provider_states where missing_since is not null")).toBe(1);
  });

  it("and that is claimed at that moment is the claimant's: one of the two wins", async () => {
    for (let round = 0; round < 5; round += 1) {
      const { fx, daemon, prebuild } = await oneReady();
      await daemon.report([]);
      fx.clock.advance(gateMs);
      const [created] = await Promise.all([create(fx), daemon.report([])]);
      const state = await ledgerState(fx, prebuild);
      expect(state).toBe(created.outcome === "claimed" ? "claimed" : "draining");
      expect(await audits(fx, "prebuild.resource_missing")).toBe(state === "draining" ? 1 : 0);
    }
  });
});
