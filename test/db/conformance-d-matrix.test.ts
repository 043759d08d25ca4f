// Cases 88 to 98: one existing prebuild in every combination of transition and job status, 8 cycles each.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PresetId, TemplateId, WorkspaceId } from "../../src/contracts/ids.ts";
import { type JobStatus, jobStatuses, type Transition, transitions } from "../../src/contracts/states.ts";
import { removeTemplate } from "../../src/app/templates/templates.ts";
import type { CycleStats } from "../../src/controllers/prebuilds/prebuilds-controller.ts";
import { create } from "../support/claims.ts";
import { createFixture, type Fixture } from "../support/fixture.ts";
import { putPrebuild } from "../support/prebuild-rows.ts";
import { createReconciler, runCycle } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";

const cycles = 8;
const halfAnHour = 1_800_000;

interface Combination {
  readonly version: "active" | "inactive";
  readonly transition: Transition;
  readonly jobStatus: JobStatus;
}

const combinations: readonly Combination[] = (["active", "inactive"] as const).flatMap((version) =>
  transitions.flatMap((transition) => jobStatuses.map((jobStatus) => ({ version, transition, jobStatus }))),
);

const keyOf = ({ version, transition, jobStatus }: Combination): string => `${version}-${transition}-${jobStatus}`;

/** What the cycles made of a pool and of the prebuild that was there before. */
interface Result {
  readonly created: number;
  readonly builds: readonly string[];
  readonly jobs: readonly string[];
  readonly state: string;
  readonly isGone: boolean;
}

async function resultOf(fx: Fixture, presetId: PresetId, old: WorkspaceId): Promise<Result> {
  const [row] = await fx.rows<Result>(
    `select
  (select count(*)::int from prebuilds where preset_id = $1 and workspace_id <> $2) as created,
  (select array_agg(transition order by number) from builds where workspace_id = $2) as builds,
  (select array_agg(status order by created_at, is_prebuild) from jobs where workspace_id = $2) as jobs,
  (select state from prebuilds where workspace_id = $2) as state,
  (select deleted_at is not null from workspaces where id = $2) as "isGone"`,
    [presetId, old],
  );
  if (row === undefined) throw new Error("a select without a table gives one row");
  return row;
}

interface Pool {
  readonly presetId: PresetId;
  readonly old: WorkspaceId;
  readonly before: Result;
}

async function preparePool(fx: Fixture, combination: Combination): Promise<Pool> {
  const template = await publishTemplate(fx, { template: keyOf(combination) });
  const { transition, jobStatus } = combination;
  const old = await putPrebuild(fx, template.preset(), { transition, jobStatus, ageMs: halfAnHour });
  if (combination.version === "inactive") await publishTemplate(fx, { template: keyOf(combination), presets: {} });
  return { presetId: template.preset(), old, before: await resultOf(fx, template.preset(), old) };
}

async function prepareDeletedTemplate(fx: Fixture): Promise<Pool> {
  const template = await publishTemplate(fx, { template: "deleted" });
  const old = await putPrebuild(fx, template.preset());
  await removeTemplate(fx.context, fx.admin, { template: "deleted" });
  return { presetId: template.preset(), old, before: await resultOf(fx, template.preset(), old) };
}

describe.each(["works", "fails"] as const)("publishing %s, over 8 cycles:", (publish) => {
  let fx: Fixture;
  let bystanders: readonly WorkspaceId[];
  let poolless: readonly TemplateId[];
  let deletedTemplate: Pool;
  const pools = new Map<string, Pool>();
  const afterFirst = new Map<string, Result>();
  const afterLast = new Map<string, Result>();
  const stats: CycleStats[] = [];

  beforeAll(async () => {
    fx = await createFixture({ publish });
    for (const combination of combinations) pools.set(keyOf(combination), await preparePool(fx, combination));
    deletedTemplate = await prepareDeletedTemplate(fx);
    // These stand beside and must not matter: a stopped prebuild of a preset without a pool, a person's workspace.
    const noPool = await publishTemplate(fx, { template: "without-pool", presets: { plain: null } });
    const noPreset = await publishTemplate(fx, { template: "without-presets", presets: {} });
    const stopped = await putPrebuild(fx, noPool.preset(), { transition: "stop" });
    const { workspace } = await create(fx, { template: "without-presets" });
    poolless = [noPool.templateId, noPreset.templateId];
    bystanders = [stopped, workspace.id as WorkspaceId];
    const reconciler = createReconciler(fx);
    for (let cycle = 1; cycle <= cycles; cycle += 1) {
      const one = await runCycle(reconciler);
      if (one !== undefined) stats.push(one);
      const results = cycle === 1 ? afterFirst : afterLast;
      if (cycle !== 1 && cycle !== cycles) continue;
      for (const [key, pool] of pools) results.set(key, await resultOf(fx, pool.presetId, pool.old));
    }
  });
  afterAll(() => fx.close());

  it("every cycle acts without an error, and only the first one has anything to do", () => {
    expect(stats).toHaveLength(cycles);
    expect(stats.map((one) => one.errors)).toEqual(Array.from({ length: cycles }, () => 0));
    expect(stats.slice(1).map((one) => one.creates + one.deletes + one.cancels)).toEqual(
      Array.from({ length: cycles - 1 }, () => 0),
    );
  });

  it("88, 89: a version without presets, and a preset without a pool, get no prebuild and no job", async () => {
    const others = "select count(*) from workspaces where template_id = any($1) and id <> all($2)";
    expect(await fx.number(others, [poolless, bystanders])).toBe(0);
    const jobs = "select count(*) from jobs where template_id = any($1) and is_prebuild and workspace_id <> all($2)";
    expect(await fx.number(jobs, [poolless, bystanders])).toBe(0);
  });

  it("a stopped prebuild without a pool and a person's workspace beside the pools are left alone", async () => {
    const builds = "select workspace_id, number from builds where workspace_id = any($1) and number > 1";
    expect(await fx.rows(builds, [bystanders])).toEqual([{ workspace_id: bystanders[0], number: 2 }]);
  });

  it("98: of a deleted template nothing is created, and what runs is deleted", async () => {
    const result = await resultOf(fx, deletedTemplate.presetId, deletedTemplate.old);
    expect(result).toMatchObject({ created: 0, builds: ["start", "delete"], state: "draining" });
  });

  describe.each(combinations)("$version version, $transition $jobStatus:", (combination) => {
    const { version, transition, jobStatus } = combination;
    const isUp = transition === "start" && ["succeeded", "pending", "running", "canceling"].includes(jobStatus);
    const created = version === "active" && !isUp ? 1 : 0;
    const isDeleted = version === "inactive" && transition === "start" && jobStatus === "succeeded";
    const isCanceled = version === "inactive" && transition === "start" && jobStatus === "pending";

    it(`${version === "inactive" ? "90" : "91, 92"}: it gets ${created === 0 ? "no" : "exactly one"} new prebuild`, () => {
      expect(afterFirst.get(keyOf(combination))?.created).toBe(created);
      expect(afterLast.get(keyOf(combination))?.created).toBe(created);
    });

    if (isDeleted) {
      it("95: the old one gets one delete build, once", () => {
        expect(afterLast.get(keyOf(combination))).toMatchObject({ builds: ["start", "delete"], state: "draining" });
      });
    } else if (isCanceled) {
      it("116: the old one is cancelled and gone, without a provisioner", () => {
        const result = { builds: ["start"], jobs: ["canceled"], state: "deleted", isGone: true };
        expect(afterLast.get(keyOf(combination))).toMatchObject(result);
      });
    } else {
      it("93, 94, 96, 97: the old one is untouched", () => {
        const { before } = pools.get(keyOf(combination)) ?? {};
        expect(afterLast.get(keyOf(combination))).toEqual({ ...before, created });
      });
    }
  });
});
