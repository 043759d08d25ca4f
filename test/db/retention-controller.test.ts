// The pruner: one server at a time, in bounded steps, and honest about how far it is.
import pg from "pg";
import { examine } from "../../src/app/system/doctor.ts";
import type { ControllerStatus } from "../../src/contracts/api/system.ts";
import { describe, expect, test } from "vitest";
import { createRetention, type RetentionDeps } from "../../src/controllers/retention.ts";
import type { RetentionRule } from "../../src/db/retention/retention-rule.ts";
import { retentionTable } from "../../src/db/retention/retention-table.ts";
import { Store } from "../../src/db/store.ts";
import { claimPrebuild } from "../../src/db/claims/claim.ts";
import { createMetrics } from "../../src/platform/metrics/metrics.ts";
import { claimInput } from "../support/claims.ts";
import { createTestDatabase } from "../support/database.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { seriesOf } from "../support/metrics.ts";
import { danglingReferences } from "../support/references.ts";
import { pruneAll, usualKeeps } from "../support/retention.ts";
import type { TestServer } from "../support/server.ts";
import { partOfYear, seedYear } from "../support/year-of-history.ts";

const goOn = new AbortController().signal;
const hourMs = 3_600_000;

function retention(fx: Fixture, more: Partial<RetentionDeps> = {}, server: TestServer = fx) {
  return createRetention({
    db: server.store,
    clock: fx.clock,
    logger: fx.logger,
    serverId: server.id,
    monotonicMs: () => performance.now(),
    metrics: createMetrics({ namespace: "prewarm" }),
    retention: usualKeeps,
    ...more,
  });
}

/** A rule with so many pages left, each due for so long. */
function scriptedRule(left: { pages: number; lagMs: number }): RetentionRule {
  return {
    name: "scripted",
    everyMs: 0,
    step: () => {
      left.pages -= 1;
      return Promise.resolve({ removed: { files: 3 }, next: left.pages > 0 ? [] : null, lagMs: left.lagMs });
    },
  };
}

describe("the pruner", () => {
  test("says what it removed and how far behind it is, warns once, and says when it has caught up", async () => {
    const fx = await testFixture();
    const metrics = createMetrics({ namespace: "prewarm" });
    const left = { pages: Number.POSITIVE_INFINITY, lagMs: 2 * hourMs };
    // Each look at the clock is a second later, so that a run takes no time.
    let now = 0;
    const controller = retention(fx, { metrics, rules: [scriptedRule(left)], monotonicMs: () => (now += 400) });
    for (let run = 0; run < 2; run += 1) {
      const { fields, againAfterMs } = await controller.run(goOn);
      expect(fields).toMatchObject({ behind: ["scripted"], lagSeconds: { scripted: 7_200 } });
      expect(againAfterMs).toBe(1_000);
    }
    const warnings = () => fx.logger.entries.filter(({ message }) => message.startsWith("history is not removed"));
    expect(warnings()).toHaveLength(1);
    const series = await seriesOf(metrics);
    expect([...series].filter(([name]) => name.startsWith("prewarm_retention_lag"))).toEqual([
      [expect.stringContaining("scripted"), 7_200],
    ]);
    left.pages = 1;
    const { fields, againAfterMs } = await controller.run(goOn);
    expect(fields).toMatchObject({ behind: [], lagSeconds: {}, removed: { files: 3 } });
    expect(againAfterMs).toBeUndefined();
    expect(fx.logger.entries.map(({ message }) => message)).toContain("history is removed in time again");
  });

  test("is in what the doctor says: in time, behind, and nothing where another server is at it", async () => {
    const fx = await testFixture();
    const saidOf = async (report: Readonly<Record<string, unknown>> | null): Promise<readonly string[]> => {
      const status: ControllerStatus = {
        name: "retention",
        intervalMs: 10_000,
        runningSince: null,
        hungSince: null,
        lastStartedAt: null,
        lastElapsedMs: null,
        lastOutcome: "ok",
        lastError: null,
        runs: 1,
        report,
      };
      const { findings } = await examine(fx.context, fx.admin, () => [status]);
      return findings
        .filter(({ check }) => check === "retention")
        .map(({ severity, message }) => `${severity}: ${message}`);
    };
    expect(await saidOf(null)).toEqual([]);
    expect(await saidOf({ behind: [] })).toEqual(["ok: History that is due is removed in time."]);
    expect(await saidOf({ behind: ["old_builds"] })).toEqual([
      "warning: History is removed more slowly than it is due: old_builds.",
    ]);
  });

  test("works on one server at a time", async () => {
    const fx = await testFixture();
    const other = fx.addServer();
    const first = retention(fx);
    const second = retention(fx, {}, other);
    expect((await first.run(goOn)).outcome).toBe("ok");
    expect((await second.run(goOn)).outcome).toBe("skipped");
    await first.release?.();
    expect((await second.run(goOn)).outcome).toBe("ok");
  });

  test("ends between two steps when the server stops, and leaves the rest to the next", async () => {
    const fx = await testFixture();
    const left = { pages: 5, lagMs: 0 };
    const stopping = new AbortController();
    const rule = scriptedRule(left);
    const controller = retention(fx, {
      rules: [{ ...rule, step: async (step) => (stopping.abort(), rule.step(step)) }],
    });
    await controller.run(stopping.signal);
    expect(left.pages).toBe(4);
  });
});

describe("a year of history", () => {
  test("is brought to its bounds beside claims, twice at once, and nothing is left that names what is gone", async () => {
    const database = await createTestDatabase();
    const pool = new pg.Pool({ ...database.connection, max: 8 });
    try {
      const client = await pool.connect();
      const fixture = await testFixture();
      const now = fixture.clock.now();
      await seedYear(client, { ...partOfYear(1_000), templates: 10, versions: 10 }, { now }).finally(() =>
        client.release(),
      );
      const store = new Store({ pool, publish: () => undefined });
      const fx: Fixture = {
        ...fixture,
        store,
        rows: async <Row extends object>(text: string, params: readonly unknown[] = []) =>
          (await pool.query<Row>(text, [...params])).rows,
      };
      const count = async (text: string) =>
        Number(Object.values((await fx.rows(`select count(*) ${text}`))[0] ?? {})[0]);
      expect(await danglingReferences(fx), "before").toEqual([]);
      const live = await count("from workspaces where deleted_at is null");
      const young = await count("from workspaces where deleted_at >= '2029-12-02'");
      const [ready] = await fx.rows<{ template_id: never; preset_id: never; owner_id: never }>(
        "select template_id, preset_id, (select id from users where username = 'person1') as owner_id from prebuilds where state = 'ready' limit 1",
      );
      if (ready === undefined) throw new Error("nothing is ready");
      const { template_id: templateId, preset_id: presetId, owner_id: ownerId } = ready;
      const claim = () =>
        claimPrebuild(store, claimInput(fx, { templateId, presetId }, { ownerId, initiatorId: ownerId, jobId: null }));
      const [removed, again, ...claimed] = await Promise.all([
        pruneAll(fx),
        // Another pruner that does not know of the first: what a lost lease would be.
        pruneAll({ ...fx, store: withoutLease(store) }),
        claim(),
        claim(),
        claim(),
      ]);
      expect(claimed.filter((row) => row !== undefined)).toHaveLength(3);
      expect((removed["workspaces"] ?? 0) + (again["workspaces"] ?? 0)).toBeGreaterThan(1_500);
      for (const table of [...Object.keys(removed), ...Object.keys(again)])
        expect(Object.keys(retentionTable)).toContain(table);
      expect(await danglingReferences(fx), "after").toEqual([]);
      expect(await count("from workspaces where deleted_at is null")).toBe(live);
      expect(await count("from workspaces where deleted_at >= '2029-12-02'")).toBe(young);
      // What is older than the bound is what pools count by: at most the newest of each active preset.
      expect(await count("from workspaces where deleted_at < '2029-12-02'")).toBeLessThanOrEqual(20);
      expect(await pruneAll(fx), "nothing is left to do").toEqual({});
    } finally {
      await pool.end();
      await database.drop();
    }
  });
});

/** A store on which every lease is free, as for a server that lost its own and has not noticed. */
function withoutLease(store: Store): Store {
  return new Proxy(store, {
    get: (target, name) => {
      if (name !== "query") return Reflect.get(target, name) as unknown;
      return async (statement: { readonly name: string }, params: readonly unknown[]) =>
        statement.name.startsWith("lease_") ? [{ epoch: 1 }] : await target.query(statement as never, params);
    },
  });
}
