// What a claim would do is found out before it hits anybody, and what it did is told (spec §5); cases 168, 169.
import { describe, expect, it } from "vitest";
import { readRehearsals } from "../../src/db/jobs/rehearsals.ts";
import { claimRecords, liveAgents } from "../../src/db/agents/agents.ts";
import { createRehearsal } from "../../src/controllers/rehearsal.ts";
import type { PlanReport } from "../../src/contracts/provisioner-protocol.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import type { JobOutcome } from "../../src/db/jobs/job-outcome.ts";
import { create } from "../support/claims.ts";
import { runJobs } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { putPrebuild, putPrebuilds } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";

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

  it("that fails leaves it open what a claim does, and is not repeated", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx, unknown)).preset();
    await putPrebuild(fx, presetId);
    await rehearse(fx);
    await runJobs(fx, () => ({ kind: "failed", code: "transient", message: "no provider" }));
    await rehearse(fx);
    expect(await runJobs(fx)).toEqual([]);
    const { workspace } = await create(fx);
    expect(await generationOf(fx, workspace.id as WorkspaceId)).toBe(0);
  });
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
