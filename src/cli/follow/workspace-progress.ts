import type { AppHealthView, Workspace } from "../../contracts/api/workspaces.ts";
import { CodedError, isErrorCode } from "../../contracts/errors.ts";
import type { Transition } from "../../contracts/states.ts";

/** How far a workspace has come on its way to what was asked for. */
export type WorkspaceProgress =
  | { readonly kind: "waiting" }
  | { readonly kind: "reached" }
  | { readonly kind: "failed"; readonly error: CodedError };

const waiting: WorkspaceProgress = { kind: "waiting" };
const reached: WorkspaceProgress = { kind: "reached" };

/**
 * Whether a workspace has come where `transition` leads: a started one can run a command as its owner, and its hooks went
 * well; a stopped or deleted one has finished its build.
 */
export function workspaceProgress(workspace: Workspace, transition: Transition): WorkspaceProgress {
  const build = workspace.latestBuild;
  if (transition === "delete" && workspace.status === "deleted") return reached;
  if (build.transition !== transition) {
    const message = `Somebody began another build of ${workspace.name} (${build.transition}) meanwhile.`;
    return { kind: "failed", error: new CodedError("conflict", message) };
  }
  if (build.status === "failed" || build.status === "canceled") return { kind: "failed", error: buildError(workspace) };
  if (transition !== "start") return build.status === "succeeded" ? reached : waiting;
  if (workspace.trouble !== undefined) {
    return { kind: "failed", error: troubleError(workspace, workspace.trouble) };
  }
  if (workspace.isUsable) return reached;
  return build.status === "succeeded" ? agentProgress(workspace) : waiting;
}

/** What a start waits for whose agents are ready: apps that its template requires. */
export function awaitedApps({ isUsable, latestBuild, agents }: Workspace): string | null {
  if (isUsable || latestBuild.status !== "succeeded") return null;
  const awaited = agents.flatMap(({ state, isHandedOver, appHealth = {} }) =>
    state === "ready" && isHandedOver ? Object.entries(appHealth).filter(([, found]) => isAwaited(found)) : [],
  );
  if (awaited.length === 0) return null;
  const words = awaited.map(
    ([app, { health, detail }]) => `${app} (${detail === "" ? health : `${health}: ${detail}`})`,
  );
  return `It is ready but for apps that its template requires: ${words.join(", ")}.`;
}

function isAwaited({ isRequired, health }: AppHealthView): boolean {
  return isRequired && (health === "starting" || health === "unhealthy");
}

function buildError(workspace: Workspace): CodedError {
  const { errorCode, error, status, transition, number } = workspace.latestBuild;
  const code =
    errorCode !== null && isErrorCode(errorCode) ? errorCode : status === "failed" ? "build_failed" : "canceled";
  const reason = error === null || error === "" ? "" : `: ${error}`;
  const message = `Build ${number} (${transition}) of ${workspace.name} ${status === "failed" ? "failed" : "was cancelled"}${reason}`;
  return new CodedError(code, /[.!?]$/.test(message) ? message : `${message}.`, {
    details: { workspaceId: workspace.id, build: number },
  });
}

/** What an owner can do about each kind of trouble, beside reading the log. */
const remedies = {
  prewarm_failed: "`prewarm restart NAME` runs the hook again.",
  claim_failed: "It is usable all the same; `prewarm restart NAME` runs the hook again.",
  not_connected: "See whether its host reaches the server at its `access_url`.",
  not_ready: "It is kept for a look; `prewarm prebuilds explain` says what becomes of its pool.",
} as const;

/** Of a start whose build went well: a hook that failed, or an agent that does not come. */
function troubleError(workspace: Workspace, { kind, message }: NonNullable<Workspace["trouble"]>): CodedError {
  const { name } = workspace;
  const code = kind === "not_connected" ? "agent_not_connected" : "hook_failed";
  return new CodedError(code, `${name}: ${message}`, {
    next: `\`prewarm logs ${name}\` shows the rest. ${remedies[kind].replace("NAME", name)}`,
    details: { workspaceId: workspace.id, trouble: kind, isUsable: workspace.isUsable },
  });
}

/** Of a start that has succeeded, at a server that tells of no trouble (the release before): its agents say the rest. */
function agentProgress(workspace: Workspace): WorkspaceProgress {
  // Without any there is nothing left to wait for.
  if (workspace.agents.length === 0) return reached;
  for (const agent of workspace.agents) {
    const isStartBroken = agent.state === "start_error" || agent.state === "start_timeout";
    if (!isStartBroken && agent.claimError === null) continue;
    const reason = isStartBroken
      ? `${agent.state} ${agent.detail}`.trim()
      : `the claim hook failed: ${agent.claimError}`;
    return {
      kind: "failed",
      error: new CodedError("build_failed", `Agent ${agent.name} of ${workspace.name} is not usable: ${reason}.`, {
        next: `See \`prewarm logs ${workspace.name}\` for what it printed.`,
        details: { workspaceId: workspace.id },
      }),
    };
  }
  return waiting;
}
