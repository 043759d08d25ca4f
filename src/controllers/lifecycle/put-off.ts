import type { WorkspaceId } from "../../contracts/ids.ts";
import { retryDelayMs } from "../../domain/lifecycle/due-act.ts";

/** Workspaces that are remembered; with more, the ones put off first are asked again before their time. */
const putOffMax = 2_000;

/** Workspaces that were looked at in vain, and are not to be found again at once. */
export interface PutOff {
  /** Those that are not to be looked for at `at`. */
  now(at: number): readonly WorkspaceId[];
  /** It could not be done, or nothing was to be done: asked again later, each time in a row twice as late. */
  add(workspaceId: WorkspaceId, at: number): void;
  /** Something was done. */
  forget(workspaceId: WorkspaceId): void;
}

/**
 * Each look takes the first so many that are due. One that stays due whatever is done would be taken by every look, and
 * enough of them would keep all others waiting for ever: so whatever came to nothing stands back for a while.
 */
export function createPutOff(): PutOff {
  const entries = new Map<WorkspaceId, { readonly until: number; readonly times: number }>();
  return {
    now: (at) => [...entries].filter(([, { until }]) => until > at).map(([workspaceId]) => workspaceId),
    add: (workspaceId, at) => {
      const times = (entries.get(workspaceId)?.times ?? 0) + 1;
      // Taken out first, so that the order is that of the last try.
      entries.delete(workspaceId);
      entries.set(workspaceId, { until: at + retryDelayMs(times), times });
      const [oldest] = entries.keys();
      if (entries.size > putOffMax && oldest !== undefined) entries.delete(oldest);
    },
    forget: (workspaceId) => {
      entries.delete(workspaceId);
    },
  };
}
