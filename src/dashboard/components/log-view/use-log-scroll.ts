import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { LogLines } from "./log-lines.ts";
import { rowHeight, rowsToDraw } from "./row-window.ts";

/** Who is this near to the end is at the end. */
const atEndPx = rowHeight * 1.5;

export interface LogScroll {
  readonly boxRef: RefObject<HTMLDivElement | null>;
  readonly start: number;
  readonly end: number;
  readonly isFollowing: boolean;
  /** Lines that came since following stopped. */
  readonly unseen: number;
  readonly onScroll: () => void;
  readonly follow: () => void;
  /** Brings a line into view, in the middle. */
  readonly goTo: (line: number) => void;
}

/** Which rows are seen. The end is followed until somebody scrolls up, and again once he is back at it. */
export function useLogScroll(log: LogLines, version: number): LogScroll {
  const boxRef = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ scrollTop: 0, height: 0 });
  const [leftAt, setLeftAt] = useState<number | null>(null);
  const isFollowing = leftAt === null;
  const look = useCallback(() => {
    const box = boxRef.current;
    if (box !== null) setSeen({ scrollTop: box.scrollTop, height: box.clientHeight });
  }, []);
  useEffect(() => {
    const box = boxRef.current;
    if (box === null) return undefined;
    const observer = new ResizeObserver(look);
    observer.observe(box);
    return () => observer.disconnect();
  }, [look]);
  useLayoutEffect(() => {
    const box = boxRef.current;
    if (box === null || !isFollowing) return;
    box.scrollTop = box.scrollHeight;
    look();
  }, [isFollowing, version, look]);
  const onScroll = (): void => {
    const box = boxRef.current;
    if (box === null) return;
    const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight <= atEndPx;
    // Downwards it may be behind the end only because more has come meanwhile.
    const isUpwards = box.scrollTop < seen.scrollTop;
    if (isAtEnd) setLeftAt(null);
    else if (isUpwards && isFollowing) setLeftAt(log.count);
    look();
  };
  const goTo = useCallback(
    (line: number) => {
      const box = boxRef.current;
      if (box === null) return;
      setLeftAt((before) => before ?? log.count);
      box.scrollTop = Math.max(0, (line - 1) * rowHeight - box.clientHeight / 2);
      look();
    },
    [log, look],
  );
  return {
    boxRef,
    ...rowsToDraw({ ...seen, rowHeight, rows: log.count }),
    isFollowing,
    unseen: leftAt === null ? 0 : log.count - leftAt,
    onScroll,
    follow: () => setLeftAt(null),
    goTo,
  };
}
