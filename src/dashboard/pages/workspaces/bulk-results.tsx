import type { BulkAnswer, BulkResult } from "../../../contracts/api/workspaces-bulk.ts";
import type { ApiError } from "../../api/api-error.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { State } from "../../components/state.tsx";
import { countWords, pastVerbs, verbs } from "./bulk-words.ts";

interface BulkResultsProps {
  readonly answer: BulkAnswer;
  readonly error: ApiError | null;
  readonly isBusy: boolean;
  readonly onAgain: (names: readonly string[]) => void;
  readonly onClose: () => void;
}

/** What became of each: those that went wrong first, with why, and a way to try them once more. */
export function BulkResults({ answer, error, isBusy, onAgain, onClose }: BulkResultsProps) {
  const { action, done, skipped, results } = answer;
  const wrong = results.filter(({ outcome }) => outcome === "refused" || outcome === "not_tried");
  const passedOver = results.filter(({ outcome }) => outcome === "skipped");
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={wrong.length === 0 ? "Done" : `${countWords(wrong.length)} could not be changed`}
      description={
        <p aria-live="polite">
          {done} {pastVerbs[action]}
          {skipped > 0 ? `, ${skipped} were so already` : ""}
          {wrong.length > 0 ? `, ${wrong.length} were refused` : ""}.
        </p>
      }
    >
      {[...wrong, ...passedOver].length === 0 ? null : (
        <ul aria-label="What was not done" className="grid max-h-72 gap-2 overflow-y-auto">
          {[...wrong, ...passedOver].map((result) => (
            <Result key={result.name} result={result} />
          ))}
        </ul>
      )}
      {error === null ? null : <ErrorState error={error} />}
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        {wrong.length === 0 ? null : (
          <Button isBusy={isBusy} onClick={() => onAgain(wrong.map(({ id, name }) => id ?? name))}>
            {verbs[action]} {wrong.length} again
          </Button>
        )}
        <Button kind="primary" onClick={onClose} autoFocus>
          Close
        </Button>
      </div>
    </Dialog>
  );
}

function Result({ result: { name, outcome, because, error } }: { readonly result: BulkResult }) {
  const why = error === undefined ? because : `${error.message} ${error.next ?? ""}`;
  return (
    <li className="border-b border-line pb-2 text-sm last:border-0">
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-medium break-all">{name}</span>
        <State tone={outcome === "skipped" ? "off" : "bad"}>
          {outcome === "skipped" ? "passed over" : outcome === "refused" ? "refused" : "not tried"}
        </State>
        {error === undefined ? null : <code className="text-xs text-muted">{error.code}</code>}
      </div>
      <p className="wrap-anywhere text-muted">{why ?? "The time of one request was over before its turn."}</p>
    </li>
  );
}
