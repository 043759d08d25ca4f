import { useEffect, useRef } from "react";
import type { LineRange } from "./line-range.ts";
import type { LogLines } from "./log-lines.ts";

/** Goes, once, to the lines of the address or else to the first error; without either the end is followed. */
export function useOpening(
  log: LogLines,
  isRead: boolean,
  { range, goTo }: { readonly range: LineRange | null; readonly goTo: (line: number) => void },
): void {
  const opened = useRef<LogLines | null>(null);
  useEffect(() => {
    if (!isRead || log.count === 0 || opened.current === log) return;
    opened.current = log;
    const line = range?.first ?? log.firstError;
    if (line !== null && line <= log.count) goTo(line);
  }, [log, isRead, range, goTo]);
}
