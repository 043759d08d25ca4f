// Cases 116 to 118: which pending jobs a cycle cancels when their version is no longer the active one.
import { describe, expect, it } from "vitest";
import type { PresetId, WorkspaceId } from "../../src/contracts/ids.ts";
import { cancelPendingPrebuilds, deletePrebuilds } from "../../src/db/pools/pool-deletes.ts";
import { build } from "../support/builds.ts";
import { create } from "../support/claims.ts";
import { runJobs, takeNext } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { ledgerState, putPrebuild, putPrebuilds } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";

async function jobStatusOf(fx: Fixture, workspaceId: WorkspaceId): Promise<string[]> {
  const rows = await fx.rows<{ status: string }>(
    "select j.status from builds b join jobs j on j.id = b.job_id where b.workspace_id = $1 order by b.number",
    [workspaceId],
  );
  return rows.map((row) => row.status);
}

/** A template whose first version has been replaced by one without a pool. */
async function outdatedPreset(fx: Fixture, template = "web"): Promise<PresetId> {
  const old = await publishTemplate(fx, { template });
  await publishTemplate(fx, { template, presets: {} });
  return old.preset();
}

describe("a pending first build of an inactive version", () => {
  it("116: is cancelled, its workspace is gone, and no provisioner runs for it", async () => {
    const fx = await testFixture();
    const old = await putPrebuild(fx, await outdatedPreset(fx), { jobStatus: "pending" });
    expect(await reconcile(fx)).toMatchObject({ cancels: 1, deletes: 0 });
    expect(await jobStatusOf(fx, old)).toEqual(["canceled"]);
    expect(await ledgerState(fx, old)).toBe("deleted");
    expect(await fx.number("select count(*) from workspaces where deleted_at is null")).toBe(0);
    expect((await runJobs(fx)).filter((job) => job.kind === "build")).toEqual([]);
  });

  it("116: that a daemon takes first is not cancelled but built, and deleted by a later cycle", async () => {
    const fx = await testFixture();
    const old = await putPrebuild(fx, await outdatedPreset(fx), { jobStatus: "pending" });
    const job = await takeNext(fx);
    expect(job?.workspace_id).toBe(old);
    expect(await cancelPendingPrebuilds(fx.store, [old], fx.clock.now())).toEqual([]);
    expect(await ledgerState(fx, old)).toBe("building");
  });

  it("116: goes to the daemon or to the cancellation, never to both, when both reach for it at once", async () => {
    const fx = await testFixture();
    const presetId = await outdatedPreset(fx);
    const all = await putPrebuilds(fx, presetId, 60, { jobStatus: "pending" });
    const take = async (): Promise<string[]> => {
      const taken: string[] = [];
      for (let job = await takeNext(fx); job !== undefined; job = await takeNext(fx)) taken.push(job.workspace_id);
      return taken;
    };
    const cancel = async (): Promise<string[]> => {
      const gone: string[] = [];
      for (const id of all) gone.push(...(await cancelPendingPrebuilds(fx.store, [id], fx.clock.now())));
      return gone;
    };
    const [taken, canceled] = await Promise.all([take(), cancel()]);
    expect([...taken, ...canceled].sort()).toEqual([...all].sort());
    expect(Math.min(taken.length, canceled.length), "the race was one").toBeGreaterThan(0);
  });
});

describe("117: left alone by the cancellation", () => {
  it("is one of the active version", async () => {
    const fx = await testFixture();
    const mine = await putPrebuild(fx, (await publishTemplate(fx)).preset(), { jobStatus: "pending" });
    expect(await reconcile(fx)).toMatchObject({ cancels: 0 });
    expect(await jobStatusOf(fx, mine)).toEqual(["pending"]);
  });

  it("is the second build, or a delete", async () => {
    const fx = await testFixture();
    const presetId = await outdatedPreset(fx);
    const stop = await putPrebuild(fx, presetId, { transition: "stop", jobStatus: "pending" });
    const remove = await putPrebuild(fx, presetId, { transition: "delete", jobStatus: "pending" });
    expect(await reconcile(fx)).toMatchObject({ cancels: 0, deletes: 0 });
    expect(await cancelPendingPrebuilds(fx.store, [stop, remove], fx.clock.now())).toEqual([]);
    expect([await jobStatusOf(fx, stop), await jobStatusOf(fx, remove)]).toEqual([
      ["succeeded", "pending"],
      ["succeeded", "pending"],
    ]);
  });

  it("is a start of a parked one that a person asked for: something of it exists, so a provisioner has to delete it", async () => {
    const fx = await testFixture();
    const parked = await putPrebuild(fx, await outdatedPreset(fx), { transition: "stop" });
    expect(await build(fx, parked, "start")).toEqual({ kind: "started" });
    expect(await reconcile(fx)).toMatchObject({ cancels: 0, deletes: 0 });
    expect(await cancelPendingPrebuilds(fx.store, [parked], fx.clock.now())).toEqual([]);
    expect(await jobStatusOf(fx, parked)).toEqual(["succeeded", "succeeded", "pending"]);
  });

  it("is a person's workspace of the inactive version, also when it is named", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    const { workspace } = await create(fx);
    const id = workspace.id as WorkspaceId;
    await publishTemplate(fx, { presets: {} });
    expect(await reconcile(fx)).toMatchObject({ cancels: 0 });
    expect(await cancelPendingPrebuilds(fx.store, [id], fx.clock.now())).toEqual([]);
    expect(await jobStatusOf(fx, id)).toEqual(["pending"]);
  });

  it("is the claim build of a prebuild of the inactive version", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { claimEffect: "unknown" });
    await putPrebuild(fx, template.preset());
    const { workspace, outcome } = await create(fx);
    expect(outcome).toBe("claimed");
    const id = workspace.id as WorkspaceId;
    await publishTemplate(fx, { presets: {} });
    expect(await reconcile(fx)).toMatchObject({ cancels: 0, deletes: 0 });
    expect(await cancelPendingPrebuilds(fx.store, [id], fx.clock.now())).toEqual([]);
    expect(await jobStatusOf(fx, id)).toEqual(["succeeded", "pending"]);
  });

  it("is a job that runs", async () => {
    const fx = await testFixture();
    const running = await putPrebuild(fx, await outdatedPreset(fx), { jobStatus: "running" });
    expect(await reconcile(fx)).toMatchObject({ cancels: 0, deletes: 0 });
    expect(await jobStatusOf(fx, running)).toEqual(["running"]);
  });
});

describe("118: two templates, each with two old versions and an active one, running and pending mixed", () => {
  it("lose exactly the pending ones of their inactive versions in one cycle", async () => {
    const fx = await testFixture();
    const pending: WorkspaceId[] = [];
    const others: WorkspaceId[] = [];
    for (const template of ["web", "api"]) {
      const versions = [];
      for (let nth = 0; nth < 3; nth += 1)
        versions.push(await publishTemplate(fx, { template, presets: { large: 4 } }));
      const [first, second, active] = versions.map((version) => version.preset());
      if (first === undefined || second === undefined || active === undefined) throw new Error("three were published");
      for (const old of [first, second]) {
        pending.push(...(await putPrebuilds(fx, old, 2, { jobStatus: "pending" })));
        others.push(...(await putPrebuilds(fx, old, 2, { jobStatus: "running" })));
      }
      others.push(...(await putPrebuilds(fx, active, 2, { jobStatus: "pending" })));
      others.push(...(await putPrebuilds(fx, active, 2, { jobStatus: "running" })));
    }
    expect(await reconcile(fx)).toMatchObject({ cancels: 8, deletes: 0, creates: 0 });
    const canceled = await fx.rows<{ workspace_id: WorkspaceId }>(
      "select workspace_id from jobs where status = 'canceled'",
    );
    expect(canceled.map((row) => row.workspace_id).sort()).toEqual([...pending].sort());
    const untouched = "select count(*) from prebuilds where workspace_id = any($1) and generation = 1";
    expect(await fx.number(untouched, [others])).toBe(others.length);
  });
});

describe("batches that two servers apply crosswise", () => {
  it.each(["deletes", "cancellations"] as const)("of %s do not wait for each other in a ring", async (what) => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx, { presets: { large: 0 } })).preset();
    const jobStatus = what === "deletes" ? "succeeded" : "pending";
    const ids = await putPrebuilds(fx, presetId, 300, { jobStatus });
    const now = fx.clock.now();
    const apply = (order: readonly WorkspaceId[]): Promise<WorkspaceId[]> => {
      if (what === "cancellations") return cancelPendingPrebuilds(fx.store, order, now);
      const targets = order.map((workspaceId) => ({ workspaceId, generation: null }));
      const initiatorId = fx.admin.userId;
      return deletePrebuilds(fx.store, { targets, from: ["ready"], because: "extraneous", initiatorId, now });
    };
    const both = await Promise.all([apply(ids), apply([...ids].reverse())]);
    expect(both.flat().sort()).toEqual([...ids].sort());
  });
});
