import { ChevronDown, ChevronUp, Copy, Download } from "lucide-react";
import { useEffect, useState } from "react";
import { logSearchTextLengthMax } from "../../../contracts/limits.ts";
import { apiErrorOf } from "../../api/api-error.ts";
import { Button } from "../button.tsx";
import { classNames } from "../class-names.ts";
import { controlLook } from "../field.tsx";
import { IconButton } from "../icon-button.tsx";
import { showToast } from "../toasts.ts";
import type { LineRange } from "./line-range.ts";
import type { LogLines } from "./log-lines.ts";
import { searchWords } from "./search-words.ts";
import type { LogSearch } from "./use-log-search.ts";
import { saveLog, textOf } from "./take-out.ts";
import { type TimeChoice, timeChoices } from "./log-times.ts";

const typedMs = 200;

interface SearchBarProps {
  readonly label: string;
  readonly search: LogSearch;
}

/** Looks for a text in the log: Enter goes to the next line that has it, with Shift to the one before. */
export function SearchBar({ label, search }: SearchBarProps) {
  const { setNeedle: onSearch, step: onStep } = search;
  const [text, setText] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => onSearch(text), typedMs);
    return () => clearTimeout(timer);
  }, [text, onSearch]);
  return (
    <search className="flex min-w-0 grow items-center gap-1">
      <input
        type="search"
        aria-label={`Search in: ${label}`}
        placeholder="Search"
        value={text}
        maxLength={logSearchTextLengthMax}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          onStep(event.shiftKey ? -1 : 1);
        }}
        className={classNames(controlLook, "max-w-72")}
      />
      <span aria-live="polite" className="min-w-16 text-xs text-muted">
        {text === "" || search.needle === "" ? "" : searchWords(search)}
      </span>
      <IconButton label="The match before" icon={<ChevronUp size={16} />} onClick={() => onStep(-1)} />
      <IconButton label="The next match" icon={<ChevronDown size={16} />} onClick={() => onStep(1)} />
    </search>
  );
}

interface LogToolsProps {
  readonly log: LogLines;
  readonly range: LineRange | null;
  readonly fileName: string;
  readonly times: TimeChoice;
  readonly onTimes: (choice: TimeChoice) => void;
}

const timeLabels: Readonly<Record<TimeChoice, string>> = {
  off: "No times",
  relative: "Since begin",
  absolute: "Clock",
};

/** What can be done with the lines: their times, a copy of those that are chosen, all of them as a file. */
export function LogTools({ log, range, fileName, times, onTimes }: LogToolsProps) {
  const [isBusy, setBusy] = useState(false);
  const act = async (run: () => Promise<void>): Promise<void> => {
    setBusy(true);
    try {
      await run();
    } catch (error) {
      showToast({ tone: "bad", text: `That did not work: ${apiErrorOf(error).message}` });
    } finally {
      setBusy(false);
    }
  };
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(await textOf(log, range ?? { first: 1, last: log.count }));
    showToast({ tone: "ok", text: range === null ? "The log is copied." : "The chosen lines are copied." });
  };
  return (
    <div className="flex flex-wrap items-center gap-1">
      <select
        aria-label="Times of the lines"
        value={times}
        onChange={(event) => onTimes(timeChoices.find((choice) => choice === event.target.value) ?? "off")}
        className={classNames(controlLook, "w-auto! shrink-0")}
      >
        {timeChoices.map((choice) => (
          <option key={choice} value={choice}>
            {timeLabels[choice]}
          </option>
        ))}
      </select>
      <Button kind="quiet" icon={<Copy size={14} aria-hidden />} isBusy={isBusy} onClick={() => void act(copy)}>
        {range === null ? "Copy" : "Copy chosen lines"}
      </Button>
      <Button
        kind="quiet"
        icon={<Download size={14} aria-hidden />}
        isBusy={isBusy}
        onClick={() => void act(async () => await saveLog(log, fileName))}
      >
        Download
      </Button>
    </div>
  );
}
