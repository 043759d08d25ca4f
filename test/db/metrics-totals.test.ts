// The totals only grow, and are right with several servers, open transactions, and rows that are gone.
import { describe, expect, it } from "vitest";
import { create } from "../support/claims.ts";
import { runJobs } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { measure, poolValues, settled } from "../support/metrics.ts";
import { putPrebuilds } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";

const insertMiss = `insert into creation_outcomes (at, organization_id, template_id, preset_id, requested_by, mode, outcome,
  miss_reason)
select now(), p.organization_id, p.template_id, p.id, gen_random_uuid(), 'prefer_warm', 'cold', 'pool_empty'
from presets p
where p.id = $1`;
const emptyMisses = 'missed_total reason="pool_empty"';

async function misses(fx: Fixture): Promise<number | undefined> {
  return poolValues(await measure(fx).values())[emptyMisses];
}

describe("totals", () => {
  it("count each claim and miss once, however many servers refresh at once and however often", async () => {
    const fx = await testFixture();
    await putPrebuilds(fx, (await publishTemplate(fx, { presets: { large: 5 } })).preset(), 5);
    const servers = [fx, fx.addServer(), fx.addServer()].map((server) => measure(server));
    for (let nth = 1; nth <= 8; nth += 1) {
      await create(fx);
      const shown = await Promise.all(servers.map(async (server) => poolValues(await server.values())));
      for (const one of shown) expect(one).toMatchObject({ claimed_total: Math.min(nth, 5) });
      for (const one of shown) expect(one[emptyMisses] ?? 0).toBe(Math.max(0, nth - 5));
    }
    await settled(fx);
    expect(await fx.number("select sum(count) from pool_totals where kind in ('claimed', 'missed')")).toBe(8);
  });

  it("do not miss a row whose id is lower and whose commit is later than one already counted", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx)).preset();
    const late = await fx.pool.connect();
    try {
      await late.query("begin");
      await late.query(insertMiss, [presetId]);
      await fx.rows(insertMiss, [presetId]);
      for (let nth = 0; nth < 4; nth += 1) expect(await misses(fx)).toBe(1);
      // The mark waits for whoever had begun; what came since is counted afresh each time.
      await late.query("commit");
    } finally {
      late.release();
    }
    await settled(fx);
    expect(await misses(fx)).toBe(2);
    expect(await fx.number("select count from pool_totals where kind = 'missed'")).toBe(2);
  });

  it("do not wait for an id that was rolled back", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx)).preset();
    const failing = await fx.pool.connect();
    await failing.query("begin");
    await failing.query(insertMiss, [presetId]);
    await failing.query("rollback");
    failing.release();
    await fx.rows(insertMiss, [presetId]);
    await settled(fx);
    expect(await misses(fx)).toBe(1);
    expect(await fx.number("select settled_id from pool_totals_mark")).toBe(2);
  });

  it("stay when the rows that they were counted from are gone", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    await reconcile(fx);
    await runJobs(fx);
    await create(fx);
    const { values } = measure(fx);
    await settled(fx);
    const before = poolValues(await values());
    expect(before).toMatchObject({ created_total: 1, 'missed_total reason="none_ready"': 1 });
    await fx.rows("delete from creation_outcomes");
    expect(poolValues(await values())).toEqual(before);
  });

  it("go on after an import from a server whose transactions have higher numbers", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx)).preset();
    await fx.rows(insertMiss, [presetId]);
    await misses(fx);
    await fx.rows("update pool_totals_mark set candidate_xid = candidate_xid + 1000000000");
    for (let nth = 1; nth <= 4; nth += 1) {
      await fx.rows(insertMiss, [presetId]);
      expect(await misses(fx)).toBe(1 + nth);
    }
    await settled(fx);
    expect(await misses(fx)).toBe(5);
  });

  it("at rest a refresh writes nothing", async () => {
    const fx = await testFixture();
    await putPrebuilds(fx, (await publishTemplate(fx)).preset(), 1);
    await create(fx);
    const { values } = measure(fx);
    await settled(fx);
    const before = await fx.rows("select xmin, * from pool_totals_mark");
    for (let nth = 0; nth < 3; nth += 1) await values();
    expect(await fx.rows("select xmin, * from pool_totals_mark")).toEqual(before);
  });
});
