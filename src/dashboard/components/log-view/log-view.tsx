import type { QueryKey } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { EmptyState } from "../empty-state.tsx";
import { ErrorState } from "../error-state.tsx";
import { useIsSlow } from "../skeleton.tsx";
import { chosenRange } from "./line-range.ts";
import { LogBox } from "./log-box.tsx";
import { LogTools, SearchBar } from "./log-toolbar.tsx";
import { storedTimeChoice, storeTimeChoice, timeText } from "./log-times.ts";
import { useLineRange } from "./use-line-range.ts";
import { type LogSource, useLogLines } from "./use-log-lines.ts";
import { useLogScroll } from "./use-log-scroll.ts";
import { useLogSearch } from "./use-log-search.ts";
import { useOpening } from "./use-opening.ts";

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
  const search = useLogSearch({ log, version, isRead, source }, scroll.goTo);
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
        <SearchBar label={label} search={search} />
        <LogTools
          {...{ log, range, fileName, times }}
          onTimes={(choice) => {
            setTimes(choice);
            storeTimeChoice(choice);
          }}
        />
      </div>
      {read.error === null ? null : <ErrorState error={read.error} onRetry={read.readAgain} />}
      {search.error === null ? null : <ErrorState error={search.error} onRetry={search.askAgain} />}
      {isRead && log.count === 0 ? <EmptyState title={empty} /> : null}
      <LogBox
        {...{ log, label, isRead, scroll, range }}
        needle={search.needle}
        current={search.current}
        timeOf={(atMs) => timeText(times, atMs, log.firstMs)}
        onChoose={choose}
      />
      <Reading isRead={isRead} count={log.count} />
    </div>
  );
}

function Reading({ isRead, count }: { readonly isRead: boolean; readonly count: number }) {
  const isSlow = useIsSlow();
  if (isRead || !isSlow) return null;
  return <p className="mt-2 text-xs text-muted">Reading the log: {count.toLocaleString("en")} lines so far.</p>;
}
