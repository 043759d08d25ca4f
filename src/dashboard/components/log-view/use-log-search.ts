import { useCallback, useMemo, useState } from "react";
import type { ApiError } from "../../api/api-error.ts";
import { apiErrorOf } from "../../api/api-error.ts";
import { showToast } from "../toasts.ts";
import { type LogLines, LineSearch } from "./log-lines.ts";
import type { LogSource } from "./use-log-lines.ts";
import { useServerSearch, type WholeSearch } from "./use-server-search.ts";

export interface LogSearch {
  readonly needle: string;
  readonly setNeedle: (needle: string) => void;
  /** How many lines have it of those that are loaded. */
  readonly loaded: number;
  /** How many of the whole log, or more if not `isCounted`; undefined while that is not known. */
  readonly total: number | undefined;
  readonly isCounted: boolean;
  /** Whether the server is asked, or a part of the log is loaded. */
  readonly isAsking: boolean;
  /** Whether not all of the log is loaded, so that the server has to be asked. */
  readonly isBeyond: boolean;
  readonly error: ApiError | null;
  readonly askAgain: () => void;
  /** At which of them one is, from 1; 0 for at none yet. */
  readonly at: number;
  readonly current: number | undefined;
  readonly step: (by: 1 | -1) => void;
}

interface SearchedLog {
  readonly log: LogLines;
  readonly version: number;
  readonly isRead: boolean;
  readonly source: LogSource;
}

/** What is searched for in a log, in memory and beyond it by the server, and where one is in what was found. */
export function useLogSearch({ log, version, isRead, source }: SearchedLog, goTo: (line: number) => void): LogSearch {
  const [needle, setNeedle] = useState("");
  const [place, setPlace] = useState<{ readonly id: number; readonly line: number } | null>(null);
  const [isLoading, setLoading] = useState(false);
  const search = useMemo(() => new LineSearch(log, needle), [log, needle]);
  const isBeyond = !isRead || !log.isWhole;
  const server = useServerSearch(source, needle, isBeyond);
  const { whole } = server;
  // With each line that came, those alone.
  const loaded = useMemo(() => (version < 0 ? 0 : search.lookOn().length), [search, version]);
  const ids = useMemo(() => (loaded < 0 ? [] : matchesOf(search, whole)), [search, whole, loaded]);
  const at = useMemo(() => (place === null ? 0 : ids.indexOf(place.id) + 1), [ids, place]);
  const change = useCallback((next: string) => {
    setNeedle(next);
    setPlace(null);
  }, []);
  const walk = async (by: 1 | -1): Promise<void> => {
    const isAtEdge = by > 0 && whole?.hasMore === true && at === whole.ids.length;
    const known = isAtEdge ? await server.askOn() : whole;
    if (isAtEdge && known === undefined) return;
    const all = isAtEdge ? matchesOf(search, known) : ids;
    const next = at === 0 && by < 0 ? all.length : ((at - 1 + by + all.length) % all.length) + 1;
    const id = all[next - 1];
    if (id === undefined) return;
    const line = search.found[search.ids.indexOf(id)] ?? (await log.numberOf(id));
    if (line === null) throw new Error("the line is no longer in the log.");
    setPlace({ id, line });
    goTo(line);
  };
  const step = (by: 1 | -1): void => {
    if (isLoading) return;
    setLoading(true);
    walk(by)
      .catch((error: unknown) => showToast({ tone: "bad", text: `That did not work: ${apiErrorOf(error).message}` }))
      .finally(() => setLoading(false));
  };
  return {
    needle,
    setNeedle: change,
    loaded,
    // Those that came since it was asked are in memory.
    total: whole === undefined ? undefined : whole.matches + (whole.hasMore ? 0 : ids.length - whole.ids.length),
    isCounted: whole?.isCounted ?? false,
    isAsking: server.isAsking || isLoading,
    isBeyond,
    error: server.error,
    askAgain: server.askAgain,
    at,
    current: place?.line,
    step,
  };
}

/** Cursors of the matches in their order: those of the server, and behind what it knows those in memory. */
function matchesOf(search: LineSearch, whole: WholeSearch | undefined): readonly number[] {
  if (whole === undefined) return search.ids.slice();
  return [...whole.ids, ...search.ids.filter((id) => id > whole.knownTo)];
}
