import { expect } from "vitest";
import { getQuota } from "../../src/app/groups/quota.ts";
import type { CodedError } from "../../src/contracts/errors.ts";
import type { PresetId, WorkspaceId } from "../../src/contracts/ids.ts";
import { prebuildsUserId } from "../../src/contracts/system-ids.ts";
import { build } from "./builds.ts";
import { create } from "./claims.ts";
import { finish, runJobs, succeeded, takeNext } from "./daemon.ts";
import { type Fixture, testFixture } from "./fixture.ts";
import { putPrebuild, putPrebuilds } from "./prebuild-rows.ts";
import { allowEveryone } from "./quota.ts";
import { publishTemplate } from "./templates.ts";

const asked = ["large", "plain", "large", "large", "plain", "large", "large"];

/**
 * S19 on a deployment of its own, so many times over: with room for one more workspace, five claims and two cold
 * creations ask at once. One is admitted, and usage is the sum of what lives, then and when it is deleted again.
 */
export async function admitOneOfSeven(rounds: number): Promise<void> {
  const fx = await testFixture({ isQuotaEnabled: true, connectionsMax: 10 });
  const template = await publishTemplate(fx, { cost: 3, presets: { large: 5, plain: null } });
  await allowEveryone(fx, 10);
  for (let held = 0; held < 2; held += 1) await create(fx, { preset: "plain" });
  await runJobs(fx);
  await putPrebuilds(fx, template.preset("large"), 5);
  for (let round = 0; round < rounds; round += 1) await admitOne(fx, template.preset("large"));
}

async function admitOne(fx: Fixture, pool: PresetId): Promise<void> {
  const answers = await Promise.allSettled(asked.map((preset) => create(fx, { preset })));
  const made = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  expect(made).toHaveLength(1);
  const refused = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason as CodedError] : []));
  expect(new Set(refused.map((error) => error.code))).toEqual(new Set(["quota_exceeded"]));
  const quota = await getQuota(fx.context, fx.alice, {});
  expect(quota).toMatchObject({ used: 9, total: 3 });
  expect(quota.workspaces.reduce((sum, { cost }) => sum + cost, 0)).toBe(9);
  const [{ workspace, outcome }] = made as [(typeof made)[number]];
  // A claim that changes nothing has no job; what was built cold has to be built before it can be deleted.
  if (outcome === "cold") await endJob(fx);
  expect(await build(fx, workspace.id as WorkspaceId, "delete")).toEqual({ kind: "started" });
  await endJob(fx);
  if (outcome === "claimed") await putPrebuild(fx, pool);
  expect(await costs(fx)).toEqual({ alice: 6, pools: 15 });
}

/** What the live workspaces of both cost together. */
async function costs(fx: Fixture): Promise<object | undefined> {
  const [row] = await fx.rows(
    `select sum(cost) filter (where owner_id = $1)::int as alice, sum(cost) filter (where owner_id = $2)::int as pools
    from workspaces
    where deleted_at is null`,
    [fx.alice.userId, prebuildsUserId],
  );
  return row;
}

/** The only job there is. */
async function endJob(fx: Fixture): Promise<void> {
  const job = await takeNext(fx);
  if (job === undefined) throw new Error("there is a job to run");
  await finish(fx, job, succeeded);
}
