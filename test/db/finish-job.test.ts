// What the end of a job means: for the ledger, the workspace, the agents, the template version.
import { describe, expect, it } from "vitest";
import { createJobReaper } from "../../src/controllers/job-reaper.ts";
import { writeAgentWords } from "../../src/db/agents/agent-words.ts";
import { liveAgents } from "../../src/db/agents/agents.ts";
import { appendJobLog, extendLease, releaseLeasedJob } from "../../src/db/jobs/job-leases.ts";
import type { Tx } from "../../src/db/store.ts";
import { finishJob } from "../../src/db/jobs/finish-job.ts";
import type { JobOutcome } from "../../src/db/jobs/job-outcome.ts";
import type { JobId } from "../../src/contracts/ids.ts";
import { jobLogLinesMax } from "../../src/contracts/limits.ts";
import type { JobStatus, Transition } from "../../src/contracts/states.ts";
import { create } from "../support/claims.ts";
import {
  agentsReady,
  connectAgents,
  failed,
  finish,
  putState,
  runJobs,
  storedStates,
  succeeded,
  takeNext,
} from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { interleaved } from "../support/interleave.ts";
import { ledgerCounts, ledgerState, putPrebuild } from "../support/prebuild-rows.ts";
import { createReconciler, reconcile } from "../support/reconcile.ts";
import { finishImport, publishTemplate, pushVersion } from "../support/templates.ts";

const canceled: JobOutcome = { kind: "canceled" };
const goOn = new AbortController().signal;

function reaper(fx: Fixture, outageGraceMs = 0) {
  const { clock, logger, id: serverId, store: db } = fx;
  return createJobReaper({ db, clock, logger, serverId, monotonicMs: () => performance.now(), outageGraceMs });
}

/** The one job that has this status. */
async function jobIn(fx: Fixture, status: JobStatus): Promise<JobId> {
  const [job] = await fx.rows<{ id: JobId }>("select id from jobs where status = $1", [status]);
  if (job === undefined) throw new Error(`no job is ${status}`);
  return job.id;
}

describe("a build whose daemon stopped answering", () => {
  it("is ended by the reaper, whose transaction wakes the reconciler", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx);
    await reconcile(fx);
    await takeNext(fx);
    fx.clock.advance(30_001);
    fx.published.length = 0;
    expect(await reaper(fx).run(goOn)).toMatchObject({ fields: { abandoned: 1 } });
    expect(fx.published).toEqual(expect.arrayContaining(["pools", `pool:${template.preset()}`, "jobs"]));
  });

  it("is not given up because of our own outage: what ran out while nobody could hear its daemon may be renewed first", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    await reconcile(fx);
    await takeNext(fx);
    const returning = reaper(fx, 10_000);
    await returning.run(goOn);
    // No run came to its end meanwhile.
    fx.clock.advance(60_000);
    for (let nth = 0; nth < 2; nth += 1) {
      expect(await returning.run(goOn)).toMatchObject({ fields: { abandoned: 0 } });
      fx.clock.advance(5_000);
    }
    expect(await returning.run(goOn), "its daemon had its chance").toMatchObject({ fields: { abandoned: 1 } });
  });

  it("holds its pool back, and the reconciler asks to be run again right when that ends, not at its next interval", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    await reconcile(fx);
    await takeNext(fx);
    fx.clock.advance(30_001);
    await reaper(fx).run(goOn);
    const held = await createReconciler(fx).run(goOn);
    expect(held).toMatchObject({ againAfterMs: 30_000, fields: { creates: 0, held: 1 } });
    fx.clock.advance(held.againAfterMs ?? 0);
    expect(await createReconciler(fx).run(goOn)).toMatchObject({ fields: { creates: 1 } });
  });
});

describe("the end of a prebuild's build", () => {
  interface End {
    readonly transition: Transition;
    readonly outcome: JobOutcome;
    readonly state: string;
    readonly firstBuild: string | null;
  }
  const ends: readonly End[] = [
    { transition: "start", outcome: succeeded, state: "starting", firstBuild: null },
    { transition: "start", outcome: failed, state: "failed", firstBuild: "failed" },
    { transition: "start", outcome: canceled, state: "failed", firstBuild: "canceled" },
    { transition: "stop", outcome: succeeded, state: "parked", firstBuild: "succeeded" },
    { transition: "stop", outcome: failed, state: "parked", firstBuild: "succeeded" },
    { transition: "stop", outcome: canceled, state: "parked", firstBuild: "succeeded" },
    { transition: "delete", outcome: succeeded, state: "deleted", firstBuild: "succeeded" },
    { transition: "delete", outcome: failed, state: "draining", firstBuild: "succeeded" },
    { transition: "delete", outcome: canceled, state: "draining", firstBuild: "succeeded" },
  ];
  it.each(ends)("$transition $outcome.kind makes it $state", async ({ transition, outcome, state, firstBuild }) => {
    const fx = await testFixture();
    const id = await putPrebuild(fx, (await publishTemplate(fx)).preset(), { transition, jobStatus: "running" });
    const jobId = await jobIn(fx, "running");
    fx.clock.advance(5_000);
    const now = fx.clock.now();
    const end = { jobId, attempt: 1, from: ["running"], outcome, now } as const;
    expect(await fx.store.transaction("test", (tx) => finishJob(tx, end))).toBe(true);
    expect(await fx.store.transaction("test", (tx) => finishJob(tx, end)), "only once").toBe(false);
    const [row] = await fx.rows(
      `select b.state, b.first_build_result, b.generation, b.ended_at, w.deleted_at
      from prebuilds b join workspaces w on w.id = b.workspace_id where b.workspace_id = $1`,
      [id],
    );
    const gone = state === "deleted" ? now : null;
    expect(row).toEqual({ state, first_build_result: firstBuild, generation: 2, ended_at: gone, deleted_at: gone });
  });

  it("makes it ready at once when the agents were faster than the job", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx);
    await reconcile(fx);
    const job = await takeNext(fx);
    if (job === undefined) throw new Error("a cycle makes a job");
    await agentsReady(fx, [job.workspace_id]);
    expect(await ledgerCounts(fx, template.preset())).toEqual({ building: 1 });
    expect(await finish(fx, job, succeeded)).toBe(true);
    expect(await ledgerCounts(fx, template.preset())).toEqual({ ready: 1 });
    expect(await fx.rows("select ready_at from prebuilds")).toEqual([{ ready_at: fx.clock.now() }]);
  });

  const settings = [1, 2, 3].flatMap((nth) => [
    { first: "the job's end", second: "the agent's report", nth },
    { first: "the agent's report", second: "the job's end", nth },
  ]);
  it.each(settings)("it is ready when $first is met after its statement $nth by $second", async ({ first, nth }) => {
    const fx = await testFixture();
    const template = await publishTemplate(fx);
    await reconcile(fx);
    const job = await takeNext(fx);
    if (job === undefined) throw new Error("a cycle makes a job");
    await connectAgents(fx, job.workspace_id);
    const [agent] = await liveAgents(fx.store, job.workspace_id);
    if (agent === undefined) throw new Error("a start makes agents");
    const now = fx.clock.now();
    const { id: jobId, attempt } = job;
    const ready = { kind: "state", agentId: agent.id, state: "ready", told: null } as const;
    const report = async (tx: Tx): Promise<boolean> => (await writeAgentWords(tx, [ready], now)).has(agent.id);
    const end = (tx: Tx): Promise<boolean> =>
      finishJob(tx, { jobId, attempt, from: ["running"], outcome: succeeded, now });
    const [one, other] = first === "the job's end" ? [end, report] : [report, end];
    const second = await fx.store.transaction("test first", async (tx) => {
      const both = interleaved(fx, tx, { nth, work: () => fx.store.transaction("test second", other) });
      expect(await one(both.tx)).toBe(true);
      return { result: both.other };
    });
    expect(await second.result).toBe(true);
    expect(await ledgerCounts(fx, template.preset())).toEqual({ ready: 1 });
  });

  it("in whatever order jobs and agents report, at once, every prebuild ends up ready", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { large: 20 }, agents: [{ name: "one" }, { name: "two" }] });
    await reconcile(fx);
    const jobs = [];
    for (let job = await takeNext(fx); job !== undefined; job = await takeNext(fx)) jobs.push(job);
    await Promise.all(jobs.flatMap((job) => [finish(fx, job, succeeded), agentsReady(fx, [job.workspace_id])]));
    expect(await ledgerCounts(fx, template.preset())).toEqual({ ready: 20 });
  });

  it("that is not its latest any more changes nothing of it, and is no failure of its pool", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx);
    const id = await putPrebuild(fx, template.preset(), { transition: "delete", jobStatus: "pending" });
    // Nothing leaves an earlier build running; what a restored database holds may.
    const [late] = await fx.rows<{ id: JobId }>(
      `update jobs set status = 'running', completed_at = null where workspace_id = $1 and status = 'succeeded' returning id`,
      [id],
    );
    if (late === undefined) throw new Error("its first build has a job");
    await fx.rows("update prebuilds set first_build_result = null");
    const before = await fx.rows("select state, first_build_result, ended_at from prebuilds");
    const end = { jobId: late.id, attempt: null, from: ["running"], outcome: failed, now: fx.clock.now() } as const;
    expect(await fx.store.transaction("test end", (tx) => finishJob(tx, end))).toBe(true);
    expect(await fx.rows("select state, first_build_result, ended_at from prebuilds")).toEqual(before);
    expect(await fx.number("select count(*) from pool_events where kind = 'failed'")).toBe(0);
  });

  it("takes away the agents' right to sign in when it stops or deletes", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    await reconcile(fx);
    const jobs = await runJobs(fx);
    await agentsReady(
      fx,
      jobs.map((job) => job.workspace_id),
    );
    const [workspaceId] = jobs.map((job) => job.workspace_id);
    if (workspaceId === undefined) throw new Error("a cycle makes a job");
    expect(await liveAgents(fx.store, workspaceId)).toHaveLength(1);
    await fx.rows("update presets set instances = 0");
    await reconcile(fx);
    await runJobs(fx);
    expect(await ledgerState(fx, workspaceId)).toBe("deleted");
    expect(await liveAgents(fx.store, workspaceId)).toEqual([]);
    expect(await fx.number("select count(*) from provider_states")).toBe(0);
  });
});

it("a job's log ends at its limit, and says so", async () => {
  const fx = await testFixture();
  await publishTemplate(fx);
  await reconcile(fx);
  const job = await takeNext(fx);
  if (job === undefined) throw new Error("a cycle makes a job");
  await fx.rows("update jobs set log_lines = $2 where id = $1", [job.id, jobLogLinesMax - 2]);
  const at = fx.clock.now().toISOString();
  const lines = ["last but one", "last", "too many"].map((line) => ({ at, level: "info", stage: "apply", line }));
  const append = () => appendJobLog(fx.store, { jobId: job.id, attempt: job.attempt, lines });
  expect([await append(), await append()], "its daemon goes on all the same").toEqual([true, true]);
  expect(await fx.rows("select line from job_logs order by id")).toEqual([
    { line: "last but one" },
    { line: expect.stringContaining("reached its limit") },
  ]);
});

describe("a lease that is lost", () => {
  it("S16: the reaper fails the job as abandoned, and everything that its daemon says later is refused", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx);
    await reconcile(fx);
    const job = await takeNext(fx);
    if (job === undefined) throw new Error("a cycle makes a job");
    expect(await putState(fx, job, 1)).toBe(true);
    fx.clock.advance(30_001);
    expect(await reaper(fx).run(goOn)).toMatchObject({ outcome: "ok", fields: { abandoned: 1 } });
    expect(await fx.rows("select status, error_code from jobs where id = $1", [job.id])).toEqual([
      { status: "failed", error_code: "abandoned" },
    ]);
    expect(await ledgerCounts(fx, template.preset())).toEqual({ failed: 1 });
    const { id: jobId, attempt } = job;
    expect(await finish(fx, job, succeeded)).toBe(false);
    expect(await putState(fx, job, 2)).toBe(false);
    expect(await extendLease(fx.store, { jobId, attempt, leaseUntil: fx.clock.now() })).toBeUndefined();
    const lines = [{ at: fx.clock.now().toISOString(), level: "info", stage: "apply", line: "done" }];
    expect(await appendJobLog(fx.store, { jobId, attempt, lines })).toBe(false);
    expect(await ledgerCounts(fx, template.preset())).toEqual({ failed: 1 });
    expect(await storedStates(fx, job.workspace_id), "what was made is known").toEqual([{ serial: 1 }]);
  });

  it("and taken again belongs to who has it now: whatever the first attempt says is refused", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    await reconcile(fx);
    const first = await takeNext(fx);
    if (first === undefined) throw new Error("a cycle makes a job");
    await releaseLeasedJob(fx.store, first.id, first.attempt);
    const second = await takeNext(fx);
    expect(second).toMatchObject({ id: first.id, attempt: first.attempt + 1 });
    const { id: jobId, attempt } = first;
    expect(await finish(fx, first, succeeded)).toBe(false);
    expect(await putState(fx, first, 1)).toBe(false);
    expect(await extendLease(fx.store, { jobId, attempt, leaseUntil: fx.clock.now() })).toBeUndefined();
    const lines = [{ at: fx.clock.now().toISOString(), level: "info", stage: "apply", line: "late" }];
    expect(await appendJobLog(fx.store, { jobId, attempt, lines })).toBe(false);
    expect(await fx.rows("select status from jobs where id = $1", [jobId])).toEqual([{ status: "running" }]);
  });

  it("leaves alone a job whose lease is just not over, or was extended", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    await reconcile(fx);
    const job = await takeNext(fx);
    if (job === undefined) throw new Error("a cycle makes a job");
    fx.clock.advance(30_000);
    expect(await reaper(fx).run(goOn)).toMatchObject({ fields: { abandoned: 0 } });
    const leaseUntil = new Date(fx.clock.now().getTime() + 30_000);
    expect(await extendLease(fx.store, { jobId: job.id, attempt: job.attempt, leaseUntil })).toEqual({
      is_cancel_requested: false,
    });
    fx.clock.advance(20_000);
    expect(await reaper(fx).run(goOn)).toMatchObject({ fields: { abandoned: 0 } });
    // Extended since the reaper looked for leases that are over.
    const outcome = { kind: "failed", code: "abandoned", message: "too late" } as const;
    const reap = { jobId: job.id, attempt: null, from: ["running", "canceling"], outcome } as const;
    const now = fx.clock.now();
    const hasEnded = await fx.store.transaction("test reap", async (tx) =>
      finishJob(tx, { ...reap, now, leaseOverBefore: now }),
    );
    expect(hasEnded).toBe(false);
  });

  it("ends once when the reaper and the daemon's report come together: the job, the ledger and the answers agree", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { large: 15 } });
    await reconcile(fx);
    const jobs = [];
    for (let job = await takeNext(fx); job !== undefined; job = await takeNext(fx)) jobs.push(job);
    fx.clock.advance(30_001);
    const [report, ...accepted] = await Promise.all([
      reaper(fx).run(goOn),
      ...jobs.map((job) => finish(fx, job, succeeded)),
    ]);
    const abandoned = Number(report.fields["abandoned"]);
    expect(accepted.filter(Boolean).length + abandoned).toBe(15);
    const { failed: failedCount = 0, starting = 0 } = await ledgerCounts(fx, template.preset());
    expect([failedCount, starting]).toEqual([abandoned, 15 - abandoned]);
  });

  it("a newer attempt's state is not overwritten by an older one, nor by an older version of its own", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    await reconcile(fx);
    const job = await takeNext(fx);
    if (job === undefined) throw new Error("a cycle makes a job");
    expect(await putState(fx, job, 5)).toBe(true);
    expect(await putState(fx, job, 4)).toBe(false);
    expect(await putState(fx, { ...job, attempt: job.attempt + 1 }, 9)).toBe(false);
    expect(await putState(fx, job, 6)).toBe(true);
    expect(await storedStates(fx, job.workspace_id)).toEqual([{ serial: 6 }, { serial: 5 }]);
  });
});

describe("a pending job that is cancelled", () => {
  it("ends without a daemon; the prebuild is not running, and counts as no failure", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx);
    await reconcile(fx);
    const jobId = await jobIn(fx, "pending");
    const cancel = { jobId, attempt: null, from: ["pending"], outcome: canceled } as const;
    const end = (): Promise<boolean> =>
      fx.store.transaction("test", (tx) => finishJob(tx, { ...cancel, now: fx.clock.now() }));
    expect(await end()).toBe(true);
    expect(await end()).toBe(false);
    expect(await takeNext(fx)).toBeUndefined();
    expect(await ledgerCounts(fx, template.preset())).toEqual({ failed: 1 });
    expect(await fx.rows("select kind from pool_events")).toEqual([{ kind: "created" }]);
    expect(await reconcile(fx)).toMatchObject({ creates: 1, held: 0 });
  });
});

describe("the end of an import", () => {
  const imported: JobOutcome = { kind: "succeeded", claimEffect: "none" };
  const active = (fx: Fixture): Promise<unknown[]> =>
    fx.rows(
      "select v.number, v.claim_effect from templates t left join template_versions v on v.id = t.active_version_id",
    );

  it("makes the version the active one; of two the higher number stays, whichever ends last", async () => {
    const fx = await testFixture();
    const first = await pushVersion(fx);
    const second = await pushVersion(fx);
    expect(await active(fx)).toEqual([{ number: null, claim_effect: null }]);
    await finishImport(fx, second, imported);
    await finishImport(fx, first, imported);
    expect(await active(fx)).toEqual([{ number: 2, claim_effect: "none" }]);
  });

  it("ten that end at once leave the newest active", async () => {
    const fx = await testFixture();
    const pushed = [];
    for (let nth = 0; nth < 10; nth += 1) pushed.push(await pushVersion(fx));
    await Promise.all(pushed.map((one) => finishImport(fx, one, imported)));
    expect(await active(fx)).toEqual([{ number: 10, claim_effect: "none" }]);
  });

  it("that failed leaves the active version as it was, and the version says why", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    const second = await pushVersion(fx);
    await finishImport(fx, second, failed);
    expect(await active(fx)).toEqual([{ number: 1, claim_effect: "none" }]);
    expect(await fx.rows("select status, error from template_versions where number = 2")).toEqual([
      { status: "failed", error: "scripted" },
    ]);
  });

  it("of a version that was not to be activated does not activate it", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    await publishTemplate(fx, { activate: false });
    expect(await active(fx)).toEqual([{ number: 1, claim_effect: "none" }]);
  });
});

describe("161: the queue", () => {
  it("gives out people's jobs first, then those of pools, in each class the oldest first", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: 2 } });
    await reconcile(fx);
    const names = ["first", "second"];
    for (const name of names) {
      fx.clock.advance(1_000);
      await create(fx, { name });
    }
    const taken = (await runJobs(fx)).map((job) => job.workspace_name);
    expect(taken.slice(0, 2)).toEqual(names);
    expect(taken.slice(2).every((name) => name.startsWith("prebuild-"))).toBe(true);
    expect(taken).toHaveLength(4);
  });
});
