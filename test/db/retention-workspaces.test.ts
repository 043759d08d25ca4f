// What goes with a deleted workspace, what stays of a living one, and what a pool still counts by.
import { describe, expect, test } from "vitest";
import { createBuild } from "../../src/app/workspaces/workspaces.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import { defaultOrganizationId } from "../../src/contracts/system-ids.ts";
import { recordAudit } from "../../src/db/audit/audit.ts";
import { auditPage } from "../../src/db/audit/audit-pages.ts";
import { loadPools } from "../../src/db/pools/load-pools.ts";
import { presetHealth } from "../../src/domain/pool/preset-health.ts";
import { filterBy } from "../support/audit-filter.ts";
import { create } from "../support/claims.ts";
import { failed, runJobs, testDaemonId } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { putPrebuild } from "../support/prebuild-rows.ts";
import { reconcilerDeps } from "../support/reconcile.ts";
import { danglingReferences, otherIds, references } from "../support/references.ts";
import { pruneAll } from "../support/retention.ts";
import { publishTemplate } from "../support/templates.ts";

const day = 86_400_000;

async function build(fx: Fixture, id: WorkspaceId, transition: "start" | "stop" | "delete"): Promise<void> {
  await createBuild(fx.context, fx.alice, { workspace: id, transition });
  await runJobs(fx);
}

/** The daemon of `runJobs`, which jobs name. */
async function knowDaemon(fx: Fixture): Promise<void> {
  await fx.rows(
    `insert into daemons (id, name, kind, incarnation, concurrency, version, created_at, seen_at)
values ($1, 'test', 'external', $1, 1, 'test', $2, $2)`,
    [testDaemonId, fx.clock.now()],
  );
}

async function deletedWorkspace(fx: Fixture): Promise<WorkspaceId> {
  const id = (await create(fx)).workspace.id as WorkspaceId;
  await runJobs(fx);
  await build(fx, id, "delete");
  await fx.rows(
    "insert into job_logs (job_id, at, level, stage, line) select id, $2, 'info', 'apply', 'x' from jobs where workspace_id = $1",
    [id, fx.clock.now()],
  );
  await fx.rows(
    "insert into agent_logs (agent_id, at, level, source, line) select id, $2, 'info', 'hook', 'x' from agents where workspace_id = $1",
    [id, fx.clock.now()],
  );
  return id;
}

async function rowsOf(fx: Fixture, id: WorkspaceId): Promise<Readonly<Record<string, number>>> {
  const [row] = await fx.rows<Record<string, number>>(
    `select (select count(*) from workspaces where id = $1)::int as workspaces,
  (select count(*) from builds where workspace_id = $1)::int as builds,
  (select count(*) from jobs where workspace_id = $1)::int as jobs,
  (select count(*) from job_logs l join jobs j on j.id = l.job_id where j.workspace_id = $1)::int as job_logs,
  (select count(*) from agents where workspace_id = $1)::int as agents,
  (select count(*) from agent_logs l join agents a on a.id = l.agent_id where a.workspace_id = $1)::int as agent_logs`,
    [id],
  );
  return row ?? {};
}

const whole = { workspaces: 1, builds: 2, jobs: 2, job_logs: 2, agents: 1, agent_logs: 1 };

describe("a deleted workspace", () => {
  test("goes 30 days after its deletion with all that hangs on it, and nothing else does", async () => {
    const fx = await testFixture();
    await knowDaemon(fx);
    await publishTemplate(fx, { presets: {} });
    const old = await deletedWorkspace(fx);
    fx.clock.advance(day);
    const younger = await deletedWorkspace(fx);
    const living = (await create(fx)).workspace.id as WorkspaceId;
    await runJobs(fx);
    fx.clock.advance(29 * day);
    expect(await pruneAll(fx)).toMatchObject({});
    expect(await rowsOf(fx, old)).toEqual(whole);
    fx.clock.advance(1);
    expect(await pruneAll(fx)).toMatchObject({
      workspaces: 1,
      builds: 2,
      jobs: 2,
      job_logs: 2,
      agents: 1,
      agent_logs: 1,
    });
    expect(Object.values(await rowsOf(fx, old))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await rowsOf(fx, younger)).toEqual(whole);
    expect(await rowsOf(fx, living)).toMatchObject({ workspaces: 1, builds: 1, jobs: 1 });
    expect(await danglingReferences(fx)).toEqual([]);
  });

  test("stays while a job of it is open, and while something of it exists on a host", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: {} });
    const open = await deletedWorkspace(fx);
    const found = await deletedWorkspace(fx);
    const gone = await deletedWorkspace(fx);
    await fx.rows(
      "update jobs set status = 'running' where id = (select id from jobs where workspace_id = $1 limit 1)",
      [open],
    );
    await fx.rows(
      `insert into daemons (id, name, kind, incarnation, concurrency, version, created_at, seen_at)
values ($1, 'd', 'external', $1, 1, 'test', $2, $2)`,
      [fx.id, fx.clock.now()],
    );
    await fx.rows(
      "insert into strangers (daemon_id, driver, workspace_id, detail, first_seen_at) values ($1, 'docker', $2, 'container', $3)",
      [fx.id, found, fx.clock.now()],
    );
    fx.clock.advance(31 * day);
    expect(await pruneAll(fx)).toMatchObject({ workspaces: 1 });
    expect(await rowsOf(fx, gone)).toMatchObject({ workspaces: 0 });
    expect(await rowsOf(fx, open)).toMatchObject({ workspaces: 1 });
    expect(await rowsOf(fx, found)).toMatchObject({ workspaces: 1 });
    await fx.rows("delete from strangers");
    expect(await pruneAll(fx)).toMatchObject({ workspaces: 1 });
    expect(await rowsOf(fx, open)).toMatchObject({ workspaces: 1 });
  });

  test("is known to the audit log by its last owner for as long as its entries are kept", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: {} });
    const id = await deletedWorkspace(fx);
    await recordAudit(fx.store, {
      at: fx.clock.now(),
      actorId: null,
      organizationId: defaultOrganizationId,
      action: "workspace.delete",
      targetId: id,
      targetName: "dev",
      detail: {},
    });
    fx.clock.advance(31 * day);
    await pruneAll(fx);
    expect(await rowsOf(fx, id)).toMatchObject({ workspaces: 0 });
    const narrowing = { by: "target", key: id } as const;
    const { rows } = await auditPage(fx.store, filterBy(narrowing, { ownerId: fx.alice.userId }));
    expect(rows.map((row) => [row.target_name, row.owner])).toContainEqual(["dev", "alice"]);
  });

  test("leaves room for the next one also when a thousand before it have to stay", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { large: 0 } });
    await fx.rows(
      `with fresh as (select gen_random_uuid() as id, gen_random_uuid() as build_id, n from generate_series(1, 1000) n),
w as (insert into workspaces (id, organization_id, owner_id, name, template_id, preset_id, latest_build_id, created_at, deleted_at)
  select id, $1, $2, 'gone-' || n, $3, $4, build_id, $5, $5 from fresh),
b as (insert into builds (id, workspace_id, number, transition, stage, template_version_id, preset_id, initiator_id, parameters, created_at)
  select build_id, id, 1, 'start', 'prebuild', $6, $4, $2, '{}', $5 from fresh)
insert into prebuilds (workspace_id, organization_id, template_id, template_version_id, preset_id, state, created_at, first_build_result,
  first_build_completed_at) select id, $1, $3, $6, $4, 'deleted', $5, 'failed', $5 from fresh`,
      [
        defaultOrganizationId,
        fx.alice.userId,
        template.templateId,
        template.preset(),
        new Date(fx.clock.now().getTime() - 90 * day),
        template.versionId,
      ],
    );
    const old = await deletedWorkspace(fx);
    fx.clock.advance(31 * day);
    expect(await pruneAll(fx)).toMatchObject({ workspaces: 1 });
    expect(await rowsOf(fx, old)).toMatchObject({ workspaces: 0 });
  });
});

describe("what a pool counts by", () => {
  const policy = { failureHardLimit: 3, backoffLookbackMs: 3_600_000 };

  async function healthOf(fx: Fixture): Promise<string> {
    const deps = reconcilerDeps(fx).options.policy;
    const [pool] = await loadPools(fx.store, { now: fx.clock.now(), ...policy, isForPeople: true });
    if (pool === undefined) return "no pool";
    const now = fx.clock.now().getTime();
    return presetHealth({ ...pool, now, policy: { ...deps, ...policy, paused: false } }).kind;
  }

  test("stays: failures that add up to the hard limit, however long ago, and the success that ends them", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { large: 1 } });
    const putGone = async (jobStatus: "succeeded" | "failed"): Promise<WorkspaceId> => {
      const id = await putPrebuild(fx, template.preset(), { jobStatus, agents: { total: 0, ready: 0 } });
      await fx.rows("update workspaces set deleted_at = $2 where id = $1", [id, fx.clock.now()]);
      await fx.rows("update prebuilds set state = 'deleted', ended_at = $2 where workspace_id = $1", [
        id,
        fx.clock.now(),
      ]);
      fx.clock.advance(60_000);
      return id;
    };
    const before = await putGone("failed");
    const success = await putGone("succeeded");
    const streak = [await putGone("failed"), await putGone("failed"), await putGone("failed")];
    expect(await healthOf(fx)).toBe("hard_limited");
    fx.clock.advance(400 * day);
    await pruneAll(fx);
    expect(await healthOf(fx)).toBe("hard_limited");
    const left = (await fx.rows<{ id: string }>("select id from workspaces")).map(({ id }) => id);
    expect(left.toSorted()).toEqual([success, ...streak].toSorted());
    expect(left).not.toContain(before);
    // The next success makes all of them history.
    const next = await putGone("succeeded");
    fx.clock.advance(31 * day);
    await pruneAll(fx);
    expect(await fx.rows("select id from workspaces")).toEqual([{ id: next }]);
    expect(await healthOf(fx)).toBe("healthy");
  });

  test("stays within the look-back of the backoff, also behind a newer success", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { large: 1 } });
    for (const jobStatus of ["failed", "succeeded"] as const) {
      const id = await putPrebuild(fx, template.preset(), { jobStatus, agents: { total: 0, ready: 0 } });
      await fx.rows("update workspaces set deleted_at = $2 where id = $1", [id, fx.clock.now()]);
      await fx.rows("update prebuilds set state = 'deleted', ended_at = $2 where workspace_id = $1", [
        id,
        fx.clock.now(),
      ]);
      fx.clock.advance(60_000);
    }
    fx.clock.advance(40 * day);
    expect(await pruneAll(fx, { backoffLookbackMs: 60 * day })).not.toHaveProperty("workspaces");
    expect(await pruneAll(fx, { backoffLookbackMs: 20 * day })).toMatchObject({ workspaces: 1 });
  });

  test("goes when the preset is not active any more", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { large: 1 } });
    const id = await putPrebuild(fx, template.preset(), { transition: "delete" });
    await publishTemplate(fx, { presets: { large: 0 } });
    fx.clock.advance(31 * day);
    await pruneAll(fx);
    expect(await rowsOf(fx, id)).toMatchObject({ workspaces: 0 });
  });
});

describe("a living workspace", () => {
  test("keeps its newest builds, its first one, and what its agents and states name", async () => {
    const fx = await testFixture();
    await knowDaemon(fx);
    await publishTemplate(fx, { presets: {} });
    const id = (await create(fx)).workspace.id as WorkspaceId;
    await runJobs(fx);
    for (let round = 0; round < 6; round += 1) {
      await build(fx, id, "stop");
      await build(fx, id, "start");
    }
    const numbers = async () =>
      (
        await fx.rows<{ number: number }>("select number from builds where workspace_id = $1 order by number", [id])
      ).map((row) => row.number);
    expect((await numbers()).length).toBe(13);
    const [fourth] = await fx.rows<{ job_id: string }>("select job_id from builds where number = 4");
    await fx.rows(
      `insert into provider_states (workspace_id, job_id, attempt, serial, updated_at, sealed, key_id)
values ($1, $2, 1, 1, $3, '\\x00', 'k')
on conflict (workspace_id) do update set job_id = excluded.job_id`,
      [id, fourth?.job_id, fx.clock.now()],
    );
    await fx.rows("delete from provider_state_versions");
    expect(await pruneAll(fx, { buildsMax: 5 })).toMatchObject({ builds: 6, jobs: 6 });
    expect(await numbers()).toEqual([1, 4, 9, 10, 11, 12, 13]);
    // The agents of the builds that went are gone, those of the others are there.
    expect(await fx.number("select count(*) from agents where retired_at is null")).toBe(1);
    expect(await danglingReferences(fx)).toEqual([]);
    expect(await pruneAll(fx, { buildsMax: 5 })).toEqual({});
  });
});

test("a claimed workspace keeps the build by which it was claimed, and the one whose agents live", async () => {
  const fx = await testFixture();
  await knowDaemon(fx);
  await putPrebuild(fx, (await publishTemplate(fx)).preset());
  const { outcome, workspace } = await create(fx);
  expect(outcome).toBe("claimed");
  const id = workspace.id as WorkspaceId;
  await build(fx, id, "stop");
  await build(fx, id, "start");
  for (let round = 0; round < 6; round += 1) {
    await createBuild(fx.context, fx.alice, { workspace: id, transition: "delete" });
    await runJobs(fx, () => failed);
  }
  await fx.rows("delete from provider_states");
  await fx.rows("delete from provider_state_versions");
  expect(await pruneAll(fx, { buildsMax: 3 })).toMatchObject({ builds: 4 });
  const kept = await fx.rows<{ number: number }>("select number from builds where workspace_id = $1 order by 1", [id]);
  // The first, the claim, the start, and the newest three.
  expect(kept.map((row) => row.number)).toEqual([1, 2, 4, 8, 9, 10]);
  expect(await danglingReferences(fx)).toEqual([]);
});

test("every column that is called an id is a foreign key, a reference that is checked, or said to be none", async () => {
  const fx = await testFixture();
  const rows = await fx.rows<{ name: string }>(
    `select c.table_name || '.' || c.column_name as name
from information_schema.columns c
where c.table_schema = 'public'
  and c.column_name like '%\\_id'
  and c.data_type = 'uuid'
  and not exists (
    select 1
    from information_schema.key_column_usage k
    join information_schema.table_constraints t on t.constraint_name = k.constraint_name and t.constraint_type = 'FOREIGN KEY'
    where k.table_name = c.table_name
      and k.column_name = c.column_name)`,
  );
  const columns = rows.map(({ name }) => name);
  expect(columns.toSorted()).toEqual([...references.map(({ from }) => from), ...otherIds].toSorted());
});
