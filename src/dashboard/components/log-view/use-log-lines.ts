import { type QueryKey, useQuery } from "@tanstack/react-query";
import { useMemo, useSyncExternalStore } from "react";
import type { ApiError } from "../../api/api-error.ts";
import { call } from "../../api/call.ts";
import { type FetchLog, LogLines } from "./log-lines.ts";

export type LogSource =
  | { readonly kind: "job"; readonly jobId: string }
  | { readonly kind: "agents"; readonly workspaceId: string };

/** Of one answer of a search. */
const matchesAtOnce = 500;

const fetchFrom: (source: LogSource) => FetchLog = (source) => async (query) => {
  const { entries } =
    source.kind === "job"
      ? await call("getJobLogs", { params: { jobId: source.jobId }, query })
      : await call("getAgentLogs", { params: { workspace: source.workspaceId }, query });
  return entries;
};

/** Asks the server for the lines of a log that have a text. */
export async function searchAt(source: LogSource, search: string, query: { after: number; signal: AbortSignal }) {
  const { after, signal } = query;
  const asked = { query: { after, limit: matchesAtOnce, search }, signal };
  return source.kind === "job"
    ? await call("getJobLogs", { params: { jobId: source.jobId }, ...asked })
    : await call("getAgentLogs", { params: { workspace: source.workspaceId }, ...asked });
}

interface ReadLog {
  readonly log: LogLines;
  /** Changes with each line that comes. */
  readonly version: number;
  /** Whether its end was reached once. */
  readonly isRead: boolean;
  readonly error: ApiError | null;
  readonly readAgain: () => void;
}

/**
 * The lines of a log, to its end, and what comes: news of its key have it read on. They come over the one channel that
 * the browser holds, so that a log on screen takes no connection of its own.
 * @param key begins as the keys that hear of it, and is its own
 * @param everyMs reads on after so long although nothing is heard, where lines make no news
 */
export function useLogLines(source: LogSource, key: QueryKey, everyMs?: number): ReadLog {
  const name = source.kind === "job" ? source.jobId : source.workspaceId;
  // The source by its parts: who draws the view makes a new object each time.
  const log = useMemo(
    () =>
      new LogLines(
        fetchFrom(source.kind === "job" ? { kind: "job", jobId: name } : { kind: "agents", workspaceId: name }),
      ),
    [source.kind, name],
  );
  const version = useSyncExternalStore(log.subscribe, () => log.version);
  const query = useQuery<number, ApiError>({
    queryKey: [...key, "lines"],
    queryFn: async () => {
      await log.readOn();
      return log.count;
    },
    // The lines are in this view, not in the query: another one begins anew.
    gcTime: 0,
    staleTime: 0,
    refetchInterval: everyMs ?? false,
  });
  return { log, version, isRead: query.data !== undefined, error: query.error, readAgain: () => void query.refetch() };
}
