// S20: the connection is cut in the middle of what a creation writes, and of its commit: it happens whole or not at all.
import pg from "pg";
import { describe, expect, it } from "vitest";
import { codeOf, create, newName } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { ledgerState, putPrebuild } from "../support/prebuild-rows.ts";
import { publishTemplate } from "../support/templates.ts";
import { waitUntil } from "../support/wait-until.ts";

const gate = 4711;

interface Cut {
  readonly table: string;
  readonly at: "write" | "commit";
}

const rowCounts = (fx: Fixture): Promise<unknown[]> =>
  fx.rows(`select (select count(*)::int from workspaces) as workspaces, (select count(*)::int from builds) as builds,
    (select count(*)::int from jobs) as jobs, (select count(*)::int from creation_outcomes) as outcomes,
    (select count(*)::int from idempotency_keys) as keys,
    (select jsonb_agg(jsonb_build_array(workspace_id, state, generation)) from prebuilds) as ledger`);

/** Has every write of the table, or the commit after it, stand still until the gate is open. */
async function standStill(fx: Fixture, { table, at }: Cut): Promise<void> {
  await fx.rows(`create function stand_still() returns trigger language plpgsql as $$
    begin perform pg_advisory_xact_lock(${gate}); return new; end $$`);
  await fx.rows(
    at === "write"
      ? `create trigger stand_still before insert or update on ${table} for each row execute function stand_still()`
      : `create constraint trigger stand_still after insert or update on ${table} deferrable initially deferred
          for each row execute function stand_still()`,
  );
}

/** Closes the gate, lets the work run into it, and cuts the connection that stands there. @returns the work's code. */
async function cutOff(fx: Fixture, work: () => Promise<unknown>): Promise<string> {
  const other = new pg.Client(fx.database.connection);
  await other.connect();
  try {
    await other.query(`select pg_advisory_lock(${gate})`);
    const code = codeOf(work());
    await waitUntil("it stands at the gate, and is cut", async () => {
      const cut = await other.query(
        `select pg_terminate_backend(pid) from pg_locks
        where locktype = 'advisory' and not granted
          and database = (select oid from pg_database where datname = current_database())`,
      );
      return cut.rows.length > 0;
    });
    return await code;
  } finally {
    await other.end();
  }
}

const written = ["workspaces", "builds", "jobs", "creation_outcomes", "idempotency_keys"];

describe("S20: a claim", () => {
  const writes = ["prebuilds", ...written].map((table): Cut => ({ table, at: "write" }));
  const cuts: readonly Cut[] = [...writes, { table: "creation_outcomes", at: "commit" }];

  it.each(
    cuts,
  )("that is cut off at the $at of $table has claimed nothing, and the next try gets the prebuild", async (cut) => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx, { claimEffect: "unknown" })).preset();
    const prebuild = await putPrebuild(fx, presetId);
    const before = await rowCounts(fx);
    await standStill(fx, cut);
    const request = { name: newName(), idempotencyKey: "once" };
    const published = fx.published.length;
    expect(await cutOff(fx, () => create(fx, request))).toBe("database_unavailable");
    expect(await rowCounts(fx)).toEqual(before);
    expect([await ledgerState(fx, prebuild), fx.published.length]).toEqual(["ready", published]);
    expect(await create(fx, request)).toMatchObject({ outcome: "claimed", workspace: { id: prebuild } });
  });
});

describe("S20: an ordinary creation", () => {
  const writes = written.map((table): Cut => ({ table, at: "write" }));

  const cuts: readonly Cut[] = [...writes, { table: "workspaces", at: "commit" }];

  it.each(cuts)("that is cut off at the $at of $table has left nothing, and the next try makes one", async (cut) => {
    const fx = await testFixture();
    await publishTemplate(fx);
    const before = await rowCounts(fx);
    await standStill(fx, cut);
    const request = { name: newName(), idempotencyKey: "once" };
    const published = fx.published.length;
    expect(await cutOff(fx, () => create(fx, request))).toBe("database_unavailable");
    expect(await rowCounts(fx)).toEqual(before);
    expect(fx.published.length).toBe(published);
    expect(await create(fx, request)).toMatchObject({ outcome: "cold" });
    expect((await rowCounts(fx))[0]).toMatchObject({ workspaces: 1, builds: 1, outcomes: 1, keys: 1 });
  });
});

it("S20: a question of a creation that is cut off says so, and the next try is served", async () => {
  const fx = await testFixture();
  await putPrebuild(fx, (await publishTemplate(fx)).preset());
  const other = new pg.Client(fx.database.connection);
  await other.connect();
  await other.query("begin");
  await other.query("lock table templates in access exclusive mode");
  const asked = codeOf(create(fx));
  await waitUntil("it waits, and is cut", async () => {
    const text =
      "select pg_terminate_backend(pid) from pg_locks where relation = 'templates'::regclass and not granted";
    return (await other.query(text)).rows.length > 0;
  });
  expect(await asked).toBe("database_unavailable");
  await other.query("rollback");
  await other.end();
  expect(await create(fx)).toMatchObject({ outcome: "claimed" });
});
