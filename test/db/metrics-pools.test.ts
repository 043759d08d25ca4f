// Conformance H (149 to 156), and the gauges of 103 to 105.
import { describe, expect, it } from "vitest";
import { setPaused } from "../../src/app/prebuilds/manage-pools.ts";
import { removeTemplate } from "../../src/app/templates/templates.ts";
import { startController } from "../../src/controllers/driver.ts";
import type { PlanReport } from "../../src/contracts/provisioner-protocol.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { codeOf, create } from "../support/claims.ts";
import { agentsReady, failed, runJobs } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { measure, poolValues, seriesOf } from "../support/metrics.ts";
import type { MailTransport } from "../../src/controllers/notifications/mail-transport.ts";
import { deliver, tell, withMail } from "../support/notifications.ts";
import { putPrebuild } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";
import { waitUntil } from "../support/wait-until.ts";

async function createdPool(fx: Fixture): Promise<WorkspaceId[]> {
  await reconcile(fx);
  return (await runJobs(fx)).map((job) => job.workspace_id);
}

describe("the life of a prebuild", () => {
  it("149, 150, 152: is created, ready, and claimed, and each is counted", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    const { values } = measure(fx);
    const ids = await createdPool(fx);
    const start = { created_total: 1, failed_total: 0, claimed_total: 0, resource_replacements_total: 0, desired: 1 };
    expect(poolValues(await values())).toEqual({ ...start, running: 1, eligible: 0 });
    await agentsReady(fx, ids);
    expect(poolValues(await values())).toEqual({ ...start, running: 1, eligible: 1 });
    expect((await create(fx)).outcome).toBe("claimed");
    expect(poolValues(await values())).toEqual({ ...start, claimed_total: 1, running: 0, eligible: 0 });
  });

  it("151: a failed one is counted as failed, and does not run", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    await reconcile(fx);
    await runJobs(fx, () => failed);
    expect(poolValues(await measure(fx).values())).toMatchObject({ created_total: 1, failed_total: 1, running: 0 });
  });

  it("168: a claim that replaces two resources counts once", async () => {
    const fx = await testFixture();
    const replaced = ["disk.home", "vm.main"].map((address) => ({ address, reasons: [{ path: "size" }] }));
    // The daemon's words, as they arrive; reasons need no values to be counted.
    const plan = { effect: "replaces", changes: 2, replacements: replaced } as unknown as PlanReport;
    await putPrebuild(fx, (await publishTemplate(fx, { claimEffect: "unknown" })).preset());
    await create(fx);
    await runJobs(fx, () => ({ kind: "succeeded", claimEffect: "unknown", report: { plan } }));
    const { values } = measure(fx);
    expect(poolValues(await values())).toMatchObject({ resource_replacements_total: 1, claimed_total: 1 });
  });

  it("misses are counted by their reason, also those that name no preset and those that were refused", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: 1 } });
    await create(fx);
    expect(await codeOf(create(fx, { mode: "warm_only" }))).toBe("no_claimable_prebuild");
    expect(poolValues(await measure(fx).values())).toMatchObject({ 'missed_total reason="pool_empty"': 2 });
  });
});

describe("what is shown of presets", () => {
  it("103, 104, 105: is hard-limited at the limit, and has no such series below it and after a new version", async () => {
    const fx = await testFixture();
    await putPrebuild(fx, (await publishTemplate(fx)).preset(), { jobStatus: "failed" });
    const strict = measure(fx, { failureHardLimit: 1 });
    expect(poolValues(await strict.values())).toMatchObject({ preset_hard_limited: 1 });
    expect(poolValues(await measure(fx, { failureHardLimit: 2 }).values())).not.toHaveProperty("preset_hard_limited");
    await publishTemplate(fx);
    expect(poolValues(await strict.values())).not.toHaveProperty("preset_hard_limited");
  });

  it("101: a preset whose input is refused is shown as such", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx)).preset();
    expect(poolValues(await measure(fx).values())).not.toHaveProperty("preset_validation_failed");
    await fx.rows("update presets set validation_failed_at = $2, validation_message = 'no' where id = $1", [
      presetId,
      fx.clock.now(),
    ]);
    expect(poolValues(await measure(fx).values())).toMatchObject({ preset_validation_failed: 1 });
  });

  it("an outdated version adds what still runs, and nothing to desired", async () => {
    const fx = await testFixture();
    await putPrebuild(fx, (await publishTemplate(fx)).preset());
    await putPrebuild(fx, (await publishTemplate(fx)).preset());
    expect(poolValues(await measure(fx).values())).toMatchObject({ desired: 1, running: 2, eligible: 1 });
  });

  it("a preset that the new version no longer has stops reporting desired, and its counters stay", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    await createdPool(fx);
    await publishTemplate(fx, { presets: { small: 1 } });
    await reconcile(fx);
    await runJobs(fx);
    const shown = poolValues(await measure(fx).values());
    expect(shown).toEqual({ created_total: 1, failed_total: 0, claimed_total: 0, resource_replacements_total: 0 });
  });
});

describe("templates that go and come", () => {
  it("153: a deleted template's series vanish, and one of the same name begins anew, each series once", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    const { values } = measure(fx);
    await createdPool(fx);
    await removeTemplate(fx.context, fx.admin, { template: "web" });
    expect(poolValues(await values())).toMatchObject({ running: 1, eligible: 0 });
    expect(poolValues(await values())).not.toHaveProperty("desired");
    await publishTemplate(fx, { presets: { large: 2 } });
    expect(poolValues(await values())).toMatchObject({ created_total: 0, desired: 2, running: 1 });
    await reconcile(fx);
    await runJobs(fx);
    expect(poolValues(await values())).toMatchObject({ created_total: 2, desired: 2, running: 2 });
  });

  it("nothing is left of a template that is gone with its prebuilds", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    const { values } = measure(fx);
    await createdPool(fx);
    await removeTemplate(fx.context, fx.admin, { template: "web" });
    await reconcile(fx);
    await runJobs(fx);
    expect(poolValues(await values())).toEqual({});
  });

  it("a renamed template takes its series along", async () => {
    const fx = await testFixture();
    const { templateId } = await publishTemplate(fx);
    const { values } = measure(fx);
    await createdPool(fx);
    await values();
    await fx.rows("update templates set name = 'site' where id = $1", [templateId]);
    const shown = await values();
    expect(poolValues(shown)).toEqual({});
    expect(poolValues(shown, { template: "site" })).toMatchObject({ created_total: 1, desired: 1, running: 1 });
  });
});

describe("the deployment", () => {
  it("154: the gauge of the pause is 0, 1 and 0 again", async () => {
    const fx = await testFixture();
    const { values } = measure(fx);
    const paused = async (): Promise<unknown> =>
      (await values()).get("prewarm_prebuilt_workspaces_reconciliation_paused");
    expect(await paused()).toBe(0);
    await setPaused(fx.context, fx.admin, true);
    expect(await paused()).toBe(1);
    await setPaused(fx.context, fx.admin, false);
    expect(await paused()).toBe(0);
  });

  it("154: a pause is shown at once, and not at the next interval", async () => {
    const fx = await testFixture();
    const { metrics, refresh } = measure(fx);
    const day = { ...refresh, intervalMs: 86_400_000 };
    const running = startController(day, { ...fx.context, monotonicMs: () => performance.now() });
    try {
      await waitUntil("the first refresh", () => running.status().runs > 0);
      await setPaused(fx.context, fx.admin, true);
      await waitUntil("the pause is shown", async () => {
        return (await seriesOf(metrics)).get("prewarm_prebuilt_workspaces_reconciliation_paused") === 1;
      });
    } finally {
      await running.stop();
    }
  });

  it("155: before the first refresh only the pause and an update time of 0 are shown", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    const { metrics, values } = measure(fx);
    const shown = [...(await seriesOf(metrics))].filter(([series]) => series.includes("prebuilt_workspaces"));
    expect(Object.fromEntries(shown)).toEqual({
      prewarm_prebuilt_workspaces_reconciliation_paused: 0,
      prewarm_prebuilt_workspaces_metrics_last_updated: 0,
    });
    const updated = (await values()).get("prewarm_prebuilt_workspaces_metrics_last_updated");
    expect(updated).toBe(fx.clock.now().getTime() / 1_000);
  });

  it("the queue is shown by class, with the age of its oldest job", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: 2 } });
    await reconcile(fx);
    await create(fx);
    fx.clock.advance(5_000);
    const shown = await measure(fx).values();
    const of = (name: string): unknown[] =>
      ["people", "removals", "prebuilds"].map((one) => shown.get(`prewarm_provisioner_${name}{class="${one}"}`));
    expect(of("queue_jobs")).toEqual([1, 0, 2]);
    expect(of("queue_oldest_age_seconds")).toEqual([5, 0, 5]);
    expect(of("running_jobs")).toEqual([0, 0, 0]);
  });

  it("the outbox is shown by channel: how late its oldest delivery is, and what was given up", async () => {
    const fx = await testFixture();
    await withMail(fx);
    const { values } = measure(fx);
    const shown = async (): Promise<unknown[]> => {
      const series = await values();
      return ["late_seconds", "dead_letters"].map((name) =>
        ["email", "digest", "webhook"].map((one) => series.get(`prewarm_notification_${name}{channel="${one}"}`)),
      );
    };
    expect(await shown()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    const workspace = { workspaceId: systemRandom.uuid(), workspace: "dev", template: "web" };
    await tell(fx, {
      kind: "workspace_dormant",
      ownerId: fx.alice.userId,
      detail: { ...workspace, reason: "unused", deletingAt: null },
    });
    const why = { code: "scripted", error: "scripted", jobId: systemRandom.uuid() };
    const failure = { ...workspace, ...why, number: 1, transition: "start" };
    await tell(fx, { kind: "build_failed", ownerId: fx.alice.userId, detail: failure });
    fx.clock.advance(60_000);
    expect(await shown(), "a digest is not late before its time").toEqual([
      [60, 0, 0],
      [0, 0, 0],
    ]);
    const refusing: MailTransport = { send: () => Promise.reject(new Error("no room")), close: () => undefined };
    await deliver(fx, { mail: refusing });
    expect(await shown(), "though it is tried again only later").toEqual([
      [60, 0, 0],
      [0, 0, 0],
    ]);
    await fx.rows("update notification_deliveries set attempts = 11 where channel = 'email'");
    fx.clock.advance(60_000);
    await deliver(fx, { mail: refusing });
    expect(await shown()).toEqual([
      [0, 0, 0],
      [1, 0, 0],
    ]);
    fx.clock.advance(2 * 86_400_000);
    const [, digest] = (await shown())[0] as number[];
    expect(digest, "of less than two days, as it was to collect for up to one").toBeGreaterThan(86_400);
    expect(digest).toBeLessThanOrEqual(2 * 86_400 + 120);
  });

  it("the namespace coderd gives the well-known names, and changes no other", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    const names = new Set(
      [...(await measure(fx, { namespace: "coderd" }).values()).keys()].map((key) => key.split("{")[0]),
    );
    expect(names).toContain("coderd_prebuilt_workspaces_created_total");
    expect(names).toContain("coderd_prebuilt_workspaces_metrics_last_updated");
    expect(names).toContain("prewarm_provisioner_queue_jobs");
    expect([...names].filter((name) => name?.startsWith("prewarm_prebuilt"))).toEqual([]);
  });
});

it("156: a scrape asks the database nothing", async () => {
  const fx = await testFixture();
  await publishTemplate(fx);
  const { metrics, values } = measure(fx);
  await values();
  const before = fx.store.counters;
  for (const encoding of ["plain", "gzip"] as const) await metrics.scrape(encoding);
  expect(fx.store.counters).toEqual(before);
});

describe("a refresh", () => {
  it("156: costs the same number of statements for one pool and for thirty", async () => {
    const fx = await testFixture();
    const { values } = measure(fx);
    const cost = async (): Promise<number> => {
      const before = fx.store.counters.statements;
      await values();
      return fx.store.counters.statements - before;
    };
    await publishTemplate(fx);
    const one = await cost();
    const presets = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`p${n}`, 1]));
    await publishTemplate(fx, { template: "many", presets });
    expect(await cost()).toBe(one);
  });

  it("that is given no time fails and keeps what was shown, and the next one works", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    const { metrics, refresh, values } = measure(fx, { refreshTimeoutMs: 200 });
    await values();
    const blocker = await fx.pool.connect();
    try {
      await blocker.query("begin");
      await blocker.query("update presets set instances = 7");
      await blocker.query("lock table presets in access exclusive mode");
      await expect(refresh.run(new AbortController().signal)).rejects.toThrow(/statement timeout|took longer/);
      expect(poolValues(await seriesOf(metrics))).toMatchObject({ desired: 1 });
      await blocker.query("commit");
    } finally {
      blocker.release();
    }
    await waitUntil("the refresh that was late has ended", async () => {
      return await values().then(
        (shown) => poolValues(shown)["desired"] === 7,
        () => false,
      );
    });
  });

  it("110, 111: stops without a run and twice, and starts again on the same registry", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    const first = measure(fx);
    await first.refresh.release?.();
    await first.refresh.release?.();
    expect([...(await seriesOf(first.metrics)).keys()].filter((key) => key.includes("prebuilt_workspaces_"))).toEqual(
      [],
    );
    const second = measure(fx, { metrics: first.metrics });
    expect(poolValues(await second.values())).toMatchObject({ desired: 1 });
    // The first one, stopped once more, does not take away what the second shows.
    await first.refresh.release?.();
    expect(poolValues(await seriesOf(first.metrics))).toMatchObject({ desired: 1 });
  });
});
