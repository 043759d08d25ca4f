import type { QueryKey } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Button } from "../button.tsx";
import { EmptyState } from "../empty-state.tsx";
import { ErrorState } from "../error-state.tsx";
import { useIsSlow } from "../skeleton.tsx";
import { chosenRange, type LineRange } from "./line-range.ts";
import { type LogLines, LineSearch } from "./log-lines.ts";
import { LogRow } from "./log-row.tsx";
import { LogTools, SearchBar } from "./log-toolbar.tsx";
import { storedTimeChoice, storeTimeChoice, timeText } from "./log-times.ts";
import { useLineRange } from "./use-line-range.ts";
import { type LogSource, useLogLines } from "./use-log-lines.ts";
import { rowHeight } from "./row-window.ts";
import { useLogScroll } from "./use-log-scroll.ts";

interface LogViewProps {
  readonly source: LogSource;
  /** From `keys`: news of it have the log read on. */
  readonly queryKey: QueryKey;
  readonly label: string;
  /** Of the download. */
  readonly fileName: string;
  /** Reads on after so long although nothing is heard, where lines make no news. */
  readonly everyMs?: number | undefined;
  /** What is said while there is no line. */
  readonly empty?: string;
}

/**
 * A log of any length: its lines while they come, a search, links to lines. It opens at the lines of the address, at the
 * first error, or at its end, which it follows. One view a page, as the address names the lines of one.
 */
export function LogView({
  source,
  queryKey,
  label,
  fileName,
  everyMs,
  empty = "Nothing has been logged yet.",
}: LogViewProps) {
  const read = useLogLines(source, queryKey, everyMs);
  const { log, version, isRead } = read;
  const [range, setRange] = useLineRange();
  const scroll = useLogScroll(log, version);
  const [times, setTimes] = useState(storedTimeChoice);
  const search = useLogSearch(log, version, scroll.goTo);
  useOpening(log, isRead, { range, goTo: scroll.goTo });
  const latest = useRef(range);
  latest.current = range;
  const choose = useCallback(
    (number: number, isExtending: boolean) => setRange(chosenRange(latest.current, number, isExtending)),
    [setRange],
  );
  const { start, end } = scroll;
  useEffect(() => {
    // What cannot be asked for again now is asked for with the next look; the view says what failed last.
    if (end > start) log.hold(start + 1, end).catch(() => undefined);
  }, [log, start, end]);
  return (
    <div>
      <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
        <SearchBar
          label={label}
          onSearch={search.setNeedle}
          matches={search.found.length}
          at={search.at}
          onStep={search.step}
        />
        <LogTools
          {...{ log, range, fileName, times }}
          onTimes={(choice) => {
            setTimes(choice);
            storeTimeChoice(choice);
          }}
        />
      </div>
      {read.error === null ? null : <ErrorState error={read.error} onRetry={read.readAgain} />}
      {isRead && log.count === 0 ? <EmptyState title={empty} /> : null}
      <div className={log.count === 0 ? "hidden" : "relative"}>
        <div
          ref={scroll.boxRef}
          role="log"
          aria-label={label}
          aria-live="off"
          aria-busy={!isRead}
          tabIndex={0}
          onScroll={scroll.onScroll}
          data-lines={log.count}
          className="h-[60vh] min-h-60 overflow-auto rounded-md border border-line bg-raised font-mono text-xs [overflow-anchor:none]"
        >
          {/* Without transitions, which whoever wants less motion has on everything: its height is measured at once. */}
          <div style={{ height: log.count * rowHeight }} className="relative min-w-full transition-none">
            <div style={{ top: start * rowHeight }} className="absolute left-0 min-w-full transition-none">
              <Rows
                {...{ log, start, end, range, choose }}
                needle={search.needle}
                current={search.current}
                timeOf={(atMs) => timeText(times, atMs, log.firstMs)}
              />
            </div>
          </div>
        </div>
        {scroll.isFollowing ? null : (
          <Button kind="primary" className="absolute right-5 bottom-4 shadow-(--shadow)" onClick={scroll.follow}>
            {scroll.unseen === 0
              ? "To the end"
              : `${scroll.unseen.toLocaleString("en")} new ${scroll.unseen === 1 ? "line" : "lines"}`}
          </Button>
        )}
      </div>
      <Reading isRead={isRead} count={log.count} />
    </div>
  );
}

interface RowsProps {
  readonly log: LogLines;
  readonly start: number;
  readonly end: number;
  readonly range: LineRange | null;
  readonly needle: string;
  readonly current: number | undefined;
  readonly timeOf: (atMs: number) => string;
  readonly choose: (number: number, isExtending: boolean) => void;
}

function Rows({ log, start, end, range, needle, current, timeOf, choose }: RowsProps) {
  return Array.from({ length: Math.max(0, end - start) }, (_, nth) => {
    const number = start + nth + 1;
    const line = log.lineAt(number);
    return (
      <LogRow
        key={number}
        number={number}
        line={line}
        time={line === undefined ? "" : timeOf(line.atMs)}
        needle={needle}
        isChosen={range !== null && number >= range.first && number <= range.last}
        isCurrent={number === current}
        onChoose={choose}
      />
    );
  });
}

function Reading({ isRead, count }: { readonly isRead: boolean; readonly count: number }) {
  const isSlow = useIsSlow();
  if (isRead || !isSlow) return null;
  return <p className="mt-2 text-xs text-muted">Reading the log: {count.toLocaleString("en")} lines so far.</p>;
}

/** Goes, once, to the lines of the address or else to the first error; without either the end is followed. */
function useOpening(
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

function useLogSearch(log: LogLines, version: number, goTo: (line: number) => void) {
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
