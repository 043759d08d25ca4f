// What goes by its age, and what goes when nothing names it any more.
import { describe, expect, test } from "vitest";
import { agentLogLinesMax } from "../../src/contracts/limits.ts";
import { recordAudit } from "../../src/db/audit/audit.ts";
import { agedRules } from "../../src/db/retention/prune-by-age.ts";
import { readPoolTotals } from "../../src/db/pools/pool-totals.ts";
import { putFile } from "../../src/db/templates/template-files.ts";
import { deleteTemplate } from "../../src/db/templates/templates.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import { create } from "../support/claims.ts";
import { runJobs } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { putPrebuild } from "../support/prebuild-rows.ts";
import { pruneAll, settleDemand, usualKeeps } from "../support/retention.ts";
import { publishTemplate } from "../support/templates.ts";

const day = 86_400_000;
const ago = (fx: Fixture, days: number): Date => new Date(fx.clock.now().getTime() - days * day);

describe("what goes by its age", () => {
  test("tokens go 7 days after their end, idempotency keys after a day, revoked keys of daemons after 90", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: {} });
    await create(fx, { idempotencyKey: "old" });
    await fx.rows(
      `insert into tokens (id, kind, user_id, name, secret_hash, created_at, expires_at, revoked_at)
select gen_random_uuid(), 'api', $1::uuid, 'expired-' || n, decode(md5('e' || n), 'hex'), $2::timestamptz, $2::timestamptz - n * interval '1 day', null
from generate_series(6, 8) n
union all
select gen_random_uuid(), 'api', $1::uuid, 'revoked-' || n, decode(md5('r' || n), 'hex'), $2::timestamptz, $2::timestamptz + interval '1 day', $2::timestamptz - n * interval '1 day'
from generate_series(6, 8) n`,
      [fx.alice.userId, ago(fx, 0)],
    );
    await fx.rows(
      `insert into daemon_keys (id, name, secret_hash, created_at, revoked_at)
values (gen_random_uuid(), 'old', '\\x01', $1, $2), (gen_random_uuid(), 'young', '\\x02', $1, $3), (gen_random_uuid(), 'live', '\\x03', $1, null)`,
      [ago(fx, 200), ago(fx, 91), ago(fx, 89)],
    );
    fx.clock.advance(1);
    expect(await pruneAll(fx)).toEqual({ tokens: 4, daemon_keys: 1 });
    const names = async (table: string) =>
      (await fx.rows<{ name: string }>(`select name from ${table} order by 1`)).map(({ name }) => name);
    expect(await names("tokens")).toEqual(["expired-6", "revoked-6"]);
    expect(await names("daemon_keys")).toEqual(["live", "young"]);
    fx.clock.advance(day);
    expect(await pruneAll(fx)).toMatchObject({ idempotency_keys: 1 });
  });

  test("entries of the audit log go when they are older than they are to be kept, and no others", async () => {
    const fx = await testFixture();
    for (const agoDays of [31, 30, 29, 0]) {
      await recordAudit(fx.store, {
        at: ago(fx, agoDays),
        actorId: fx.admin.userId,
        organizationId: null,
        action: "daemon_key.create",
        targetId: null,
        targetName: `${agoDays} days ago`,
        detail: {},
      });
    }
    expect(await pruneAll(fx, { auditMs: 30 * day })).toEqual({ audit_log: 1 });
    expect(await fx.rows("select target_name from audit_log order by at")).toEqual([
      { target_name: "30 days ago" },
      { target_name: "29 days ago" },
      { target_name: "0 days ago" },
    ]);
  });

  test("more than one statement takes goes in several, the oldest first", async () => {
    const fx = await testFixture();
    await fx.rows(
      `insert into audit_log (at, action, target_kind)
select '2020-01-01'::timestamptz + n * interval '1 min', 'user.create', 'user' from generate_series(1, 12001) n`,
    );
    expect(await pruneAll(fx)).toEqual({ audit_log: 12_001 });
  });

  test("an agent keeps the newest lines of its log, and so does it when it goes on to write", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx);
    await putPrebuild(fx, template.preset());
    await putPrebuild(fx, template.preset());
    const write = (lines: number) =>
      fx.rows(
        `insert into agent_logs (agent_id, at, level, source, line)
select (select id from agents order by id limit 1), $1, 'info', 'hook', n::text from generate_series(1, $2::int) n`,
        [fx.clock.now(), lines],
      );
    await fx.rows(
      "insert into agent_logs (agent_id, at, level, source, line) select id, $1, 'info', 'hook', 'first' from agents order by id",
      [fx.clock.now()],
    );
    await write(agentLogLinesMax + 12_000);
    expect(await pruneAll(fx)).toEqual({ agent_logs: 12_001 });
    expect(await fx.number("select count(*) from agent_logs")).toBe(agentLogLinesMax + 1);
    await write(10);
    expect(await pruneAll(fx)).toEqual({ agent_logs: 10 });
  });
});

describe("creations", () => {
  test("are summed by the hour before they go, and the pools' totals stay as they were", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { large: 1 } });
    await putPrebuild(fx, template.preset());
    await create(fx, { preset: "large" });
    await create(fx, { preset: "large" });
    const unsettled = await fx.number("select count(*) from creation_outcomes");
    fx.clock.advance(3_600_000);
    await create(fx, { preset: "large" });
    const before = await readPoolTotals(fx.store);
    await settleDemand(fx);
    fx.clock.advance(14 * day);
    expect(unsettled).toBe(2);
    expect(await pruneAll(fx)).toMatchObject({ creation_outcomes: 2 });
    expect(await readPoolTotals(fx.store)).toEqual(before);
    expect(
      await fx.rows("select preset_name, hour, outcome, reason, count::int from demand_hours order by hour, outcome"),
    ).toEqual([
      { preset_name: "large", hour: new Date("2030-01-01T00:00:00Z"), outcome: "claimed", reason: "", count: 1 },
      { preset_name: "large", hour: new Date("2030-01-01T00:00:00Z"), outcome: "cold", reason: "pool_empty", count: 1 },
      { preset_name: "large", hour: new Date("2030-01-01T01:00:00Z"), outcome: "cold", reason: "pool_empty", count: 1 },
    ]);
    fx.clock.advance(400 * day);
    expect(await pruneAll(fx)).toMatchObject({ demand_hours: 3 });
    expect((await readPoolTotals(fx.store)).map((row) => [row.reason, row.claimed, row.missed])).toEqual(
      before.map((row) => [row.reason, row.claimed, row.missed]),
    );
  });
});

test("an outcome that is not in the totals yet stays, however old it is", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: {} });
  await create(fx);
  fx.clock.advance(20 * day);
  const rule = agedRules.find(({ name }) => name === "creation_outcomes");
  const step = async () =>
    (await rule?.step({ sql: fx.store, now: fx.clock.now(), keeps: usualKeeps, cursor: null }))?.removed;
  expect(await step()).toEqual({ creation_outcomes: 0 });
  await settleDemand(fx);
  expect(await step()).toEqual({ creation_outcomes: 1 });
});

describe("versions of a template", () => {
  async function publishMany(fx: Fixture, count: number): Promise<void> {
    for (let nth = 0; nth < count; nth += 1) {
      await publishTemplate(fx, { presets: { large: 0 }, description: fx.clock.now().toISOString() });
      fx.clock.advance(1_000);
    }
  }
  const numbers = async (fx: Fixture): Promise<number[]> =>
    (await fx.rows<{ number: number }>("select number from template_versions order by number")).map(
      (row) => row.number,
    );

  test("that were replaced go with presets, imports and files, but for the newest and those that are used", async () => {
    const fx = await testFixture();
    await publishMany(fx, 2);
    const id = (await create(fx)).workspace.id as WorkspaceId;
    await runJobs(fx);
    await publishMany(fx, 4);
    await fx.rows("update templates set active_version_id = (select id from template_versions where number = 3)");
    await fx.rows(
      "insert into decisions (preset_id, at, digest, record) select id, now(), 'd', '{}' from presets order by created_at limit 1",
    );
    fx.clock.advance(30 * day - 6_000);
    expect(await pruneAll(fx, { versionsMax: 2 })).not.toHaveProperty("template_versions");
    fx.clock.advance(10_000);
    // 1 and 4 go: 2 is used, 3 is active, 5 and 6 are the newest.
    expect(await pruneAll(fx, { versionsMax: 2 })).toMatchObject({
      template_versions: 2,
      presets: 2,
      jobs: 2,
      decisions: 1,
      files: 2,
    });
    expect(await numbers(fx)).toEqual([2, 3, 5, 6]);
    expect(await fx.number("select count(*) from files")).toBe(4);
    await fx.rows("update workspaces set deleted_at = $2 where id = $1", [id, fx.clock.now()]);
    fx.clock.advance(31 * day);
    expect(await pruneAll(fx, { versionsMax: 2 })).toMatchObject({ workspaces: 1, template_versions: 1 });
    expect(await numbers(fx)).toEqual([3, 5, 6]);
  });

  test("go with their template when it is deleted and its last workspace is gone", async () => {
    const fx = await testFixture();
    await publishMany(fx, 2);
    const [template] = await fx.rows<{ id: Parameters<typeof deleteTemplate>[1] }>("select id from templates");
    if (template === undefined) throw new Error("there is no template");
    const id = (await create(fx)).workspace.id as WorkspaceId;
    await runJobs(fx);
    await fx.rows("update workspaces set deleted_at = $2 where id = $1", [id, fx.clock.now()]);
    expect(await fx.store.transaction("delete", async (tx) => deleteTemplate(tx, template.id, fx.clock.now()))).toBe(
      true,
    );
    fx.clock.advance(29 * day);
    await pruneAll(fx);
    expect(await numbers(fx)).toEqual([1, 2]);
    fx.clock.advance(2 * day);
    expect(await pruneAll(fx)).toMatchObject({ workspaces: 1, template_versions: 2, presets: 2, templates: 1 });
    for (const table of ["templates", "template_versions", "presets", "files", "jobs", "pool_totals", "demand_hours"]) {
      expect(await fx.number(`select count(*) from ${table}`), table).toBe(0);
    }
  });

  test("whose files are pushed again just before they would go keep them", async () => {
    const fx = await testFixture();
    await fx.rows("insert into files (hash, bytes, size, created_at) values ('\\x01', '\\x01', 1, $1)", [ago(fx, 2)]);
    await putFile(fx.store, Buffer.from([1]), Buffer.from([1]), fx.clock.now());
    expect(await pruneAll(fx)).toEqual({});
    fx.clock.advance(day + 1);
    expect(await pruneAll(fx)).toEqual({ files: 1 });
  });
});

test("a daemon that is away for good goes, unless a job or a state names it", async () => {
  const fx = await testFixture();
  const template = await publishTemplate(fx);
  const workspaceId = await putPrebuild(fx, template.preset());
  await fx.rows(
    `insert into daemons (id, name, kind, incarnation, concurrency, version, created_at, seen_at)
select md5(name)::uuid, name, 'external', gen_random_uuid(), 1, 'test', $1, $2::timestamptz + recent * interval '2 days'
from (values ('away', 0), ('busy', 0), ('bound', 0), ('recent', 1)) d(name, recent)`,
    [ago(fx, 300), ago(fx, 91)],
  );
  await fx.rows("update jobs set daemon_id = md5('busy')::uuid where workspace_id = $1", [workspaceId]);
  await fx.rows(
    `insert into provider_states (workspace_id, job_id, attempt, serial, updated_at, sealed, key_id, daemon_id)
select $1, gen_random_uuid(), 1, 1, now(), '\\x00', 'k', md5('bound')::uuid`,
    [workspaceId],
  );
  await fx.rows(
    "insert into strangers (daemon_id, driver, workspace_id, detail, first_seen_at) select md5(n)::uuid, 'docker', gen_random_uuid(), 'x', now() from unnest(array['away', 'busy']) n",
  );
  expect(await pruneAll(fx)).toEqual({ daemons: 1, strangers: 1 });
  expect(await fx.rows("select name from daemons order by 1")).toEqual([
    { name: "bound" },
    { name: "busy" },
    { name: "recent" },
  ]);
});
