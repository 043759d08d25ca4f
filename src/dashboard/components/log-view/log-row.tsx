import { memo, type MouseEvent } from "react";
import { classNames } from "../class-names.ts";
import { type DrawnLine, drawLine } from "./line-parts.ts";
import type { LogLine } from "./log-lines.ts";
import { rowHeight } from "./row-window.ts";

interface LogRowProps {
  readonly number: number;
  /** Undefined while it is asked for again. */
  readonly line: LogLine | undefined;
  /** When it was written, as it is to be shown; the empty text for not at all. */
  readonly time: string;
  readonly needle: string;
  readonly isChosen: boolean;
  /** Whether it has the match that one is at. */
  readonly isCurrent: boolean;
  readonly onChoose: (number: number, isExtending: boolean) => void;
}

/** One line. Its number, time and phase are not selected with it, so that a copy is what the program wrote. */
export const LogRow = memo(function LogRow(props: LogRowProps) {
  const { number, line, time, needle, isChosen, isCurrent, onChoose } = props;
  const choose = (event: MouseEvent<HTMLAnchorElement>): void => {
    if (event.metaKey || event.ctrlKey || event.button !== 0) return;
    event.preventDefault();
    onChoose(number, event.shiftKey);
  };
  return (
    <div
      data-line={number}
      data-selected={isChosen}
      style={{ height: rowHeight, lineHeight: `${rowHeight}px` }}
      className={classNames(
        "flex w-max min-w-full gap-3 px-3",
        isChosen ? "bg-accent-soft" : isCurrent ? "bg-pressed" : line?.level === "error" && "bg-bad-soft",
      )}
    >
      <a
        href={`#L${number}`}
        tabIndex={-1}
        onClick={choose}
        className="min-w-12 shrink-0 text-right text-muted select-none hover:underline"
      >
        {number}
      </a>
      {time === "" ? null : <span className="shrink-0 text-muted select-none">{time}</span>}
      <span className="w-16 shrink-0 truncate text-muted select-none">{line?.stage ?? ""}</span>
      <span className={classNames("whitespace-pre", line?.level === "error" && "text-bad")}>
        {line === undefined ? "…" : <LineText drawn={drawLine(line.line, needle)} />}
      </span>
    </div>
  );
});

function LineText({ drawn: { parts, hidden } }: { readonly drawn: DrawnLine }) {
  return (
    <>
      {parts.map(({ text, classes, href, isMatch }, nth) => {
        const look = classNames(classes, isMatch && "bg-warn-soft text-warn outline-1 outline-warn-line");
        if (href !== null) {
          return (
            <a
              key={nth}
              href={href}
              target="_blank"
              rel="noopener noreferrer"
              className={classNames(look, "underline")}
            >
              {text}
            </a>
          );
        }
        return look === "" ? (
          text
        ) : (
          <span key={nth} className={look}>
            {text}
          </span>
        );
      })}
      {hidden === 0 ? null : (
        <span className="text-muted select-none">
          {" "}
          … {hidden.toLocaleString("en")} more characters are in the download
        </span>
      )}
      {"\n"}
    </>
  );
}
