import type { BuildDetail, WorkspaceAgent } from "../../../contracts/api/workspaces.ts";
import { isJobFinished } from "../../../contracts/states.ts";

/** A stretch of a build on the server's clock. */
export interface Phase {
  readonly name: string;
  readonly fromMs: number;
  /** Null while it goes on. */
  readonly toMs: number | null;
}

interface Told {
  readonly detail: BuildDetail;
  /** Of the workspace, where this is its latest build; else none. */
  readonly agents: readonly Pick<WorkspaceAgent, "name" | "readyAt">[];
}

/** What a build was about and for how long, in the order of its beginning. Nothing of any other build. */
export function phasesOf({ detail: { build, phases }, agents }: Told): readonly Phase[] {
  const createdMs = Date.parse(build.createdAt);
  const startedMs = instantOf(build.startedAt);
  const completedMs = instantOf(build.completedAt);
  const isEnded = isJobFinished(build.status);
  const found: Phase[] = [];
  if (build.jobId !== null) {
    found.push({ name: "waits for a provisioner", fromMs: createdMs, toMs: startedMs ?? completedMs });
    if (startedMs !== null) found.push({ name: "provisioner", fromMs: startedMs, toMs: completedMs });
  }
  for (const { phase, startedAt, elapsedMs } of phases) {
    const fromMs = Date.parse(startedAt);
    found.push({ name: phase, fromMs, toMs: fromMs + elapsedMs });
  }
  if (build.transition === "start" && isEnded && build.status === "succeeded") {
    const fromMs = completedMs ?? createdMs;
    for (const { name, readyAt } of agents) {
      const readyMs = instantOf(readyAt);
      // One that was ready before has not been made anew by this build.
      if (readyMs === null || readyMs >= createdMs)
        found.push({
          name: `agent ${name} and its hooks`,
          fromMs,
          toMs: readyMs === null ? null : Math.max(fromMs, readyMs),
        });
    }
  }
  return found.sort((one, other) => one.fromMs - other.fromMs);
}

const instantOf = (text: string | null): number | null => (text === null ? null : Date.parse(text));

/** From the first beginning to the last end, or to now where something goes on. */
export function spanOf(phases: readonly Phase[], nowMs: number): { readonly fromMs: number; readonly toMs: number } {
  const fromMs = Math.min(...phases.map((phase) => phase.fromMs));
  const toMs = Math.max(...phases.map((phase) => phase.toMs ?? nowMs), fromMs + 1);
  return { fromMs, toMs };
}
