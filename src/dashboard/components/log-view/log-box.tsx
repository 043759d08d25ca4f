import { Button } from "../button.tsx";
import type { LineRange } from "./line-range.ts";
import type { LogLines } from "./log-lines.ts";
import { LogRow } from "./log-row.tsx";
import { rowHeight } from "./row-window.ts";
import type { LogScroll } from "./use-log-scroll.ts";

interface LogBoxProps {
  readonly log: LogLines;
  readonly label: string;
  readonly isRead: boolean;
  readonly scroll: LogScroll;
  readonly range: LineRange | null;
  readonly needle: string;
  /** The line of the match that one is at. */
  readonly current: number | undefined;
  readonly timeOf: (atMs: number) => string;
  readonly onChoose: (number: number, isExtending: boolean) => void;
}

/** The lines themselves: as high as all of them, with those in it that are seen. */
export function LogBox({ log, label, isRead, scroll, ...rows }: LogBoxProps) {
  const { start, unseen } = scroll;
  return (
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
            <Rows {...rows} log={log} start={start} end={scroll.end} />
          </div>
        </div>
      </div>
      {scroll.isFollowing ? null : (
        <Button kind="primary" className="absolute right-5 bottom-4 shadow-(--shadow)" onClick={scroll.follow}>
          {unseen === 0 ? "To the end" : `${unseen.toLocaleString("en")} new ${unseen === 1 ? "line" : "lines"}`}
        </Button>
      )}
    </div>
  );
}

interface RowsProps extends Pick<LogBoxProps, "log" | "range" | "needle" | "current" | "timeOf" | "onChoose"> {
  readonly start: number;
  readonly end: number;
}

function Rows({ log, start, end, range, needle, current, timeOf, onChoose }: RowsProps) {
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
        onChoose={onChoose}
      />
    );
  });
}
