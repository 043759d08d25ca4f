// What a pending job is said to wait for is what the lease does with it.
import { describe, expect, it } from "vitest";
import { getJob, listVisibleJobs } from "../../src/app/jobs/jobs.ts";
import { listKnownDaemons } from "../../src/app/provisioner/manage-daemons.ts";
import { listKnownServers } from "../../src/app/system/list-servers.ts";
import { examine } from "../../src/app/system/doctor.ts";
import type { JobId } from "../../src/contracts/ids.ts";
import { create } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { registerDaemon } from "../support/leasing-daemon.ts";
import { putPrebuild } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";

async function pending(fx: Fixture) {
  return (await listVisibleJobs(fx.context, fx.admin, { status: "pending" })).jobs;
}

async function texts(fx: Fixture): Promise<(string | undefined)[]> {
  return (await pending(fx)).map(({ waitingFor }) => waitingFor?.text);
}

describe("a pending job", () => {
  it("tells what it waits for until it is taken, and nothing from then on", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: {}, tags: { zone: "eu" } });
    const first = (await create(fx)).workspace.latestBuild.jobId as JobId;
    await create(fx);
    const missing = "a daemon that can take it: no daemon with the driver fake and the tags zone=eu is connected";
    expect(await texts(fx)).toEqual([missing, missing]);
    await registerDaemon(fx, { name: "other-zone", tags: { zone: "us" } });
    expect(await texts(fx)).toEqual([missing, missing]);
    const daemon = await registerDaemon(fx, { concurrency: 1, tags: { zone: "eu" } });
    expect(await texts(fx)).toEqual(["its turn: it is the next", "its turn: 1 job is before it in the queue"]);
    expect((await daemon.take())?.jobId).toBe(first);
    expect(await texts(fx)).toEqual(["a free slot: 1 of 1 are taken"]);
    expect(await getJob(fx.context, fx.alice, first)).toMatchObject({ waitingFor: null, place: null, attempt: 1 });
    await daemon.signOff();
    expect(await texts(fx)).toEqual([missing]);
  });

  it("waits for a slot that is not kept for people exactly while the lease leaves it", async () => {
    const fx = await testFixture({ reservedShare: 0.25 });
    await publishTemplate(fx, { presets: { large: 10 } });
    await reconcile(fx);
    const daemon = await registerDaemon(fx, { concurrency: 4 });
    for (let taken = 0; taken < 4; taken += 1) {
      const kinds = (await pending(fx)).map(({ waitingFor }) => waitingFor?.kind);
      const isTaken = (await daemon.take()) !== null;
      expect(new Set(kinds), `${taken} of 4 taken`).toEqual(new Set([isTaken ? "turn" : "reserve"]));
    }
  });

  it("has its place in its lane, whatever waits in the others", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx, { presets: { large: 0 } })).preset();
    for (let round = 0; round < 2; round += 1) {
      await putPrebuild(fx, presetId, { jobStatus: "pending", ageMs: 2_000 - round });
      await putPrebuild(fx, presetId, { transition: "delete", jobStatus: "pending", ageMs: 2_000 - round });
      fx.clock.advance(1);
      await create(fx);
    }
    const jobs = await pending(fx);
    expect(jobs.map(({ lane, place }) => `${lane} ${place}`)).toEqual([
      "people 1",
      "people 2",
      "removals 1",
      "removals 2",
      "prebuilds 1",
      "prebuilds 2",
    ]);
    expect(jobs.at(-1)).toMatchObject({ preset: "large", owner: "prebuilds" });
    const removals = await listVisibleJobs(fx.context, fx.admin, { lane: "removals" });
    expect([removals.total, ...removals.jobs.map(({ lane }) => lane)]).toEqual([2, "removals", "removals"]);
  });
});

it("a daemon tells what it runs, the longest first, and since when", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: {} });
  const daemon = await registerDaemon(fx, { concurrency: 3 });
  for (const name of ["first", "second"]) {
    await create(fx, { name });
    await daemon.take();
    fx.clock.advance(5_000);
  }
  const { daemons } = await listKnownDaemons(fx.context, fx.admin);
  expect(daemons).toMatchObject([
    {
      name: "host-1",
      running: 2,
      concurrency: 3,
      jobs: [
        { workspace: "first", transition: "start", lane: "people", isCanceling: false },
        { workspace: "second", template: expect.any(String) },
      ],
    },
  ]);
  const [first, second] = (daemons[0]?.jobs ?? []).map(({ startedAt }) => Date.parse(startedAt));
  expect((second ?? 0) - (first ?? 0)).toBe(5_000);
});

it("a server is listed as doctor knows it, with the leases that it holds", async () => {
  const fx = await testFixture();
  const insert = `insert into servers (id, url, started_at, seen_at, version, report)
    values ($1, $2, clock_timestamp(), clock_timestamp() - make_interval(secs => $3), '1.2.3', '{"agents":{"held":2,"listed":3}}')`;
  await fx.rows(insert, [fx.context.serverId, "http://one.test", 0]);
  const gone = "11111111-1111-4111-8111-111111111111";
  await fx.rows(insert, [gone, "http://gone.test", 60]);
  const lease = `insert into leases (name, holder, epoch, expires_at)
    values ($1, $2, 1, clock_timestamp() + make_interval(secs => $3))`;
  await fx.rows(lease, ["reconciler", fx.context.serverId, 60]);
  await fx.rows(lease, ["retention", gone, -60]);
  const { servers } = await listKnownServers(fx.context, fx.admin);
  expect(servers).toMatchObject([
    { url: "http://one.test", version: "1.2.3", isSelf: true, state: "alive", leases: ["reconciler"], agentsHeld: 2 },
    { url: "http://gone.test", isSelf: false, state: "silent", leases: [], agentsListed: 3 },
  ]);
  const doctor = await examine(fx.context, fx.admin, () => []);
  expect(doctor.servers.map(({ url }) => url)).toEqual(servers.map(({ url }) => url));
});
