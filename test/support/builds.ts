import type { BuildId, JobId, WorkspaceId } from "../../src/contracts/ids.ts";
import type { Transition } from "../../src/contracts/states.ts";
import { type StartBuildInput, type StartBuildResult, startBuild } from "../../src/db/builds/start-build.ts";
import { systemRandom } from "../../src/platform/random.ts";
import type { Fixture } from "./fixture.ts";

/** A build that alice asks for, of the version and with the parameters of the last one. */
export function buildInput(fx: Fixture, workspaceId: WorkspaceId, transition: Transition): StartBuildInput {
  return {
    workspaceId,
    transition,
    initiatorId: fx.alice.userId,
    buildId: systemRandom.uuid() as BuildId,
    jobId: systemRandom.uuid() as JobId,
    choose: async (current) => current,
    now: fx.clock.now(),
  };
}

export async function build(fx: Fixture, workspaceId: WorkspaceId, transition: Transition): Promise<StartBuildResult> {
  return await fx.store.transaction("test build", (tx) => startBuild(tx, buildInput(fx, workspaceId, transition)));
}
