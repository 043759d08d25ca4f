import type { Client } from "../../client/client.ts";
import type { Workspace } from "../../contracts/api/workspaces.ts";
import { CodedError } from "../../contracts/errors.ts";
import { isJobFinished } from "../../contracts/states.ts";
import { orInterrupted, sameServer } from "../interrupted.ts";
import type { Invocation } from "../invocation.ts";
import { followJob } from "./follow-job.ts";

/** Builds that may begin while we wait for one: somebody starts it again and again. */
const roundsMax = 5;

export interface ClearForDelete {
  readonly client: Client;
  readonly workspace: Workspace;
  /** As it was called. */
  readonly name: string;
  readonly invocation: Invocation;
}

/**
 * Ends what a delete would be refused for: a build that runs is cancelled and waited for, a stop is let come to its end.
 * What waits in the queue is left to the server, which cancels it with the delete.
 * @returns the workspace as it is then: one that is being deleted already is to be followed only.
 */
export async function clearForDelete(options: ClearForDelete): Promise<Workspace> {
  const { client, invocation, name } = options;
  const { output } = invocation;
  let { workspace } = options;
  for (let round = 0; round < roundsMax; round += 1) {
    const { jobId, status, transition } = workspace.latestBuild;
    if (jobId === null || isJobFinished(status) || isDeleting(workspace)) return workspace;
    if (status === "pending") {
      output.progress(`${workspace.name}: its ${transition}, which has not begun, is cancelled.`);
      return workspace;
    }
    if (transition === "stop") output.progress(`${workspace.name} is being stopped; it is deleted after that.`);
    else {
      output.progress(`${workspace.name} is being built: that is cancelled, and what there is of it is deleted.`);
      if (status === "running") await cancelUnlessEnded(client, jobId);
    }
    await untilEnded(options, jobId);
    workspace = await client.call("getWorkspace", { params: { workspace: workspace.id } });
  }
  throw new CodedError("build_in_progress", `Somebody begins one build of "${name}" after the other.`, {
    next: `See \`prewarm audit list --workspace ${name}\`.`,
  });
}

export function isDeleting({ latestBuild: { transition, status } }: Workspace): boolean {
  return transition === "delete" && !isJobFinished(status);
}

async function cancelUnlessEnded(client: Client, jobId: string): Promise<void> {
  try {
    await client.call("cancelJob", { params: { jobId } });
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== "conflict") throw error;
  }
}

async function untilEnded({ client, name, invocation }: ClearForDelete, jobId: string): Promise<void> {
  const { output, world } = invocation;
  const onWaiting = (reason: string): void => output.progress(reason);
  await orInterrupted({
    world,
    work: (signal) => followJob({ client, jobId, onEntry: () => undefined, onWaiting, signal, world }),
    words: () => ({
      message: `Interrupted: "${name}" is not deleted yet; it waits for its build to end.`,
      next: `\`prewarm delete ${name}${sameServer(world)}\` goes on from here.`,
    }),
  });
}
