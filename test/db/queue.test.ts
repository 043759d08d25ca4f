// The queue: its order, the slots that are reserved for people, the rate of creates, and jobs that nobody can take.
import { describe, expect, it } from "vitest";
import { cancelJob, cancelPendingPrebuildJobs, getJob, listVisibleJobs } from "../../src/app/jobs/jobs.ts";
import type { Actor } from "../../src/app/authorize.ts";
import { examine } from "../../src/app/system/doctor.ts";
import { createBlockedJobs } from "../../src/controllers/blocked-jobs.ts";
import { noteBlockedJobs } from "../../src/db/jobs/blocked-jobs.ts";
import type { JobId, WorkspaceId } from "../../src/contracts/ids.ts";
import { compareJobs } from "../support/job-order.ts";
import { create } from "../support/claims.ts";
import { runJobs, takeNext } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { buildOf, registerDaemon } from "../support/leasing-daemon.ts";
import { ledgerCounts, putPrebuild, putPrebuilds } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";

const goOn = new AbortController().signal;

interface QueuedRow {
  readonly id: string;
  readonly created_at: Date;
  readonly is_prebuild: boolean;
  readonly is_pool_removal: boolean;
}

async function mixedQueue(fx: Fixture): Promise<void> {
  const presetId = (await publishTemplate(fx, { presets: { large: 0 } })).preset();
  for (let round = 0; round < 3; round += 1) {
    const ageMs = (3 - round) * 1_000;
    await putPrebuild(fx, presetId, { jobStatus: "pending", ageMs });
    await putPrebuild(fx, presetId, { transition: "delete", jobStatus: "pending", ageMs });
    fx.clock.advance(1);
    await create(fx);
  }
}

describe("the queue's order", () => {
  it("161: in SQL is the one that the domain says, and the list shows it", async () => {
    const fx = await testFixture();
    await mixedQueue(fx);
    const rows = await fx.rows<QueuedRow>("select * from jobs where status = 'pending'");
    const wanted = rows
      .map((row) => ({
        jobId: row.id,
        createdAt: row.created_at.getTime(),
        initiator: row.is_prebuild ? ("prebuilds" as const) : ("person" as const),
        isPoolRemoval: row.is_pool_removal,
      }))
      .sort(compareJobs)
      .map((job) => job.jobId);
    const { jobs } = await listVisibleJobs(fx.context, fx.admin, { status: "pending" });
    expect(jobs.map((job) => job.id)).toEqual(wanted);
    expect(jobs.map((job) => job.queuePosition)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect((await runJobs(fx)).map((job) => job.id)).toEqual(wanted);
  });

  it("takes a pool's deletes before its creates, however old those are", async () => {
    const fx = await testFixture();
    const old = (await publishTemplate(fx, { presets: { large: 2 } })).preset();
    await putPrebuilds(fx, old, 2);
    await publishTemplate(fx, { presets: { large: 2 } });
    await reconcile(fx);
    const taken = await runJobs(fx);
    expect(taken.map((job) => job.transition)).toEqual(["delete", "delete", "start", "start"]);
  });
});

it("a member is shown his own jobs, a template admin those of pools beside his own, an administrator all", async () => {
  const fx = await testFixture();
  const [bob, tess] = [await fx.addUser("bob"), await fx.addUser("tess")];
  const organizations = tess.organizations.map((one) => ({ ...one, role: "template_admin" as const }));
  await publishTemplate(fx);
  await reconcile(fx);
  for (const by of [fx.alice, bob, tess]) await create(fx, { by });
  const initiators = async (actor: Actor) =>
    (await listVisibleJobs(fx.context, actor, { status: "pending" })).jobs.map((job) => job.initiator).toSorted();
  expect(await initiators(bob)).toEqual(["bob"]);
  expect(await initiators({ ...tess, organizations })).toEqual(["prebuilds", "tess"]);
  expect(await initiators(fx.admin)).toEqual(["alice", "bob", "prebuilds", "tess"]);
});

it("who cancels a job, pending or running, is written down once", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: {} });
  for (const name of ["waits", "runs"]) await create(fx, { name });
  const running = await takeNext(fx);
  const jobs = await fx.rows<{ id: JobId; status: string }>("select id, status from jobs where kind = 'build'");
  expect(jobs.map((job) => job.status).toSorted()).toEqual(["pending", "running"]);
  for (const { id } of jobs) await cancelJob(fx.context, fx.alice, id);
  expect((await getJob(fx.context, fx.alice, running?.id as JobId)).status).toBe("canceling");
  const entries = await fx.rows("select target_id, actor_id from audit_log where action = 'job.cancel'");
  expect(entries).toHaveLength(2);
  expect(entries).toEqual(
    expect.arrayContaining(jobs.map((job) => ({ target_id: job.id, actor_id: fx.alice.userId }))),
  );
});

it("a job goes to a daemon that has its driver and all of its tags, and to no other", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: {}, tags: { zone: "eu", size: "large" } });
  await create(fx);
  const [job] = await fx.rows<{ id: string }>("select id from jobs where status = 'pending'");
  const others = [{}, { zone: "eu" }, { zone: "us", size: "large" }];
  for (const [nth, tags] of others.entries()) {
    expect(await (await registerDaemon(fx, { name: `other-${nth}`, tags })).take()).toBeNull();
  }
  const tags = { zone: "eu", size: "large", more: "of it" };
  expect(await (await registerDaemon(fx, { name: "docker-only", drivers: ["docker"], tags })).take()).toBeNull();
  expect((await (await registerDaemon(fx, { name: "right", tags })).take())?.jobId).toBe(job?.id);
});

describe("slots reserved for people", () => {
  async function prebuildsPending(reservedShare: number): Promise<Fixture> {
    const fx = await testFixture({ reservedShare });
    await publishTemplate(fx, { presets: { large: 10 } });
    await reconcile(fx);
    return fx;
  }

  it.each([
    [0.25, 4, 3],
    [0.5, 4, 2],
    [0.25, 2, 1],
    [0.25, 1, 1],
    [0, 4, 4],
  ])("with a share of %d a daemon of %i takes %i builds of prebuilds", async (share, concurrency, expected) => {
    const fx = await prebuildsPending(share);
    const daemon = await registerDaemon(fx, { concurrency });
    const taken = [];
    for (let slot = 0; slot < concurrency; slot += 1) taken.push(await daemon.take());
    expect(taken.filter((job) => job !== null)).toHaveLength(expected);
  });

  it("are taken by people, and by the deletes of pools", async () => {
    const fx = await prebuildsPending(0.25);
    const daemon = await registerDaemon(fx, { concurrency: 2 });
    expect(await daemon.takeAll()).toHaveLength(1);
    const { workspace } = await create(fx);
    const persons = await daemon.take();
    expect(persons && buildOf(persons).workspaceId).toBe(workspace.id);
    if (persons !== null) await daemon.end(persons);
    expect(await daemon.take(), "free again, and again reserved").toBeNull();
    const [presetId] = (await fx.rows<{ id: string }>("select id from presets")).map((row) => row.id);
    await putPrebuild(fx, presetId as never, { transition: "delete", jobStatus: "pending" }); // an id of this database
    const removal = await daemon.take();
    expect(removal && buildOf(removal).transition).toBe("delete");
  });

  it("stay free when all slots of a daemon ask at once", async () => {
    const fx = await prebuildsPending(0.25);
    const daemon = await registerDaemon(fx, { concurrency: 8 });
    const taken = await Promise.all(Array.from({ length: 8 }, () => daemon.take()));
    expect(taken.filter((job) => job !== null)).toHaveLength(6);
  });

  it("are each daemon's own", async () => {
    const fx = await prebuildsPending(0.25);
    const one = await registerDaemon(fx, { name: "one", concurrency: 2 });
    const other = await registerDaemon(fx, { name: "other", concurrency: 3 });
    expect([(await one.takeAll()).length, (await other.takeAll()).length]).toEqual([1, 2]);
  });
});

describe("the rate of creates", () => {
  it("fills a pool minute by minute, whoever creates", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx, { presets: { large: 5 } })).preset();
    const limit = { createsPerMinuteMax: 2 };
    const other = fx.addServer();
    expect(await reconcile(fx, limit)).toMatchObject({ creates: 2, held: 3 });
    expect(await reconcile(other, { ...limit, holder: fx.id })).toMatchObject({ creates: 0, held: 3 });
    fx.clock.advance(60_000);
    expect(await reconcile(fx, limit)).toMatchObject({ creates: 2, held: 1 });
    fx.clock.advance(59_999);
    expect(await reconcile(fx, limit)).toMatchObject({ creates: 0, held: 1 });
    fx.clock.advance(1);
    expect(await reconcile(fx, limit)).toMatchObject({ creates: 1, held: 0 });
    expect(await ledgerCounts(fx, presetId)).toEqual({ building: 5 });
  });

  it("does not hold deletes", async () => {
    const fx = await testFixture();
    const old = (await publishTemplate(fx, { presets: { large: 3 } })).preset();
    await putPrebuilds(fx, old, 3, { ageMs: 0 });
    await publishTemplate(fx, { presets: { large: 3 } });
    expect(await reconcile(fx, { createsPerMinuteMax: 1 })).toMatchObject({ creates: 0, deletes: 3, held: 3 });
  });
});

describe("a job that no daemon can take", () => {
  const logOf = async (fx: Fixture, jobId: string): Promise<string[]> =>
    (await fx.rows<{ line: string }>("select line from job_logs where job_id = $1 order by id", [jobId])).map(
      (row) => row.line,
    );

  it("says so to who asks, and in its log after two seconds, once for each change", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: {}, tags: { zone: "eu" } });
    const { workspace } = await create(fx);
    const jobId = workspace.latestBuild.jobId as JobId;
    const missing = "no daemon with the driver fake and the tags zone=eu is connected";
    expect(await getJob(fx.context, fx.alice, jobId)).toMatchObject({ blockedBecause: missing });
    const controller = createBlockedJobs({ db: fx.store, clock: fx.clock, logger: fx.logger, waitLimitMs: 0 });
    fx.clock.advance(2_000);
    expect(await controller.run(goOn)).toMatchObject({ fields: { said: 0 } });
    fx.clock.advance(1);
    expect(await controller.run(goOn)).toMatchObject({ fields: { said: 1 } });
    expect(await controller.run(goOn)).toMatchObject({ fields: { said: 0 } });
    expect(fx.published).toContain(`job:${jobId}`);
    await registerDaemon(fx, { name: "other zone", tags: { zone: "us" } });
    expect(await controller.run(goOn)).toMatchObject({ fields: { said: 0 } });
    await registerDaemon(fx, { name: "right zone", tags: { zone: "eu", disk: "fast" } });
    expect(await controller.run(goOn)).toMatchObject({ fields: { said: 1 } });
    expect(await getJob(fx.context, fx.alice, jobId)).toMatchObject({ blockedBecause: null });
    fx.clock.advance(60_001);
    expect(await controller.run(goOn)).toMatchObject({ fields: { said: 1 } });
    const said = `the job waits: ${missing}`;
    expect(await logOf(fx, jobId)).toEqual([said, "a daemon that can take the job is connected", said]);
  });

  it("says why, where a daemon would have the driver and cannot use it, and so does doctor", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: {} });
    const why = { driver: "fake", reason: "There is no such socket.", next: "Start it." };
    await registerDaemon(fx, { drivers: ["process"], unavailable: [{ ...why, isWanted: true }] });
    const { workspace } = await create(fx);
    expect(await getJob(fx.context, fx.alice, workspace.latestBuild.jobId as JobId)).toMatchObject({
      blockedBecause: 'no daemon with the driver fake is connected; "host-1" cannot use it: There is no such socket',
    });
    const drivers = async (): Promise<unknown> =>
      (await examine(fx.context, fx.admin, () => [])).findings.filter(({ check }) => check === "drivers");
    const message = 'The provisioner "host-1" cannot use the driver fake: There is no such socket.';
    expect(await drivers()).toMatchObject([{ severity: "ok" }, { severity: "warning", message, next: "Start it." }]);
    await registerDaemon(fx, { drivers: ["process"], unavailable: [{ ...why, isWanted: false }] });
    expect(await drivers()).toMatchObject([{ severity: "ok" }, { severity: "ok", message, next: null }]);
  });

  it("is looked for at the head of a long queue, people first; who asks is told of every job", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: 5 } });
    await reconcile(fx);
    const first = (await create(fx)).workspace.latestBuild.jobId as JobId;
    fx.clock.advance(3_000);
    const now = fx.clock.now();
    const note = { now, daemonsSeenSince: now, createdBefore: now, max: 10, lookedAtMax: 2 };
    const said = await noteBlockedJobs(fx.store, note);
    expect(said).toHaveLength(2);
    expect(said).toContain(first);
    expect(await noteBlockedJobs(fx.store, note)).toEqual([]);
    const { jobs } = await listVisibleJobs(fx.context, fx.admin, { status: "pending" });
    expect(jobs.map(({ blockedBecause }) => blockedBecause)).toEqual(
      Array.from({ length: 6 }, () => "no daemon with the driver fake is connected"),
    );
  });

  it("is said once when two servers look at the same time", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: 30 } });
    await reconcile(fx);
    fx.clock.advance(3_000);
    const servers = [fx, fx.addServer(), fx.addServer()];
    await Promise.all(
      servers.map(({ store: db }) =>
        createBlockedJobs({ db, clock: fx.clock, logger: fx.logger, waitLimitMs: 0 }).run(goOn),
      ),
    );
    expect(await fx.number("select count(*) from job_logs")).toBe(30);
  });

  it("is not one of a daemon that is busy and has not asked for long, but keeps its leases", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: {} });
    await create(fx);
    const daemon = await registerDaemon(fx, { concurrency: 1 });
    const running = await daemon.take();
    const { workspace } = await create(fx);
    fx.clock.advance(120_000);
    await fx.rows("update jobs set lease_expires_at = $2 where id = $1", [running?.jobId, fx.clock.now()]);
    const jobId = workspace.latestBuild.jobId as JobId;
    expect(await getJob(fx.context, fx.alice, jobId)).toMatchObject({ blockedBecause: null });
  });

  it("names the daemon on whose host the workspace lies", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: {} });
    const { workspace } = await create(fx);
    const home = await registerDaemon(fx, { name: "home" });
    const job = await home.take();
    if (job === null) throw new Error("a creation makes a job");
    await home.store(job, { exists: true });
    await home.end(job, { kind: "failed", error: { code: "build_failed", message: "scripted" } });
    fx.clock.advance(120_000);
    const other = await registerDaemon(fx, { name: "other" });
    const id = workspace.id as WorkspaceId;
    await fx.rows("update jobs set status = 'pending' where workspace_id = $1", [id]);
    expect(await other.take()).toBeNull();
    const view = await getJob(fx.context, fx.alice, job.jobId as JobId);
    expect(view.blockedBecause).toBe(
      'the provisioner "home", on whose host the workspace lies, is not connected since 2030-01-01 00:00 UTC; start it there again, or see `prewarm daemons adopt` and `prewarm delete --orphan`',
    );
    await registerDaemon(fx, { name: "home" });
    expect((await getJob(fx.context, fx.alice, job.jobId as JobId)).blockedBecause).toBeNull();
    await (await registerDaemon(fx, { name: "home" })).signOff();
    const stopped = await getJob(fx.context, fx.alice, job.jobId as JobId);
    expect(stopped.blockedBecause).toBe(
      'the provisioner "home", on whose host the workspace lies, has signed off at 2030-01-01 00:02 UTC; start it there again, or see `prewarm daemons adopt` and `prewarm delete --orphan`',
    );
  });
});

describe("a bulk cancellation", () => {
  async function queue(fx: Fixture): Promise<void> {
    const web = (
      await publishTemplate(fx, { template: "web", presets: { large: 0 }, claimEffect: "unknown" })
    ).preset();
    const api = (await publishTemplate(fx, { template: "api", presets: { large: 0 }, tags: { zone: "eu" } })).preset();
    await putPrebuild(fx, web);
    await create(fx, { name: "claimed" });
    await create(fx, { name: "cold" });
    await putPrebuilds(fx, web, 2, { jobStatus: "pending" });
    await putPrebuilds(fx, api, 3, { jobStatus: "pending" });
    await fx.rows(
      "update jobs set tags = '{\"zone\":\"eu\"}' where template_id = (select id from templates where name = 'api')",
    );
    await putPrebuild(fx, web, { transition: "delete", jobStatus: "pending" });
    await putPrebuild(fx, web, { jobStatus: "running" });
  }

  it.each([
    [{}, 5],
    [{ template: "WEB" }, 2],
    [{ tag: "zone=eu" }, 3],
    [{ tag: "zone=us" }, 0],
    [{ initiator: "Prebuilds" }, 5],
    [{ initiator: "alice" }, 0],
    [{ status: "pending" as const }, 5],
    [{ status: "running" as const }, 0],
    [{ template: "api", tag: "zone=eu", initiator: "prebuilds", status: "pending" as const }, 3],
  ])("of %j takes %i pending creates of pools, and never a claim or a person's job", async (filter, expected) => {
    const fx = await testFixture();
    await queue(fx);
    expect(await cancelPendingPrebuildJobs(fx.context, fx.admin, filter)).toEqual({ canceled: expected });
    const left = await fx.rows<{ name: string }>(
      "select w.name from jobs j join workspaces w on w.id = j.workspace_id where j.status = 'pending' and w.owner_id = $1",
      [fx.alice.userId],
    );
    expect(left.map((row) => row.name).sort()).toEqual(["claimed", "cold"]);
    const running = await fx.number("select count(*) from jobs where status = 'running'");
    expect(running).toBe(1);
    expect((await takeNext(fx))?.workspace_name).toMatch(/claimed|cold/);
  });
});
