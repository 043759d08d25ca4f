// A start with a version that costs more is held to its owner's quota, as a creation is.
import { describe, expect, it } from "vitest";
import { createBuild, getWorkspace } from "../../src/app/workspaces/workspaces.ts";
import { codeOf, create } from "../support/claims.ts";
import { runJobs } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { outside, somebodyWaits } from "../support/interleave.ts";
import { hour, runLifecycle, runningWorkspace } from "../support/lifecycle.ts";
import { allowEveryone, costOf } from "../support/quota.ts";
import { publishTemplate } from "../support/templates.ts";
import { lockQuota } from "../../src/db/people/quota.ts";
import { defaultOrganizationId } from "../../src/contracts/system-ids.ts";

const publish = (fx: Fixture, cost: number | undefined, presetCost?: number) =>
  publishTemplate(fx, {
    ...(cost === undefined ? {} : { cost }),
    presets: { large: presetCost === undefined ? null : { cost: presetCost } },
  });

/** A stopped workspace that costs 3, of a version that is not the active one any more. */
async function stopped(
  fx: Fixture,
  activeCost: number | undefined,
  input: { readonly automaticUpdates?: boolean; readonly autostartSchedule?: string } = {},
) {
  await publish(fx, 3);
  const { workspace } = await runningWorkspace(fx, { name: "dev", ...input });
  await createBuild(fx.context, fx.alice, { workspace: workspace.id, transition: "stop" });
  await runJobs(fx);
  await publish(fx, activeCost);
  return workspace.id;
}

const start = (fx: Fixture, workspace: string, update?: true) =>
  createBuild(fx.context, fx.alice, { workspace, transition: "start", ...(update === undefined ? {} : { update }) });
const costNow = async (fx: Fixture, id: string) => (await getWorkspace(fx.context, fx.alice, id)).cost;

async function quotas(allowance: number, isQuotaEnabled = true): Promise<Fixture> {
  const fx = await testFixture({ isQuotaEnabled });
  await allowEveryone(fx, allowance);
  return fx;
}

describe("an update to a version that costs more", () => {
  it("is refused where the quota does not cover what it costs more, and leaves all as it was", async () => {
    const fx = await quotas(5);
    const id = await stopped(fx, 6);
    const refused = start(fx, id, true);
    await expect(refused).rejects.toMatchObject({
      code: "quota_exceeded",
      message: expect.stringMatching(
        /^"dev" costs 6 cost units with version .+ instead of 3, and alice uses 3 of 5 in the organization default: that is 1 too much\.$/,
      ) as string,
      next: expect.stringContaining("start it without --update") as string,
      details: { used: 3, allowed: 5, needed: 3, missing: 1, workspaces: [] },
    });
    expect(await getWorkspace(fx.context, fx.alice, id)).toMatchObject({
      cost: 3,
      status: "stopped",
      isOutdated: true,
    });
    expect(await start(fx, id)).toMatchObject({ cost: 3, isOutdated: true });
  });

  it("is let in where it fits, counts from then on, and names what else would make room where it does not", async () => {
    const fx = await quotas(9);
    const id = await stopped(fx, 6);
    expect(await start(fx, id, true)).toMatchObject({ cost: 6, isOutdated: false });
    expect(await costOf(fx, fx.alice.userId)).toBe(6);
    expect(await codeOf(create(fx))).toBe("quota_exceeded");
    await publish(fx, 3);
    await create(fx, { name: "other" });
    await runJobs(fx);
    await publish(fx, 7);
    await expect(start(fx, id, true)).rejects.toMatchObject({ next: expect.stringContaining("other (3)") as string });
  });

  it("takes the cost of the preset of the same name, before that of the template", async () => {
    const fx = await quotas(20);
    await publish(fx, 3);
    const { workspace } = await runningWorkspace(fx, { preset: "large" });
    await createBuild(fx.context, fx.alice, { workspace: workspace.id, transition: "stop" });
    await runJobs(fx);
    await publish(fx, 4, 11);
    expect(await start(fx, workspace.id, true)).toMatchObject({ cost: 11 });
  });

  it("waits for whoever is being let into the same quota", async () => {
    const fx = await quotas(6);
    const id = await stopped(fx, 6);
    let started: Promise<unknown> | undefined;
    await fx.store.transaction("test admission", async (tx) => {
      await lockQuota(tx, [defaultOrganizationId], fx.alice.userId);
      started = outside(() => start(fx, id, true));
      expect(await outside(() => somebodyWaits(fx))).toBe(true);
    });
    expect(await started).toMatchObject({ cost: 6 });
  });

  it("is asked of nobody while quotas are off, and counted all the same", async () => {
    const fx = await quotas(0, false);
    const id = await stopped(fx, 6);
    expect(await start(fx, id, true)).toMatchObject({ cost: 6 });
  });
});

describe("an update to a version that costs less, or says nothing of it", () => {
  it.each([
    { declared: 1, then: 1 },
    { declared: 0, then: 0 },
    { declared: undefined, then: 3 },
  ])("is never refused: $declared", async ({ declared, then }) => {
    const fx = await quotas(3);
    const id = await stopped(fx, declared);
    await allowEveryone(fx, 0);
    expect(await start(fx, id, true)).toMatchObject({ cost: then, isOutdated: false });
  });
});

describe("an automatic update to a version that costs more", () => {
  it.each([
    "its owner",
    "its autostart",
  ])("that is not covered is not made when %s starts it, and says why", async (who) => {
    const fx = await quotas(5);
    const id = await stopped(fx, 6, { automaticUpdates: true, autostartSchedule: "0 1 * * *" });
    if (who === "its owner") await start(fx, id);
    else {
      fx.clock.advance(hour);
      expect(await runLifecycle(fx)).toMatchObject({ start: 1 });
    }
    const { latestBuild, cost, isOutdated } = await getWorkspace(fx.context, fx.alice, id);
    expect(latestBuild).toMatchObject({ transition: "start" });
    expect(latestBuild.reason).toMatch(
      /not updated to version .+, with which it costs 6 cost units instead of 3: that is 1 more than its owner's quota allows$/,
    );
    expect([cost, isOutdated]).toEqual([3, true]);
  });

  it.each(["its owner", "its autostart"])("that is covered is made when %s starts it, and counts", async (who) => {
    const fx = await quotas(6);
    const id = await stopped(fx, 6, { automaticUpdates: true, autostartSchedule: "0 1 * * *" });
    if (who === "its owner") await start(fx, id);
    else {
      fx.clock.advance(hour);
      await runLifecycle(fx);
    }
    expect(await costNow(fx, id)).toBe(6);
  });
});
