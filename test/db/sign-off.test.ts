// A daemon that stops on purpose says so, and is fenced to its own incarnation.
import { expect, it } from "vitest";
import { getJob } from "../../src/app/jobs/jobs.ts";
import { leaseJob } from "../../src/app/provisioner/lease-jobs.ts";
import { signOff } from "../../src/app/provisioner/sign-off.ts";
import type { JobId } from "../../src/contracts/ids.ts";
import { signedOffIncarnation } from "../../src/db/daemons/daemon-match.ts";
import { create } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { registerDaemon } from "../support/leasing-daemon.ts";
import { publishTemplate } from "../support/templates.ts";

const missing = "no daemon with the driver fake is connected";

async function waitingJob(fx: Fixture): Promise<JobId> {
  const { workspace } = await create(fx);
  return workspace.latestBuild.jobId as JobId;
}

it("a job that only a daemon that signed off could take says so at once", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: {} });
  const daemon = await registerDaemon(fx);
  const jobId = await waitingJob(fx);
  expect(await getJob(fx.context, fx.alice, jobId)).toMatchObject({ blockedBecause: null });
  await daemon.signOff();
  expect(await getJob(fx.context, fx.alice, jobId)).toMatchObject({ blockedBecause: missing });
});

it("what a daemon still holds when it signs off ends as abandoned, and its late result is refused", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: {} });
  const daemon = await registerDaemon(fx);
  const jobId = await waitingJob(fx);
  const job = await daemon.take();
  if (job === null) throw new Error("a creation makes a job");
  await daemon.signOff();
  const ended = { status: "failed", errorCode: "abandoned", error: 'The provisioner "host-1" was stopped.' };
  expect(await getJob(fx.context, fx.alice, jobId)).toMatchObject(ended);
  await expect(daemon.end(job)).rejects.toMatchObject({ code: "lease_lost" });
  expect(await getJob(fx.context, fx.alice, jobId)).toMatchObject(ended);
});

it("an incarnation that signed off gets no job and is not heard any more, until the daemon registers again", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: {} });
  const daemon = await registerDaemon(fx);
  await daemon.signOff();
  const jobId = await waitingJob(fx);
  const refused = { code: "lease_lost" };
  await expect(daemon.take()).rejects.toMatchObject(refused);
  await expect(daemon.signOff()).rejects.toMatchObject(refused);
  await expect(daemon.report([])).rejects.toMatchObject(refused);
  expect((await (await registerDaemon(fx)).take())?.jobId).toBe(jobId);
});

it("an incarnation that was replaced cannot sign off the one that runs, nor can anybody by the mark of those that did", async () => {
  const fx = await testFixture();
  const earlier = await registerDaemon(fx);
  const present = await registerDaemon(fx);
  await expect(earlier.signOff()).rejects.toMatchObject({ code: "lease_lost" });
  await publishTemplate(fx, { presets: {} });
  const jobId = await waitingJob(fx);
  expect((await present.take())?.jobId).toBe(jobId);
  await present.signOff();
  const posing = { daemonId: present.id, incarnation: signedOffIncarnation };
  const never = new AbortController().signal;
  await expect(leaseJob(fx.context, { ...posing, waitMs: 0 }, never)).rejects.toMatchObject({ code: "lease_lost" });
  await expect(signOff(fx.context, posing)).rejects.toMatchObject({ code: "lease_lost" });
});
