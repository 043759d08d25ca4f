import type { Client } from "../../client/client.ts";
import type { Workspace } from "../../contracts/api/workspaces.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { Transition } from "../../contracts/states.ts";
import { shellWord } from "../../contracts/shell-word.ts";
import { sleep } from "../../platform/sleep.ts";
import { type InterruptedWords, orInterrupted, sameServer } from "../interrupted.ts";
import type { Invocation } from "../invocation.ts";
import { renderLogLine } from "../output/log-line.ts";
import type { CliWorld } from "../world.ts";
import { followJob } from "./follow-job.ts";
import { watchPatiently } from "./watch-patiently.ts";
import { printable } from "../output/printable.ts";
import { awaitedApps, workspaceProgress } from "./workspace-progress.ts";

/** How long the last lines of a build's log may take once the workspace itself has said how it ended. */
const logGraceMs = 3_000;

export interface FollowWorkspaceOptions {
  readonly client: Client;
  readonly invocation: Invocation;
  /** As the server last told it. */
  readonly workspace: Workspace;
  readonly transition: Transition;
  /** As it was called, for what is said when the wait is interrupted. */
  readonly called: string;
  /** Whether the build's log is shown as it is written. */
  readonly isLogShown: boolean;
}

/**
 * Waits until a workspace has come where its latest build leads, and answers it as it is then.
 * Errors: the build's own code when it fails; `InterruptedError`.
 */
export async function followWorkspace(options: FollowWorkspaceOptions): Promise<Workspace> {
  const { world } = options.invocation;
  return await orInterrupted({
    world,
    work: (signal) => follow(options, signal),
    words: () => whatGoesOn(options, world),
  });
}

function whatGoesOn({ workspace, transition, called }: FollowWorkspaceOptions, world: CliWorld): InterruptedWords {
  const at = `${shellWord(called)}${sameServer(world)}`;
  if (transition === "start" && workspace.latestBuild.jobId === null) {
    return {
      message: `Interrupted: ${workspace.name} is there, and goes on getting ready.`,
      next: `\`prewarm show ${at}\` says when it is usable; \`prewarm delete ${at}\` removes it.`,
    };
  }
  const ways = [`\`prewarm logs -f ${at}\` follows it`, `\`prewarm jobs cancel ${at}\` cancels it`];
  if (transition === "start") ways.push(`\`prewarm delete ${at}\` removes the workspace`);
  return {
    message: `Interrupted: the ${transition} of ${workspace.name} goes on on the server.`,
    next: `${ways.join(", ")}.`,
  };
}

async function follow(options: FollowWorkspaceOptions, leaving: AbortSignal): Promise<Workspace> {
  const { workspace, transition, isLogShown } = options;
  const { jobId } = workspace.latestBuild;
  const logs = new AbortController();
  const log = isLogShown && jobId !== null ? showLog(options, jobId, logs.signal) : Promise.resolve();
  try {
    const last = await reach(options, leaving);
    // A start is usable before its build's log has ended; nobody should wait for that.
    if (transition !== "start") await Promise.race([log, sleep(logGraceMs, logs.signal)]);
    return last;
  } catch (error) {
    if (leaving.aborted) throw error;
    await Promise.race([log, sleep(logGraceMs, logs.signal)]);
    throw error;
  } finally {
    logs.abort();
    await log;
  }
}

/** The log is a courtesy: a stream of it that cannot be had must not fail the command that shows it. */
async function showLog(options: FollowWorkspaceOptions, jobId: string, signal: AbortSignal): Promise<void> {
  const { client, invocation } = options;
  const { output, world } = invocation;
  const onEntry = (entry: Parameters<typeof renderLogLine>[0]): void =>
    output.progress(renderLogLine(entry, output.errorPaint));
  try {
    await followJob({ client, jobId, onEntry, onWaiting: (reason) => output.progress(reason), signal, world });
  } catch (error) {
    output.progress(`The build log cannot be shown: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function reach(options: FollowWorkspaceOptions, leaving: AbortSignal): Promise<Workspace> {
  const { client, workspace, transition, invocation } = options;
  const already = workspaceProgress(workspace, transition);
  if (already.kind === "reached") return workspace;
  if (already.kind === "failed") throw already.error;
  const watch = new AbortController();
  let said: string | null = null;
  const signal = AbortSignal.any([watch.signal, leaving]);
  const open = () => client.watch("watchWorkspace", { params: { workspace: workspace.id }, signal });
  try {
    for await (const event of watchPatiently({ open, signal, world: invocation.world })) {
      if (event.event !== "workspace") continue;
      // The server serialises it by the schema from which this type comes.
      const now = event.data as Workspace;
      const progress = workspaceProgress(now, transition);
      if (progress.kind === "reached") return now;
      if (progress.kind === "failed") throw progress.error;
      const awaited = transition === "start" ? awaitedApps(now) : null;
      if (awaited !== null && awaited !== said) invocation.output.progress(printable(awaited));
      said = awaited;
    }
  } catch (error) {
    const isGone = error instanceof CodedError && error.code === "not_found";
    if (isGone && transition === "delete") return { ...workspace, status: "deleted" };
    throw error;
  } finally {
    watch.abort();
  }
  throw new CodedError("transient", `Nothing more was heard of ${workspace.name}.`);
}
