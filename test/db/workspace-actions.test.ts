// What `contracts/workspace-actions.ts` says beforehand, and what the use cases of the server answer: state by state, act
// by act, against the real database.
import { describe, expect, test } from "vitest";
import { execTarget } from "../../src/app/agents/exec-target.ts";
import type { Actor } from "../../src/app/authorize.ts";
import { changeDormancy } from "../../src/app/workspaces/dormancy.ts";
import { rename } from "../../src/app/workspaces/rename-workspace.ts";
import { changeSchedule, extendDeadline } from "../../src/app/workspaces/schedule.ts";
import { createBuild, getWorkspace } from "../../src/app/workspaces/workspaces.ts";
import { CodedError } from "../../src/contracts/errors.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import type { Transition } from "../../src/contracts/states.ts";
import { canDo, type WorkspaceAction, workspaceActions } from "../../src/contracts/workspace-actions.ts";
import { build } from "../support/builds.ts";
import { create, newName } from "../support/claims.ts";
import { failed, finish, runJobs, succeeded, takeNext } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { runningWorkspace } from "../support/lifecycle.ts";
import { putPrebuild } from "../support/prebuild-rows.ts";
import { publishTemplate } from "../support/templates.ts";

const hourMs = 3_600_000;

/** Asks the server for it. */
const ask: Readonly<Record<WorkspaceAction, (fx: Fixture, by: Actor, workspace: string) => Promise<unknown>>> = {
  start: (fx, by, workspace) => createBuild(fx.context, by, { workspace, transition: "start" }),
  update: (fx, by, workspace) => createBuild(fx.context, by, { workspace, transition: "start", update: true }),
  stop: (fx, by, workspace) => createBuild(fx.context, by, { workspace, transition: "stop" }),
  delete: (fx, by, workspace) => createBuild(fx.context, by, { workspace, transition: "delete" }),
  extend: (fx, by, workspace) => extendDeadline(fx.context, by, { workspace, byMs: hourMs }),
  rename: (fx, by, workspace) => rename(fx.context, by, { workspace, name: newName() }),
  schedule: (fx, by, workspace) => changeSchedule(fx.context, by, { workspace, ttlMs: 2 * hourMs }),
  sleep: (fx, by, workspace) => changeDormancy(fx.context, by, { workspace, dormant: true }),
  wake: (fx, by, workspace) => changeDormancy(fx.context, by, { workspace, dormant: false }),
  connect: (fx, by, workspace) => execTarget(fx.context, by, { workspace, agent: null }),
};

type State = (fx: Fixture) => Promise<string>;

const running: State = async (fx) => (await runningWorkspace(fx, { ttlMs: 8 * hourMs })).workspace.id;

/** A workspace that ran, with another build of it in this state. */
function after(transition: Transition, how: "pending" | "running" | "canceling" | "succeeded" | "failed"): State {
  return async (fx) => {
    const id = await running(fx);
    await build(fx, id as WorkspaceId, transition);
    if (how === "pending") return id;
    const job = await takeNext(fx);
    if (job === undefined) throw new Error("the build has a job");
    if (how === "canceling") await fx.rows("update jobs set status = 'canceling' where id = $1", [job.id]);
    if (how === "succeeded" || how === "failed") await finish(fx, job, how === "failed" ? failed : succeeded);
    return id;
  };
}

const personsStates: Readonly<Record<string, State>> = {
  "waiting for a provisioner": async (fx) => (await create(fx)).workspace.id,
  starting: after("start", "running"),
  running,
  "running without a deadline": async (fx) => (await runningWorkspace(fx, { ttlMs: null })).workspace.id,
  "running, its agent lost": async (fx) => {
    const id = await running(fx);
    await fx.rows("update agents set server_id = null, disconnected_at = $2 where workspace_id = $1", [
      id,
      fx.clock.now(),
    ]);
    return id;
  },
  "running, its agent not yet there": async (fx) => {
    const { workspace } = await create(fx, { ttlMs: 8 * hourMs });
    await runJobs(fx);
    return workspace.id;
  },
  "running, outdated": async (fx) => {
    const id = await running(fx);
    await publishTemplate(fx, { presets: {} });
    return id;
  },
  "failed to start": after("start", "failed"),
  "being cancelled": after("start", "canceling"),
  "waiting to be stopped": after("stop", "pending"),
  stopping: after("stop", "running"),
  stopped: after("stop", "succeeded"),
  "failed to stop": after("stop", "failed"),
  "waiting to be deleted": after("delete", "pending"),
  "being deleted": after("delete", "running"),
  "failed to be deleted": after("delete", "failed"),
  deleted: after("delete", "succeeded"),
  dormant: async (fx) => {
    const id = await running(fx);
    await changeDormancy(fx.context, fx.alice, { workspace: id, dormant: true });
    await runJobs(fx);
    return id;
  },
};

const prebuildsStates: Readonly<Record<string, Parameters<typeof putPrebuild>[2]>> = {
  ready: {},
  "being built": { jobStatus: "running" },
  failed: { jobStatus: "failed" },
  parked: { transition: "stop" },
  "not deleted, as that failed": { transition: "delete", jobStatus: "failed" },
};

/** What the server answered: `done`, or the code of its refusal. */
async function answerOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "done";
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
}

/** What the table promises: nothing keeps the server from what is merely needless. */
function promiseOf(action: WorkspaceAction, workspace: Awaited<ReturnType<typeof getWorkspace>>, by: Actor): string {
  const permission = canDo(action, workspace, by);
  return permission.isAllowed || permission.code === "needless" ? "done" : permission.code;
}

interface Compared {
  readonly by: Actor;
  readonly prepare: () => Promise<string>;
}

/** Each act by itself, upon a workspace of its own. */
async function compare(
  fx: Fixture,
  { by, prepare }: Compared,
): Promise<readonly [Readonly<Record<string, string>>, Readonly<Record<string, string>>]> {
  const promised: Record<string, string> = {};
  const answered: Record<string, string> = {};
  for (const action of workspaceActions) {
    const id = await prepare();
    const workspace = await getWorkspace(fx.context, fx.admin, id);
    promised[action] = promiseOf(action, workspace, by);
    answered[action] = await answerOf(ask[action](fx, by, id));
    await runJobs(fx);
  }
  return [promised, answered];
}

describe("the table says what the server answers", () => {
  test.each(Object.keys(personsStates))("about a workspace that is %s", async (name) => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: {} });
    const prepare = async (): Promise<string> => (await personsStates[name]?.(fx)) ?? "";
    for (const by of [fx.alice, fx.admin]) {
      const [promised, answered] = await compare(fx, { by, prepare });
      expect(answered).toEqual(promised);
    }
  });

  test.each(Object.keys(prebuildsStates))("about a prebuild that is %s", async (name) => {
    const fx = await testFixture();
    // What is asked of a prebuild takes it from its pool without the pool.
    fx.breakOnPurpose();
    const template = await publishTemplate(fx, { presets: { large: 0 } });
    const prepare = async (): Promise<string> => await putPrebuild(fx, template.preset(), prebuildsStates[name]);
    const organizations = fx.alice.organizations.map((one) => ({ ...one, role: "template_admin" as const }));
    for (const by of [fx.admin, { ...fx.alice, organizations }]) {
      const [promised, answered] = await compare(fx, { by, prepare });
      expect(answered).toEqual(promised);
    }
  });

  test("about a workspace, and a prebuild, that are none of his", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { large: 0 } });
    const bob = await fx.addUser("bob");
    for (const prepare of [() => running(fx), () => putPrebuild(fx, template.preset())]) {
      const [promised, answered] = await compare(fx, { by: bob, prepare });
      expect(answered).toEqual(promised);
      expect(new Set(Object.values(answered))).toEqual(new Set(["not_found"]));
    }
  });
});
