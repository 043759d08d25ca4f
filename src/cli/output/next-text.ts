import type { Workspace } from "../../contracts/api/workspaces.ts";
import { relativeTime } from "./time-text.ts";

/** What happens to a workspace by itself: `stops in 2 h`, `dormant, deleted in 6 days`, `–`. */
export function nextText(workspace: Pick<Workspace, "deadlineAt" | "dormantAt" | "deletingAt">, now: Date): string {
  const { deadlineAt, dormantAt, deletingAt } = workspace;
  if (dormantAt !== null) {
    return deletingAt === null ? "dormant" : `dormant, ${whenText("deleted", deletingAt, now)}`;
  }
  return deadlineAt === null ? "–" : whenText("stops", deadlineAt, now);
}

/** An instant that has passed means that the act is under way. */
export function whenText(what: string, at: string, now: Date): string {
  return new Date(at).getTime() <= now.getTime() ? `${what} now` : `${what} ${relativeTime(at, now)}`;
}
