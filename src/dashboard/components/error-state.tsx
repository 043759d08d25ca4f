import { CircleAlert } from "lucide-react";
import type { Problem } from "../../contracts/errors.ts";
import type { ApiError } from "../api/api-error.ts";
import { Button } from "./button.tsx";
import { CopyButton } from "./copy-button.tsx";

interface ErrorStateProps {
  readonly error: ApiError;
  readonly onRetry?: () => void;
}

/** What happened, why, and what to do next; with the request's id for whoever reads the server's log. */
export function ErrorState({ error, onRetry }: ErrorStateProps) {
  return (
    <div role="alert" className="flex gap-3 rounded-lg border border-bad-line bg-bad-soft p-3 text-sm">
      <CircleAlert size={18} aria-hidden className="mt-0.5 shrink-0 text-bad" />
      <div className="min-w-0">
        <p className="font-medium break-words text-bad">{error.message}</p>
        {error.problems.length === 0 ? null : (
          <ul className="mt-1 list-disc pl-5">
            {error.problems.map((problem) => (
              <li key={`${problem.field} ${problem.line ?? ""} ${problem.reason}`}>
                <code>{placeOf(problem)}</code>: {problem.reason}
              </li>
            ))}
          </ul>
        )}
        {error.next === "" ? null : <p className="mt-1 text-text">{error.next}</p>}
        {error.retryAfterSeconds === undefined ? null : (
          <p className="mt-1 text-text">It is to be asked again in {waitWords(error.retryAfterSeconds)}.</p>
        )}
        <div className="mt-2 flex flex-wrap items-center gap-2 text-xs text-text">
          <code>{error.code}</code>
          {error.requestId === "" ? null : (
            <>
              <span>
                Request <code>{error.requestId}</code>
              </span>
              <CopyButton text={error.requestId} label="Copy request id" />
            </>
          )}
          {onRetry === undefined ? null : <Button onClick={onRetry}>Try again</Button>}
        </div>
      </div>
    </div>
  );
}

const waitWords = (seconds: number): string =>
  seconds < 120 ? `${seconds} ${seconds === 1 ? "second" : "seconds"}` : `${Math.ceil(seconds / 60)} minutes`;

/** The field, behind its file with line and column where they are known. */
function placeOf({ field, file, line, column }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  return [place, field].filter((part) => part !== "").join(" ");
}
