// What a daemon delivers after its restart: taken while nobody has gone on since, and never over something newer.
import { describe, expect, it } from "vitest";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import { adoptProviderState } from "../../src/db/queries/adopt-state.ts";
import type { LeasedJobRow } from "../../src/db/queries/job-leases.ts";
import { failed, finish, putState, takeNext } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { reconcile } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";

/** A prebuild's start that a daemon has taken, and stored one version of its state. */
async function takenJob(): Promise<{ readonly fx: Fixture; readonly job: LeasedJobRow }> {
  const fx = await testFixture();
  await publishTemplate(fx);
  await reconcile(fx);
  const job = await takeNext(fx);
  if (job === undefined) throw new Error("a cycle makes a job");
  return { fx, job };
}

interface Draft {
  readonly attempt?: number;
  readonly serial?: number;
  readonly workspaceId?: WorkspaceId;
}

async function adopt(fx: Fixture, job: LeasedJobRow, draft: Draft = {}): Promise<boolean> {
  const { attempt = job.attempt, serial = 5, workspaceId = job.workspace_id } = draft;
  const state = { adopted: serial };
  return await adoptProviderState(fx.store, {
    workspaceId,
    jobId: job.id,
    attempt,
    serial,
    state,
    now: fx.clock.now(),
  });
}

const stored = async (fx: Fixture): Promise<unknown> =>
  (await fx.rows<{ state: unknown }>("select state from provider_states"))[0]?.state;

describe("a state that is delivered late", () => {
  it.each(["while its lease lasts", "after its job has ended"])("is taken %s, again too", async (when) => {
    const { fx, job } = await takenJob();
    await putState(fx, job, 4);
    if (when.startsWith("after")) await finish(fx, job, failed);
    expect(await adopt(fx, job)).toBe(true);
    expect(await adopt(fx, job)).toBe(true);
    expect(await stored(fx)).toEqual({ adopted: 5 });
  });

  it("is taken when nothing was stored before", async () => {
    const { fx, job } = await takenJob();
    expect(await adopt(fx, job)).toBe(true);
    expect(await stored(fx)).toEqual({ adopted: 5 });
  });

  it("is refused when it is older than what is stored, of another attempt, or of another workspace", async () => {
    const { fx, job } = await takenJob();
    await putState(fx, job, 9);
    const workspaceId = "00000000-0000-4000-8000-00000000dead" as WorkspaceId; // nobody's
    expect([
      await adopt(fx, job),
      await adopt(fx, job, { attempt: job.attempt + 1 }),
      await adopt(fx, job, { workspaceId }),
    ]).toEqual([false, false, false]);
    expect(await stored(fx)).toEqual({ serial: 9 });
  });

  it("is refused once a later job of the workspace has begun, and taken while that one only waits", async () => {
    const { fx, job } = await takenJob();
    await putState(fx, job, 1);
    await finish(fx, job, failed);
    fx.clock.advance(1_000);
    await fx.rows(
      `insert into jobs (id, organization_id, kind, initiator_id, is_prebuild, status, template_id, workspace_id,
        template_version_id, driver, created_at)
      select gen_random_uuid(), organization_id, kind, initiator_id, is_prebuild, 'pending', template_id, workspace_id,
        template_version_id, driver, $2
      from jobs where id = $1`,
      [job.id, fx.clock.now()],
    );
    expect(await adopt(fx, job)).toBe(true);
    await fx.rows("update jobs set status = 'running', attempt = 1 where status = 'pending' and workspace_id = $1", [
      job.workspace_id,
    ]);
    expect(await adopt(fx, job, { serial: 8 })).toBe(false);
    expect(await stored(fx)).toEqual({ adopted: 5 });
  });
});
