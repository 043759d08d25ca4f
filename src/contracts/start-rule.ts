import type { Workspace } from "./api/workspaces.ts";

/** `auto`: not what was stopped while this installation was connected; the others whatever was. */
export const startModes = ["auto", "always", "never"] as const;
export type StartMode = (typeof startModes)[number];

/** So long after a stop, a connection of who was connected then is taken for one that came back by itself. */
export const backByItselfMs = 15 * 60_000;
/** A connection is noted so often; twice of it may lie between its last note and a stop that ended it. */
export const noteIntervalMs = 30_000;

/** What is known of a workspace that cannot be reached now. Ages are each of one clock, whatever the other says. */
export interface StartFacts {
  readonly workspace: Workspace;
  readonly mode: StartMode;
  /** Since its latest build was begun, by the server's clock. */
  readonly buildAgeMs: number;
  /** Since this installation was last connected to it, by the clock here; null: never. */
  readonly connectedAgeMs: number | null;
}

export type StartStep =
  | { readonly kind: "connect" }
  | { readonly kind: "start" }
  /** `what` goes on: "is being started". */
  | { readonly kind: "wait"; readonly what: string; readonly isBuilding: boolean }
  | { readonly kind: "refuse"; readonly message: string; readonly next: string };

/**
 * What becomes of a connection to a workspace that is not there. An editor that reconnects by itself must not undo a stop:
 * it starts nothing that was stopped while it was connected.
 */
export function startStep(facts: StartFacts): StartStep {
  const { workspace, mode } = facts;
  const { name, status } = workspace;
  if (workspace.isPrebuild) {
    return refuse(`${name} is a prebuild that nobody owns yet.`, "`prewarm create` claims a workspace.");
  }
  switch (status) {
    case "running":
      return running(workspace);
    case "pending":
    case "starting":
      return { kind: "wait", what: "is being started", isBuilding: true };
    case "canceling":
      return { kind: "wait", what: "is between two builds", isBuilding: true };
    case "stopping":
      if (mode === "never") return refuse(`${name} is being stopped.`, startIt(name));
      if (isBackByItself(facts)) return stoppedMeanwhile(workspace, "is being stopped");
      return { kind: "wait", what: "is being stopped, and is started then", isBuilding: true };
    case "stopped":
      if (mode === "never") return refuse(`${name} is stopped.`, startIt(name));
      return isBackByItself(facts) ? stoppedMeanwhile(workspace, stopText(workspace)) : { kind: "start" };
    case "deleting":
    case "deleted":
      return refuse(`${name} is ${status === "deleted" ? "deleted" : "being deleted"}.`, "`prewarm list` shows yours.");
    case "failed":
    case "canceled":
      return failed(workspace);
  }
}

function refuse(message: string, next: string): StartStep {
  return { kind: "refuse", message, next };
}

function startIt(name: string): string {
  return `Start it with \`prewarm start ${name}\`.`;
}

function running(workspace: Workspace): StartStep {
  const { name, isUsable, trouble, lost } = workspace;
  if (isUsable || areAgentsReady(workspace)) return { kind: "connect" };
  if (lost?.kind === "resources") {
    return refuse(`${name} is gone from its host.`, `\`prewarm restart ${name}\` makes what is missing anew.`);
  }
  if (trouble !== undefined) {
    return refuse(`${name}: ${trouble.message}`, `\`prewarm logs ${name}\` shows more; \`prewarm restart ${name}\`.`);
  }
  const what = lost === undefined ? "runs, and gets ready" : "runs, and its agent is not connected";
  return { kind: "wait", what, isBuilding: false };
}

/** An app that is not well is what somebody may want in for. */
function areAgentsReady({ agents, trouble }: Workspace): boolean {
  if (agents.length === 0 || trouble !== undefined) return false;
  return agents.every(({ isConnected, state, isHandedOver }) => isConnected && state === "ready" && isHandedOver);
}

function failed({ name, latestBuild }: Workspace): StartStep {
  const { transition, status, error } = latestBuild;
  const why = error === null || error === "" ? "" : `: ${error}`;
  const message = `The last ${transition} of ${name} ${status === "canceled" ? "was cancelled" : "failed"}${why}`;
  const next = `\`prewarm logs ${name}\` shows why; \`prewarm start ${name}\` tries it again.`;
  return refuse(/[.!?]$/.test(message) ? message : `${message}.`, next);
}

function isBackByItself({ mode, buildAgeMs, connectedAgeMs }: StartFacts): boolean {
  if (mode !== "auto" || connectedAgeMs === null || buildAgeMs > backByItselfMs) return false;
  return connectedAgeMs <= buildAgeMs + 2 * noteIntervalMs;
}

function stoppedMeanwhile({ name }: Workspace, how: string): StartStep {
  return refuse(
    `${name} ${how}, while you were connected; a connection that comes back does not start it.`,
    startIt(name),
  );
}

/** `was stopped at 18:02: idle for 1 h`. */
function stopText({ latestBuild }: Workspace): string {
  const { completedAt, createdAt, reason, initiator } = latestBuild;
  const at = new Date(completedAt ?? createdAt);
  const time = `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
  const why = reason === "" ? ` by ${initiator}` : ` (${reason.replace(/^stopped: /, "")})`;
  return `was stopped at ${time}${why}`;
}
