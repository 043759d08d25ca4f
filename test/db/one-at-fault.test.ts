// A prebuild that cannot be worked on keeps no other from its turn: every loop that works on many at once.
import { describe, expect, it } from "vitest";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import type { Controller } from "../../src/controllers/controller.ts";
import { createDeleteRetry } from "../../src/controllers/delete-retry.ts";
import { createLostAgents } from "../../src/controllers/lost-agents.ts";
import { createPreemption } from "../../src/controllers/preemption.ts";
import { createUnreadyPrebuilds } from "../../src/controllers/unready-prebuilds.ts";
import { liveAgents } from "../../src/db/agents/agents.ts";
import { create } from "../support/claims.ts";
import { agentChange, agentsReady, failed, runJobs } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { registerDaemon } from "../support/leasing-daemon.ts";
import { ledgerCounts, ledgerState, putPrebuild } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";

const goOn = new AbortController().signal;
const minute = 60_000;

/** From now on the database refuses every change of the ledger's row of this workspace, and of its jobs. */
async function refuseChangesOf(fx: Fixture, workspaceId: WorkspaceId): Promise<void> {
  await fx.rows(`create function refuse() returns trigger language plpgsql as $$ begin
    if new.workspace_id = '${workspaceId}' then raise exception 'refused'; end if; return new; end $$`);
  await fx.rows("create trigger refuse before update on prebuilds for each row execute function refuse()");
  await fx.rows("create trigger refuse before update on jobs for each row execute function refuse()");
}

const depsOf = (fx: Fixture) => {
  const { store: db, clock, logger, id: serverId } = fx;
  const { prebuildsSwitch } = fx.context;
  return { db, clock, logger, serverId, monotonicMs: () => 0, prebuildsSwitch, agentLostAfterMs: minute };
};

async function disconnect(fx: Fixture, workspaceId: WorkspaceId): Promise<void> {
  for (const { id } of await liveAgents(fx.store, workspaceId)) {
    const [row] = await fx.rows<{ connection_id: string }>("select connection_id from agents where id = $1", [id]);
    await agentChange(fx, id, { kind: "disconnected", connectionId: row?.connection_id ?? "" });
  }
}

const statesOf = async (fx: Fixture, ids: readonly WorkspaceId[]): Promise<unknown[]> =>
  await Promise.all(ids.map(async (id) => await ledgerState(fx, id)));

/** Runs a rule in its rhythm over three minutes. @returns the report of its first run with an error. */
async function firstWithErrors(fx: Fixture, rule: Controller): Promise<unknown> {
  let first: unknown;
  for (let step = 0; step < 18; step += 1) {
    const { fields } = await rule.run(goOn);
    if (Number(fields["errors"]) > 0) first ??= fields;
    fx.clock.advance(minute / 6);
  }
  return first;
}

describe("one prebuild at fault", () => {
  it("whose delete cannot be begun stops neither the other deletes nor the creates of other pools", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { shrinking: 0, growing: 2 } });
    const shrinking = template.preset("shrinking");
    const ids = [];
    for (let nth = 0; nth < 3; nth += 1) ids.push(await putPrebuild(fx, shrinking, {}));
    await refuseChangesOf(fx, ids[1] as WorkspaceId);
    expect(await reconcile(fx)).toMatchObject({ deletes: 2, creates: 2, errors: 1 });
    expect(await ledgerCounts(fx, shrinking)).toEqual({ ready: 1, draining: 2 });
  });

  it("that waits and cannot be cancelled stops neither the other cancellations nor creates", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { shrinking: 3, growing: 0 } });
    await reconcile(fx);
    const [one] = await fx.rows<{ workspace_id: WorkspaceId }>("select workspace_id from prebuilds limit 1");
    await refuseChangesOf(fx, one?.workspace_id as WorkspaceId);
    await publishTemplate(fx, { presets: { shrinking: 0, growing: 2 } });
    expect(await reconcile(fx)).toMatchObject({ cancels: 2, creates: 2, errors: 1 });
    expect(await ledgerCounts(fx, template.preset("shrinking"))).toEqual({ building: 1, deleted: 2 });
  });

  it("whose failed delete cannot be repeated stops no other repetition", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { large: 0 } });
    const spec = { transition: "delete", jobStatus: "pending" } as const;
    const ids = [];
    for (let nth = 0; nth < 3; nth += 1) ids.push(await putPrebuild(fx, template.preset(), spec));
    await runJobs(fx, () => failed);
    await refuseChangesOf(fx, ids[0] as WorkspaceId);
    fx.clock.advance(minute);
    const report = await createDeleteRetry(depsOf(fx)).run(goOn);
    expect(report).toMatchObject({ fields: { retried: 2, errors: 1 } });
  });

  it("that cannot be judged leaves the other unready ones failed", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: 3 }, agents: [{ name: "main", connect_timeout: 60 }] });
    const rule = createUnreadyPrebuilds(depsOf(fx));
    await reconcile(fx);
    const jobs = await runJobs(fx);
    const ids = jobs.map((job) => job.workspace_id);
    await refuseChangesOf(fx, ids[0] as WorkspaceId);
    expect(await firstWithErrors(fx, rule)).toEqual({ failed: 2, errors: 1 });
    expect(await statesOf(fx, ids)).toEqual(["starting", "failed", "failed"]);
  });

  it("that cannot be replaced leaves the other lost ones replaced", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: 3 } });
    await reconcile(fx);
    const ids = (await runJobs(fx)).map((job) => job.workspace_id);
    await agentsReady(fx, ids);
    for (const id of ids) await disconnect(fx, id);
    await refuseChangesOf(fx, ids[2] as WorkspaceId);
    const rule = createLostAgents(depsOf(fx));
    expect(await firstWithErrors(fx, rule)).toEqual({ replaced: 2, errors: 1 });
    expect(await statesOf(fx, ids)).toEqual(["draining", "draining", "starting"]);
  });

  it("whose build cannot be cancelled leaves the people who wait the slots of the others", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: 3 } });
    await reconcile(fx);
    const daemon = await registerDaemon(fx, { concurrency: 3 });
    const jobs = [];
    for (let slot = 0; slot < 3; slot += 1) {
      jobs.push(await daemon.take());
      fx.clock.advance(1_000);
    }
    for (let nth = 0; nth < 2; nth += 1) await create(fx);
    const [row] = await fx.rows<{ workspace_id: WorkspaceId }>("select workspace_id from jobs where id = $1", [
      jobs[2]?.jobId,
    ]);
    await refuseChangesOf(fx, row?.workspace_id as WorkspaceId);
    fx.clock.advance(minute);
    const controller = createPreemption({ ...depsOf(fx), preemptAfterMs: 30_000 });
    expect(await controller.run(goOn)).toMatchObject({ fields: { preempted: 1, errors: 1 } });
  });
});
