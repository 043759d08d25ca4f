// What a claim would do is found out before it hits anybody, and what it did is told (spec §5); cases 168, 169.
import { describe, expect, it } from "vitest";
import { resumePool, setEnabled } from "../../src/app/prebuilds/manage-pools.ts";
import { listPools } from "../../src/app/prebuilds/list-pools.ts";
import { explain } from "../../src/app/prebuilds/pools.ts";
import { readRehearsals } from "../../src/db/jobs/rehearsals.ts";
import { claimRecords, liveAgents } from "../../src/db/agents/agents.ts";
import { createRehearsal } from "../../src/controllers/rehearsal.ts";
import type { PlanReport } from "../../src/contracts/provisioner-protocol.ts";
import type { BuildId, WorkspaceId } from "../../src/contracts/ids.ts";
import { storeBuildReport } from "../../src/db/builds/store-build-report.ts";
import type { JobOutcome } from "../../src/db/jobs/job-outcome.ts";
import { build } from "../support/builds.ts";
import { create } from "../support/claims.ts";
import { deletePrebuilds } from "../../src/db/pools/pool-deletes.ts";
import { readPoolTotals } from "../../src/db/pools/pool-totals.ts";
import { runJobs, succeeded } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { registerDaemon } from "../support/leasing-daemon.ts";
import { putPrebuild, putPrebuilds } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";

const minute = 60_000;
const hour = 60 * minute;
const unknown = { claimEffect: "unknown" } as const;
const nothing: PlanReport = { effect: "nothing", changes: 0, replacements: [] };
const replaces: PlanReport = {
  effect: "replaces",
  changes: 2,
  replacements: [
    { address: "disk.home", reasons: [{ path: "size", before: "1", after: "2" }] },
    { address: "vm.main", reasons: [{ path: "tags.owner", before: "prebuilds", after: "rehearsal" }] },
  ],
};
const reporting = (plan: PlanReport): JobOutcome => ({ kind: "succeeded", claimEffect: "unknown", report: { plan } });

async function rehearse(fx: Fixture): Promise<void> {
  const controller = createRehearsal({
    db: fx.store,
    clock: fx.clock,
    serverId: fx.id,
    monotonicMs: () => performance.now(),
    prebuildsSwitch: fx.context.prebuildsSwitch,
  });
  await controller.run(new AbortController().signal);
  await controller.release?.();
}

/** What the pools' page shows as claimable. */
async function eligible(fx: Fixture): Promise<number | undefined> {
  const { pools } = await listPools(fx.context, fx.admin, {}, () => null);
  return pools[0]?.eligible;
}

async function generationOf(fx: Fixture, workspaceId: WorkspaceId): Promise<number | undefined> {
  const [agent] = await liveAgents(fx.store, workspaceId);
  return agent === undefined ? undefined : (await claimRecords(fx.store, [agent.id]))[0]?.generation;
}

describe("a rehearsal", () => {
  it("is planned once for a preset, on its first ready prebuild, and touches neither agents nor state (169)", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx, unknown)).preset();
    await rehearse(fx);
    expect(await runJobs(fx)).toEqual([]);
    await putPrebuilds(fx, presetId, 2);
    const before = await fx.rows("select id, token_hash, state from agents order by id");
    await rehearse(fx);
    await rehearse(fx);
    const jobs = await runJobs(fx, () => reporting(nothing));
    expect(jobs.map((job) => job.kind)).toEqual(["rehearsal"]);
    await rehearse(fx);
    expect(await runJobs(fx)).toEqual([]);
    expect(await fx.rows("select id, token_hash, state from agents order by id")).toEqual(before);
    expect((await readRehearsals(fx.store, [presetId])).get(presetId)?.rehearsal).toEqual(nothing);
  });

  it("is given the agents that run without their tokens, and makes none", async () => {
    const fx = await testFixture();
    const id = await putPrebuild(fx, (await publishTemplate(fx, unknown)).preset());
    const before = await fx.rows("select id, token_hash, state, retired_at from agents");
    await rehearse(fx);
    const job = await (await registerDaemon(fx)).take();
    expect(job?.work).toMatchObject({ kind: "rehearsal", workspaceId: id, agents: [{ name: "agent-1", token: null }] });
    expect(await fx.rows("select id, token_hash, state, retired_at from agents")).toEqual(before);
  });

  it("that finds no change lets claims be handed over at their commit, with the claim build behind", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx, unknown)).preset();
    await putPrebuild(fx, presetId);
    await rehearse(fx);
    await runJobs(fx, () => reporting(nothing));
    const { workspace } = await create(fx);
    expect(await generationOf(fx, workspace.id as WorkspaceId)).toBe(1);
    expect((await runJobs(fx)).map((job) => job.stage)).toEqual(["claim"]);
  });

  it("that finds a replacement tells every template admin once, and blocks the pool where the template says so", async () => {
    const fx = await testFixture();
    const published = await publishTemplate(fx, { ...unknown, claim_policy: { on_replacement: "block" } });
    await putPrebuild(fx, published.preset());
    await rehearse(fx);
    await runJobs(fx, () => reporting(replaces));
    expect(await create(fx, { mode: "prefer_warm" })).toMatchObject({ outcome: "cold", missReason: "claim_replaces" });
    const stats = await reconcile(fx);
    expect(stats.creates).toBe(0);
    const rows = await fx.rows("select kind, detail -> 'replacements' as replacements from notifications");
    expect(rows).toEqual([{ kind: "rehearsal_found_replacement", replacements: replaces.replacements }]);
  });

  it("that finds a replacement leaves the pool claimable with `warn`", async () => {
    const fx = await testFixture();
    await putPrebuild(fx, (await publishTemplate(fx, unknown)).preset());
    await rehearse(fx);
    await runJobs(fx, () => reporting(replaces));
    expect(await create(fx)).toMatchObject({ outcome: "claimed" });
  });

  it.each<[string, JobOutcome]>([
    ["that fails", { kind: "failed", code: "transient", message: "no provider" }],
    ["that loses its daemon", { kind: "failed", code: "abandoned", message: "gone" }],
    ["that is cancelled or pre-empted", { kind: "canceled" }],
  ])("%s leaves it open what a claim does, and is repeated later each time", async (_, outcome) => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx, unknown)).preset();
    await putPrebuilds(fx, presetId, 2);
    await rehearse(fx);
    await runJobs(fx, () => outcome);
    await rehearse(fx);
    expect(await runJobs(fx)).toEqual([]);
    const { workspace } = await create(fx);
    expect(await generationOf(fx, workspace.id as WorkspaceId)).toBe(0);
    await runJobs(fx);
    fx.clock.advance(minute);
    await rehearse(fx);
    expect(await runJobs(fx, () => outcome)).toHaveLength(1);
    fx.clock.advance(minute);
    await rehearse(fx);
    expect(await runJobs(fx)).toEqual([]);
    fx.clock.advance(minute);
    await rehearse(fx);
    expect(await runJobs(fx, () => reporting(nothing))).toHaveLength(1);
    fx.clock.advance(hour);
    await rehearse(fx);
    expect(await runJobs(fx)).toEqual([]);
    expect((await readRehearsals(fx.store, [presetId])).get(presetId)?.rehearsal).toEqual(nothing);
  });
});

describe("a template that blocks replacements", () => {
  const blocking = { ...unknown, claim_policy: { on_replacement: "block" } } as const;

  it("hands nothing out, alone or in a crowd, until a rehearsal has shown what a claim does, and shows nothing as claimable", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx, blocking)).preset();
    await putPrebuilds(fx, presetId, 2);
    expect(await eligible(fx)).toBe(0);
    expect(await create(fx)).toMatchObject({ outcome: "cold", missReason: "unproven" });
    await rehearse(fx);
    const crowd = await Promise.all([1, 2, 3].map(async () => create(fx)));
    expect(crowd.map(({ missReason }) => missReason)).toEqual(["unproven", "unproven", "unproven"]);
    await runJobs(fx, (job) => (job.kind === "rehearsal" ? reporting(nothing) : succeeded));
    expect(await eligible(fx)).toBe(2);
    expect(await create(fx)).toMatchObject({ outcome: "claimed" });
  });

  it("hands nothing out after a rehearsal without a result, says so, and repeats it at once when a person asks", async () => {
    const fx = await testFixture();
    await putPrebuild(fx, (await publishTemplate(fx, blocking)).preset());
    await rehearse(fx);
    await runJobs(fx, () => ({ kind: "failed", code: "abandoned", message: "The provisioner is gone." }));
    expect(await create(fx, { mode: "prefer_warm" })).toMatchObject({ missReason: "unproven" });
    await runJobs(fx);
    const pool = { template: "web", preset: "large" };
    expect((await explain(fx.context, fx.admin, pool)).sentences.slice(-2)).toEqual([
      expect.stringContaining("Nothing is handed out until a rehearsal"),
      expect.stringContaining("The provisioner is gone. It is tried again at 2030-01-01T00:01:00.000Z"),
    ]);
    await resumePool(fx.context, fx.admin, pool);
    await rehearse(fx);
    await runJobs(fx, () => reporting(nothing));
    expect(await create(fx)).toMatchObject({ outcome: "claimed" });
    expect((await explain(fx.context, fx.admin, pool)).sentences.join()).not.toContain("rehearsal");
  });

  it("takes no plan for a proof whose prebuild was deleted meanwhile", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx, blocking)).preset();
    const workspaceId = await putPrebuild(fx, presetId);
    await rehearse(fx);
    await deletePrebuilds(fx.store, {
      targets: [{ workspaceId, generation: null }],
      from: ["ready"],
      because: "expired",
      initiatorId: fx.admin.userId,
      now: fx.clock.now(),
    });
    await runJobs(fx, (job) => (job.kind === "rehearsal" ? reporting(nothing) : succeeded));
    await putPrebuild(fx, presetId);
    expect(await create(fx)).toMatchObject({ missReason: "unproven" });
  });

  it("holds its pool when the driver cannot plan a claim", async () => {
    const fx = await testFixture();
    await putPrebuild(fx, (await publishTemplate(fx, blocking)).preset());
    await rehearse(fx);
    await runJobs(fx, () => ({ kind: "succeeded", claimEffect: "unknown" }));
    expect(await create(fx)).toMatchObject({ outcome: "cold", missReason: "claim_replaces" });
    const { sentences } = await explain(fx.context, fx.admin, { template: "web", preset: "large" });
    expect(sentences.join()).toContain("cannot tell");
  });
});

it.each<[string, JobOutcome]>([
  ["failed", { kind: "failed", code: "build_failed", message: "no disk left", report: { plan: replaces } }],
  ["was abandoned", { kind: "failed", code: "abandoned", message: "stopped", report: { plan: replaces } }],
  ["was cancelled", { kind: "canceled", report: { plan: replaces } }],
])("a claim that %s after it had replaced something is told and counted like one that succeeded", async (_, outcome) => {
  const fx = await testFixture();
  await putPrebuild(fx, (await publishTemplate(fx, unknown)).preset());
  await create(fx);
  await runJobs(fx, () => outcome);
  expect(
    await fx.rows("select detail -> 'replacements' as replacements from notifications where kind like 'claim%'"),
  ).toEqual([{ replacements: replaces.replacements }]);
  expect((await readPoolTotals(fx.store)).map(({ replaced }) => replaced)).toEqual([1]);
});

it("while prebuilds are switched off, none is shown as claimable", async () => {
  const fx = await testFixture();
  await putPrebuilds(fx, (await publishTemplate(fx)).preset(), 2);
  expect(await eligible(fx)).toBe(2);
  await setEnabled(fx.context, fx.admin, false);
  expect(await eligible(fx)).toBe(0);
});

it("168: two replaced resources in one claim make one notification for each template admin, with both", async () => {
  const fx = await testFixture();
  await putPrebuild(fx, (await publishTemplate(fx, unknown)).preset());
  await create(fx);
  await runJobs(fx, () => reporting(replaces));
  const rows = await fx.rows("select kind, user_id, detail -> 'replacements' as replacements from notifications");
  expect(rows).toEqual([
    { kind: "claim_replaced_resources", user_id: fx.admin.userId, replacements: replaces.replacements },
  ]);
});

it("only a claim's replacements are told and counted, and a report that comes twice is told once", async () => {
  const fx = await testFixture();
  await putPrebuild(fx, (await publishTemplate(fx, unknown)).preset());
  const id = (await create(fx)).workspace.id as WorkspaceId;
  await runJobs(fx);
  const [built] = await fx.rows<{ build_id: BuildId }>("select latest_build_id as build_id from workspaces");
  if (built === undefined) throw new Error("a claim makes a build");
  await fx.rows("delete from build_reports");
  const report = { buildId: built.build_id, stage: "claim", report: { plan: replaces }, now: fx.clock.now() } as const;
  for (let nth = 0; nth < 2; nth += 1) {
    await fx.store.transaction("test report", (tx) => storeBuildReport(tx, report));
  }
  await build(fx, id, "stop");
  await runJobs(fx);
  await build(fx, id, "start");
  await runJobs(fx, () => reporting(replaces));
  expect(await fx.rows("select kind from notification_events")).toEqual([{ kind: "claim_replaced_resources" }]);
  expect(await fx.number("select count(*) from pool_events where kind = 'replaced'")).toBe(1);
});
