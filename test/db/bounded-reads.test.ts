// Reads and writes that grew with a deployment's history, and do not any more: what they answer. How they are found is in
// plans.test.ts.
import { describe, expect, test } from "vitest";
import { cancelPendingPrebuildJobs, getAgentLogs, listVisibleJobs } from "../../src/app/jobs/jobs.ts";
import { listPrebuilds } from "../../src/app/prebuilds/pools.ts";
import { listAllTemplates, requireTemplate } from "../../src/app/templates/templates.ts";
import { listVisibleWorkspaces } from "../../src/app/workspaces/list-workspaces.ts";
import { endedJobsLookedMax, pastPrebuildsLookedMax } from "../../src/contracts/limits.ts";
import { createConsistency } from "../../src/controllers/consistency.ts";
import { loadPools } from "../../src/db/pools/load-pools.ts";
import { create } from "../support/claims.ts";
import { runJobs } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { putPrebuild, putPrebuilds } from "../support/prebuild-rows.ts";
import { publishTemplate } from "../support/templates.ts";

const goOn = new AbortController().signal;
const hourMs = 3_600_000;

test("a bulk cancel of many pending builds is a few transactions, and cancels each of them", async () => {
  const fx = await testFixture();
  const template = await publishTemplate(fx, { presets: { large: 0 } });
  await putPrebuilds(fx, template.preset(), 120, { jobStatus: "pending" });
  const { transactions } = fx.store.counters;
  expect(await cancelPendingPrebuildJobs(fx.context, fx.admin, {})).toEqual({ canceled: 120 });
  expect(fx.store.counters.transactions - transactions).toBe(3);
  expect(await fx.number("select count(*) from jobs where status = 'canceled'")).toBe(120);
});

describe("the history of a pool", () => {
  async function loaded(fx: Fixture): Promise<readonly string[]> {
    const [pool] = await loadPools(fx.store, {
      now: fx.clock.now(),
      backoffLookbackMs: hourMs,
      isForPeople: true,
    });
    return pool?.history.completed.map(({ result }) => result) ?? [];
  }
  const put = (
    fx: Fixture,
    presetId: Parameters<typeof putPrebuild>[1],
    jobStatus: "failed" | "succeeded",
    ageMs: number,
  ) => putPrebuild(fx, presetId, { jobStatus, ageMs });

  test("with one old failure is not loaded, however many were built well since", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx)).preset();
    await put(fx, presetId, "failed", 3 * hourMs);
    await put(fx, presetId, "succeeded", 2 * hourMs);
    await put(fx, presetId, "succeeded", 0);
    expect(await loaded(fx)).toEqual([]);
  });

  test("is loaded back to the newest success while failures came after it", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx)).preset();
    await put(fx, presetId, "failed", 9 * hourMs);
    await put(fx, presetId, "succeeded", 8 * hourMs);
    await put(fx, presetId, "failed", 7 * hourMs);
    await put(fx, presetId, "failed", 6 * hourMs);
    expect(await loaded(fx)).toEqual(["failed", "failed", "succeeded"]);
  });

  test("is loaded back to the begin of the look-back while a failure is within it", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx)).preset();
    await put(fx, presetId, "failed", 2 * hourMs);
    await put(fx, presetId, "failed", hourMs / 2);
    await put(fx, presetId, "succeeded", hourMs / 3);
    await put(fx, presetId, "succeeded", 0);
    expect(await loaded(fx)).toEqual(["succeeded", "succeeded", "failed"]);
  });
});

describe("a list of jobs", () => {
  async function putEnded(fx: Fixture, count: number, by: string): Promise<void> {
    await fx.rows(
      `insert into jobs (id, organization_id, kind, initiator_id, is_prebuild, status, template_version_id, driver, created_at,
  completed_at)
select gen_random_uuid(), o.id, 'build', $1, false, 'succeeded', gen_random_uuid(), 'fake', $2::timestamptz - n * interval '1 s', $2
from organizations o, generate_series(1, $3::int) n`,
      [by, fx.clock.now(), count],
    );
  }

  test("shows what waits and runs, and of what has ended the newest, and counts no more of them", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { large: 0 } });
    await fx.rows("delete from jobs");
    await putEnded(fx, endedJobsLookedMax + 5, fx.admin.userId);
    await putPrebuild(fx, template.preset(), { jobStatus: "pending", ageMs: 48 * hourMs });
    await putPrebuild(fx, template.preset(), { jobStatus: "running", ageMs: 48 * hourMs });
    const { jobs, total } = await listVisibleJobs(fx.context, fx.admin, { limit: 3 });
    expect(jobs.map(({ status }) => status)).toEqual(["pending", "succeeded", "succeeded"]);
    expect(total).toBe(endedJobsLookedMax + 2);
    const running = await listVisibleJobs(fx.context, fx.admin, { status: "running" });
    expect(running).toMatchObject({ total: 1, jobs: [{ status: "running" }] });
  });

  test("of one person finds his, however many others came after them", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: {} });
    await create(fx);
    await runJobs(fx);
    fx.clock.advance(24 * hourMs);
    await putEnded(fx, endedJobsLookedMax + 5, fx.admin.userId);
    const own = await listVisibleJobs(fx.context, fx.alice, {});
    expect(own).toMatchObject({ total: 1, jobs: [{ initiator: "alice", status: "succeeded" }] });
    expect(await listVisibleJobs(fx.context, fx.admin, { initiator: "ALICE" })).toMatchObject({ total: 1 });
    expect(await listVisibleJobs(fx.context, fx.admin, { initiator: "nobody" })).toEqual({ jobs: [], total: 0 });
    expect(await listVisibleJobs(fx.context, fx.alice, { initiator: "admin" })).toEqual({ jobs: [], total: 0 });
  });
});

describe("a list of prebuilds", () => {
  test("shows those that live, and by their state those that were claimed or deleted, the newest of each preset", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { large: 0, small: 0 } });
    await putPrebuilds(fx, template.preset("large"), 2);
    await putPrebuild(fx, template.preset("small"), { jobStatus: "failed" });
    await putPrebuilds(fx, template.preset("large"), pastPrebuildsLookedMax + 3, { transition: "delete" });
    await create(fx, { preset: "large" });
    const list = async (query: Parameters<typeof listPrebuilds>[2]) => {
      const { prebuilds, total } = await listPrebuilds(fx.context, fx.admin, { limit: 2, ...query });
      return { states: prebuilds.map(({ state }) => state).toSorted(), total };
    };
    expect(await list({})).toEqual({ states: ["failed", "ready"], total: 2 });
    expect(await list({ state: "failed" })).toEqual({ states: ["failed"], total: 1 });
    expect(await list({ preset: "large" })).toEqual({ states: ["ready"], total: 1 });
    expect(await list({ state: "claimed" })).toEqual({ states: ["claimed"], total: 1 });
    expect(await list({ state: "deleted" })).toMatchObject({ states: ["deleted", "deleted"] });
    expect((await list({ state: "deleted" })).total).toBeLessThanOrEqual(pastPrebuildsLookedMax);
  });
});

test("a list of workspaces is the same by each order, of one person and of all", async () => {
  const fx = await testFixture();
  const template = await publishTemplate(fx, { presets: { large: 0 } });
  await putPrebuild(fx, template.preset());
  const names = ["b", "a", "c"];
  for (const name of names) {
    await create(fx, { name: `mine-${name}`, mode: "prefer_warm" });
    fx.clock.advance(1_000);
  }
  await create(fx, { name: "theirs", by: fx.admin });
  const list = async (query: Parameters<typeof listVisibleWorkspaces>[2], by = fx.admin) => {
    const { workspaces, total } = await listVisibleWorkspaces(fx.context, by, query);
    return { names: workspaces.map(({ name }) => name), total };
  };
  expect(await list({}, fx.alice)).toEqual({ names: ["mine-a", "mine-b", "mine-c"], total: 3 });
  expect(await list({ sort: "created", limit: 2 }, fx.alice)).toEqual({ names: ["mine-c", "mine-a"], total: 3 });
  expect(await list({ owner: "*", order: "desc" })).toEqual({
    names: ["theirs", "mine-c", "mine-b", "mine-a"],
    total: 4,
  });
  expect(await list({ owner: "*", status: "pending", search: "MINE" })).toMatchObject({ total: 2 });
  expect((await listAllTemplates(fx.context, fx.alice, {})).templates).toMatchObject([{ workspaces: 4 }]);
});

test("looking a template up counts nothing", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: {} });
  const asked: string[] = [];
  const db = new Proxy(fx.store, {
    get: (target, name) =>
      name === "query"
        ? async (statement: { readonly name: string }, params: readonly unknown[]) => {
            asked.push(statement.name);
            return await target.query(statement as never, params);
          }
        : (Reflect.get(target, name) as unknown),
  });
  await requireTemplate({ ...fx.context, db }, fx.alice, { template: "web" });
  expect(asked).not.toContain("template_workspaces");
});

test("the agents' logs of a workspace come in one order, a page at a time", async () => {
  const fx = await testFixture();
  const template = await publishTemplate(fx, { presets: { large: 0 } });
  const id = await putPrebuild(fx, template.preset(), { agents: { total: 2, ready: 2 } });
  await fx.rows(
    `insert into agent_logs (agent_id, at, level, source, line)
select a.id, $1, 'info', 'hook', n || ' of ' || a.name from generate_series(1, 3) n, agents a order by n, a.name`,
    [fx.clock.now()],
  );
  const first = await getAgentLogs(fx.context, fx.admin, { workspace: id, limit: 4 });
  expect(first.entries.map(({ line }) => line)).toEqual([
    "1 of agent-1",
    "1 of agent-2",
    "2 of agent-1",
    "2 of agent-2",
  ]);
  const rest = await getAgentLogs(fx.context, fx.admin, { workspace: id, after: first.entries.at(-1)?.id ?? 0 });
  expect(rest.entries.map(({ line }) => line)).toEqual(["3 of agent-1", "3 of agent-2"]);
});

test("rows without their other half are found in all of history, some pages a run", async () => {
  const fx = await testFixture();
  fx.breakOnPurpose();
  await fx.rows(
    `insert into jobs (id, organization_id, kind, initiator_id, is_prebuild, status, template_version_id, driver, created_at)
select lpad(to_hex(n), 32, '0')::uuid, o.id, 'build', o.id, false, case n when 21001 then 'odd' else 'succeeded' end, o.id, 'fake', now()
from organizations o, generate_series(1, 21001) n`,
  );
  const controller = createConsistency({
    db: fx.store,
    clock: fx.clock,
    logger: fx.logger,
    serverId: fx.id,
    monotonicMs: () => performance.now(),
  });
  const strays: unknown[] = [];
  for (let run = 0; run < 6; run += 1) strays.push((await controller.run(goOn)).fields["strays"]);
  // The first page of each other table, then five of jobs: it is found in the second run, and stays known.
  expect(strays).toEqual([0, 1, 1, 1, 1, 1]);
});
