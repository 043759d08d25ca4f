// A build of a prebuild makes way for a person who has waited too long; off unless it is switched on.
import { describe, expect, it } from "vitest";
import type { Controller } from "../../src/controllers/controller.ts";
import { createJobReaper } from "../../src/controllers/job-reaper.ts";
import { createPreemption } from "../../src/controllers/preemption.ts";
import type { LeasedJob } from "../../src/contracts/provisioner-protocol.ts";
import { create } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { buildOf, type LeasingDaemon, registerDaemon } from "../support/leasing-daemon.ts";
import { ledgerCounts } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { type PublishedTemplate, publishTemplate } from "../support/templates.ts";

const goOn = new AbortController().signal;
const preemptAfterMs = 30_000;

function preemption(fx: Fixture, afterMs = preemptAfterMs): Controller {
  const { store: db, clock, logger, id: serverId } = fx;
  return createPreemption({ db, clock, logger, serverId, monotonicMs: () => 0, preemptAfterMs: afterMs });
}

interface Crowded {
  readonly fx: Fixture;
  readonly daemon: LeasingDaemon;
  readonly template: PublishedTemplate;
  /** Creates of prebuilds that hold every slot, the oldest first. */
  readonly creates: readonly LeasedJob[];
}

/** One daemon whose two slots both build prebuilds, started a second apart. */
async function crowded(): Promise<Crowded> {
  const fx = await testFixture();
  const template = await publishTemplate(fx, { presets: { large: 2 } });
  await reconcile(fx);
  const daemon = await registerDaemon(fx, { concurrency: 2 });
  const creates: LeasedJob[] = [];
  for (let slot = 0; slot < 2; slot += 1) {
    const job = await daemon.take();
    if (job === null) throw new Error("there is a build for each slot");
    creates.push(job);
    fx.clock.advance(1_000);
  }
  return { fx, daemon, template, creates };
}

const statusOf = async (fx: Fixture, job: LeasedJob | undefined): Promise<unknown> =>
  (await fx.rows("select status, cancel_reason from jobs where id = $1", [job?.jobId]))[0];

describe("pre-emption", () => {
  it("cancels the youngest create once a person has waited longer than the limit, one for each who waits", async () => {
    const { fx, creates } = await crowded();
    const controller = preemption(fx);
    await create(fx);
    fx.clock.advance(preemptAfterMs);
    expect(await controller.run(goOn)).toMatchObject({ fields: { preempted: 0 } });
    fx.clock.advance(1);
    expect(await controller.run(goOn)).toMatchObject({ fields: { preempted: 1 } });
    expect(await statusOf(fx, creates[1])).toEqual({ status: "canceling", cancel_reason: "preempted" });
    expect(await statusOf(fx, creates[0])).toEqual({ status: "running", cancel_reason: null });
    expect(await controller.run(goOn), "the slot is on its way").toMatchObject({ fields: { preempted: 0 } });
  });

  it("gives the slot to the person, is no failure, removes what was made, and the pool fills again", async () => {
    const { fx, daemon, template, creates } = await crowded();
    const controller = preemption(fx);
    const { workspace } = await create(fx);
    fx.clock.advance(preemptAfterMs + 1);
    await controller.run(goOn);
    const [, victim] = creates;
    if (victim === undefined) throw new Error("two were started");
    await daemon.store(victim, { exists: true });
    await daemon.end(victim, { kind: "canceled" });
    expect(await fx.rows("select error_code from jobs where id = $1", [victim.jobId])).toEqual([
      { error_code: "preempted" },
    ]);
    expect(await reconcile(fx)).toMatchObject({ creates: 1, held: 0 });
    const next = await daemon.take();
    expect(next && buildOf(next).workspaceId).toBe(workspace.id);
    expect(await controller.run(goOn)).toMatchObject({ fields: { removed: 1 } });
    if (next !== null) await daemon.end(next);
    const removal = await daemon.take();
    expect(removal && buildOf(removal)).toMatchObject({
      transition: "delete",
      workspaceId: buildOf(victim).workspaceId,
      state: { exists: true },
    });
    if (removal !== null) await daemon.end(removal);
    expect(await ledgerCounts(fx, template.preset())).toEqual({ building: 2, deleted: 1 });
    expect(await fx.number("select count(*) from prebuilds where first_build_result = 'canceled'")).toBe(1);
  });

  it("is no failure either when the daemon is lost before it could stop", async () => {
    const { fx, template } = await crowded();
    await create(fx);
    fx.clock.advance(preemptAfterMs + 1);
    await preemption(fx).run(goOn);
    await fx.rows("update jobs set lease_expires_at = $1 where status = 'running'", [new Date("2031-01-01")]);
    const { store: db, clock, logger, id: serverId } = fx;
    await createJobReaper({ db, clock, logger, serverId, monotonicMs: () => 0, outageGraceMs: 0 }).run(goOn);
    expect(await fx.rows("select first_build_result from prebuilds where state = 'failed'")).toEqual([
      { first_build_result: "canceled" },
    ]);
    expect(await ledgerCounts(fx, template.preset())).toEqual({ building: 1, failed: 1 });
  });

  it("cancels nothing while a daemon that could take the job has a free slot", async () => {
    const { fx } = await crowded();
    await registerDaemon(fx, { name: "free" });
    await create(fx);
    fx.clock.advance(preemptAfterMs + 1);
    await registerDaemon(fx, { name: "free" });
    expect(await preemption(fx).run(goOn)).toMatchObject({ fields: { preempted: 0 } });
  });

  it("never cancels a claim, a person's build, or a delete", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { large: 1 }, claimEffect: "unknown" });
    await reconcile(fx);
    const daemon = await registerDaemon(fx, { concurrency: 3 });
    const [first] = await daemon.takeAll();
    if (first === undefined) throw new Error("a cycle makes a job");
    await daemon.end(first);
    await fx.rows("update presets set instances = 0");
    await reconcile(fx);
    expect(await ledgerCounts(fx, template.preset())).toEqual({ draining: 1 });
    await create(fx);
    await create(fx);
    expect(await daemon.takeAll()).toHaveLength(3);
    await create(fx);
    fx.clock.advance(preemptAfterMs + 1);
    expect(await preemption(fx).run(goOn)).toMatchObject({ fields: { preempted: 0 } });
    expect(await fx.number("select count(*) from jobs where status = 'canceling'")).toBe(0);
  });

  it("is off with a limit of 0", async () => {
    const { fx } = await crowded();
    await create(fx);
    fx.clock.advance(86_400_000);
    expect(await preemption(fx, 0).run(goOn)).toMatchObject({ fields: { preempted: 0 } });
  });
});
