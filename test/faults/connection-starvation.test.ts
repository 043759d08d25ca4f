// Architecture §7: what a publisher inside transactions does to a pool of ten connections, and that ours does not; S17.
import type pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { PostgresBus } from "../../src/bus/postgres-bus.ts";
import { createPool } from "../../src/db/pg-pool.ts";
import { statement } from "../../src/db/statement.ts";
import { Store } from "../../src/db/store.ts";
import { createHeldOpen } from "../../src/http/held-open.ts";
import { httpLimits } from "../../src/http/http-limits.ts";
import { memoryLogger } from "../../src/platform/logger.ts";
import { openMetrics } from "../../src/main/open-metrics.ts";
import { loadConfig } from "../../src/platform/config/load-config.ts";
import { serverOptions } from "../../src/platform/config/server-options.ts";
import { createPrebuildsSwitch } from "../../src/platform/prebuilds-switch.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { seriesOf } from "../support/metrics.ts";
import { waitUntil } from "../support/wait-until.ts";

const connectionsMax = 10;
/** Twice as many as there are connections: what a burst of requests is. */
const transactions = 20;

const insertText = "insert into settings (key, value, updated_at) values ($1, 'null', now())";
const insertRow = statement<object>("test_starvation_insert", insertText);
const keyOf = (nth: number): string => `burst-${nth}`;

async function startBus(fx: Fixture): Promise<PostgresBus> {
  const { connection } = fx.database;
  const bus = new PostgresBus({ connection, logger: fx.logger, serverId: systemRandom.uuid() });
  await bus.start();
  onTestFinished(() => bus.stop());
  return bus;
}

/** How many connections of the pool are in use and idle, and who waits for one, as the metrics show it. */
async function shown(pool: pg.Pool, bus: PostgresBus): Promise<readonly (number | undefined)[]> {
  const { values } = loadConfig(serverOptions, { flags: new Map(), env: {} });
  const held = createHeldOpen(httpLimits, memoryLogger());
  const parts = { pool, bus, ...held, prebuildsSwitch: createPrebuildsSwitch(true) };
  const series = await seriesOf(openMetrics(values, parts).metrics);
  return [
    series.get('prewarm_database_connections{state="in_use"}'),
    series.get('prewarm_database_connections{state="idle"}'),
    series.get("prewarm_database_connection_waiters"),
  ];
}

const committed = (fx: Fixture): Promise<number> => fx.number("select count(*) from settings where key like 'burst-%'");

describe("twenty transactions with news on ten connections", () => {
  it("hang for ever when each publishes on a second connection before it commits", async () => {
    const fx = await testFixture();
    const bus = await startBus(fx);
    const pool = createPool({ connection: fx.database.connection, connectionsMax, idleMax: 0, logger: fx.logger });
    const held: pg.PoolClient[] = [];
    let isOver = false;
    async function naive(nth: number): Promise<void> {
      const client = await pool.connect();
      client.on("error", () => undefined);
      held.push(client);
      if (isOver) throw new Error("the test is over");
      await client.query("begin");
      await client.query(insertText, [keyOf(nth)]);
      // The mistake: what is asked for here can only come from somebody who asks for the same.
      await pool.query("select pg_notify('prewarm', '')");
      await client.query("commit");
      client.release();
    }
    const all = Promise.allSettled(Array.from({ length: transactions }, (_, nth) => naive(nth)));

    const isStuck = async (): Promise<boolean> => {
      const text = `select count(*) from pg_stat_activity
        where datname = current_database() and application_name = 'prewarm' and state = 'idle in transaction'`;
      return (await fx.number(text)) === connectionsMax && pool.waitingCount === transactions;
    };
    await waitUntil("every connection is idle in its transaction, and everybody waits for one", isStuck);
    expect(await shown(pool, bus)).toEqual([connectionsMax, 0, transactions]);
    expect(await committed(fx)).toBe(0);

    isOver = true;
    for (const client of held) client.release(new Error("the test is over"));
    const rest = waitUntil("those that still waited have been let in", () => held.length === transactions);
    await rest;
    for (const client of held.slice(connectionsMax)) client.release(true);
    await all;
    await pool.end();
  });

  it("finish when each emits in its transaction and the store publishes after the commit", async () => {
    const fx = await testFixture();
    const [bus, other] = [await startBus(fx), await startBus(fx)];
    let heard = 0;
    other.subscribe("settings", () => {
      heard += 1;
    });
    const pool = createPool({ connection: fx.database.connection, connectionsMax, idleMax: 0, logger: fx.logger });
    const store = new Store({ pool, publish: (topics) => bus.publish(topics) });
    let inside = 0;
    await Promise.all(
      Array.from({ length: transactions }, (_, nth) =>
        store.transaction("burst", async (tx) => {
          await tx.query(insertRow, [keyOf(nth)]);
          inside += 1;
          // As full as it can be: each of the first ten goes on only when all ten are in.
          await waitUntil("all connections are taken", () => inside >= connectionsMax);
          tx.emit("settings");
        }),
      ),
    );
    expect(await committed(fx)).toBe(transactions);
    await waitUntil("the other server has heard of it", () => heard > 0);
    const [inUse, idle, waiting] = await shown(pool, bus);
    expect([inUse, waiting]).toEqual([0, 0]);
    expect(idle).toBe(pool.idleCount);
    await pool.end();
  });
});
