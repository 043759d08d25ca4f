// What was never made is deleted at once, whether there is a provisioner for it or not.
import { describe, expect, it } from "vitest";
import { cancelJob } from "../../src/app/jobs/jobs.ts";
import { createBuild, getWorkspace } from "../../src/app/workspaces/workspaces.ts";
import type { JobId, WorkspaceId } from "../../src/contracts/ids.ts";
import { createUnbegunDeletes } from "../../src/controllers/unbegun-deletes.ts";
import { deletePrebuilds } from "../../src/db/pools/pool-deletes.ts";
import { codeOf, create } from "../support/claims.ts";
import { failed, finish, putState, runJobs, takeNext } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { ledgerState, putPrebuild } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";

async function deployment(instances: number | null = null) {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: { large: instances } });
  return fx;
}

const remove = (fx: Fixture, workspace: string) =>
  createBuild(fx.context, fx.alice, { workspace, transition: "delete" });
const statusOf = async (fx: Fixture, id: string) => (await getWorkspace(fx.context, fx.admin, id)).status;
const jobsLeft = (fx: Fixture) => fx.rows("select id from jobs where status in ('pending', 'running', 'canceling')");

describe("a workspace whose first build has not begun", () => {
  it("is deleted by the request, and its name is free", async () => {
    const fx = await deployment();
    const { workspace } = await create(fx, { name: "dev" });
    expect(await remove(fx, workspace.id)).toMatchObject({ status: "deleted" });
    expect(await jobsLeft(fx)).toEqual([]);
    expect(await fx.rows("select status from jobs where kind = 'build' order by created_at, status")).toEqual([
      { status: "canceled" },
      { status: "succeeded" },
    ]);
    await create(fx, { name: "dev" });
  });

  it("is deleted by the request after its job was cancelled, too", async () => {
    const fx = await deployment();
    const { workspace } = await create(fx);
    await cancelJob(fx.context, fx.alice, workspace.latestBuild.jobId as JobId);
    expect(await remove(fx, workspace.id)).toMatchObject({ status: "deleted" });
    expect(await jobsLeft(fx)).toEqual([]);
  });
});

describe("a workspace that a daemon has begun to build", () => {
  it("is not deleted before a daemon has looked, whatever became of the build", async () => {
    const fx = await deployment();
    const { workspace } = await create(fx);
    const job = await takeNext(fx);
    if (job === undefined) throw new Error("there is a job");
    expect(await codeOf(remove(fx, workspace.id))).toBe("build_in_progress");
    await finish(fx, job, failed);
    expect(await remove(fx, workspace.id)).toMatchObject({ status: "pending" });
    expect((await runJobs(fx)).map(({ transition }) => transition)).toEqual(["delete"]);
    expect(await statusOf(fx, workspace.id)).toBe("deleted");
  });

  it("is deleted by a daemon although its next start had not begun, and that start is cancelled", async () => {
    const fx = await deployment();
    const { workspace } = await create(fx);
    await runJobs(fx);
    await createBuild(fx.context, fx.alice, { workspace: workspace.id, transition: "stop" });
    await runJobs(fx);
    await createBuild(fx.context, fx.alice, { workspace: workspace.id, transition: "start" });
    expect(await remove(fx, workspace.id)).toMatchObject({ status: "pending" });
    expect((await runJobs(fx)).map(({ transition }) => transition)).toEqual(["delete"]);
    expect(await statusOf(fx, workspace.id)).toBe("deleted");
  });

  it("keeps a delete that waits: a second one is refused", async () => {
    const fx = await deployment();
    const { workspace } = await create(fx);
    await runJobs(fx);
    await remove(fx, workspace.id);
    expect(await codeOf(remove(fx, workspace.id))).toBe("build_in_progress");
  });

  it("which was handed over without a job is deleted by a daemon", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { claimEffect: "none" });
    await putPrebuild(fx, template.preset());
    const { workspace, outcome } = await create(fx);
    expect(outcome).toBe("claimed");
    expect(await remove(fx, workspace.id)).toMatchObject({ status: "pending" });
  });
});

describe("a prebuild whose first build has not begun", () => {
  it("is deleted by an administrator's request", async () => {
    const fx = await deployment(1);
    await reconcile(fx);
    const [row] = await fx.rows<{ id: WorkspaceId }>("select workspace_id as id from prebuilds");
    const workspace = row?.id as WorkspaceId;
    await createBuild(fx.context, fx.admin, { workspace, transition: "delete" });
    expect(await ledgerState(fx, workspace)).toBe("deleted");
    expect(await jobsLeft(fx)).toEqual([]);
  });

  it("does not wait for a daemon when its pool deletes it after its job was cancelled", async () => {
    const fx = await deployment(1);
    await reconcile(fx);
    const [row] = await fx.rows<{ id: WorkspaceId; job: JobId }>(
      "select workspace_id as id, id as job from jobs where kind = 'build'",
    );
    if (row === undefined) throw new Error("a prebuild is being built");
    await cancelJob(fx.context, fx.admin, row.job);
    const made = await putPrebuild(fx, (await fx.rows<{ id: never }>("select id from presets"))[0]?.id as never);
    for (const workspaceId of [row.id, made]) {
      const targets = [{ workspaceId, generation: null }];
      const why = { because: "clean", initiatorId: fx.admin.userId, now: fx.clock.now() };
      await deletePrebuilds(fx.store, { targets, from: ["failed", "ready"], ...why });
    }
    const controller = createUnbegunDeletes({ db: fx.store, clock: fx.clock, logger: fx.logger });
    expect(await controller.run(new AbortController().signal)).toMatchObject({ fields: { ended: 1, errors: 0 } });
    expect(await ledgerState(fx, row.id)).toBe("deleted");
    expect(await ledgerState(fx, made)).toBe("draining");
  });
});

it("what was stored of a workspace is never forgotten by such a delete", async () => {
  const fx = await deployment();
  const { workspace } = await create(fx);
  const job = await takeNext(fx);
  if (job === undefined) throw new Error("there is a job");
  await putState(fx, job);
  await finish(fx, job, { kind: "canceled" });
  expect(await remove(fx, workspace.id)).toMatchObject({ status: "pending" });
});
