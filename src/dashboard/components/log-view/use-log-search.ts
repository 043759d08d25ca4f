import { useCallback, useMemo, useState } from "react";
import { type LogLines, LineSearch } from "./log-lines.ts";

interface LogSearch {
  readonly needle: string;
  readonly setNeedle: (needle: string) => void;
  /** Numbers of the lines that have it. */
  readonly found: readonly number[];
  /** At which of them one is, from 1; 0 for at none yet. */
  readonly at: number;
  readonly current: number | undefined;
  readonly step: (by: 1 | -1) => void;
}

/** What is searched for in the lines that are in memory, and where one is in what was found. */
export function useLogSearch(log: LogLines, version: number, goTo: (line: number) => void): LogSearch {
  const [needle, setNeedle] = useState("");
  const [at, setAt] = useState(0);
  const search = useMemo(() => new LineSearch(log, needle), [log, needle]);
  // With each line that came, those alone.
  const found = useMemo(() => (version < 0 ? [] : search.lookOn().slice()), [search, version]);
  const change = useCallback((next: string) => {
    setNeedle(next);
    setAt(0);
  }, []);
  const step = (by: 1 | -1): void => {
    if (found.length === 0) return;
    const next = at === 0 && by < 0 ? found.length : ((at - 1 + by + found.length) % found.length) + 1;
    setAt(next);
    goTo(found[next - 1] ?? 1);
  };
  return { needle, setNeedle: change, found, at, current: found[at - 1], step };
}
