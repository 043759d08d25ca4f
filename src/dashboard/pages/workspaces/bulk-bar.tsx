import { ArrowUpCircle, Clock, Play, Square, Trash2, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { type BulkAction, bulkActions, type BulkRequest } from "../../../contracts/api/workspaces-bulk.ts";
import type { User } from "../../../contracts/api/identity.ts";
import { bulkWorkspacesMax } from "../../../contracts/limits.ts";
import { Button } from "../../components/button.tsx";
import { BulkDialog } from "./bulk-dialog.tsx";
import { countWords, forecast, verbs } from "./bulk-words.ts";
import type { Selection } from "./use-selection.ts";

const icons: Readonly<Record<BulkAction, ReactNode>> = {
  start: <Play size={14} aria-hidden />,
  stop: <Square size={14} aria-hidden />,
  update: <ArrowUpCircle size={14} aria-hidden />,
  extend: <Clock size={14} aria-hidden />,
  delete: <Trash2 size={14} aria-hidden />,
};
const labels: Readonly<Record<BulkAction, string>> = { ...verbs, extend: "Extend 1 h", delete: "Delete…" };

interface BulkBarProps {
  readonly selection: Selection;
  /** What the list is asked for, and how many it finds. */
  readonly filter: NonNullable<BulkRequest["query"]>;
  readonly total: number;
  readonly me: User;
  readonly onEverything: () => void;
  readonly onClear: () => void;
}

/** What can be done with those that are selected. It is there as long as some are. */
export function BulkBar({ selection, filter, total, me, onEverything, onClear }: BulkBarProps) {
  const [action, setAction] = useState<BulkAction | null>(null);
  const { workspaces, isEverything } = selection;
  const count = isEverything ? total : workspaces.size;
  const reasonAgainst = (wanted: BulkAction): string | undefined => {
    if (count > bulkWorkspacesMax) return `At most ${bulkWorkspacesMax} at once: narrow the search.`;
    if (isEverything) return undefined;
    const { willBe, wontBe } = forecast(wanted, workspaces.values(), me);
    return willBe.length > 0 ? undefined : (wontBe[0]?.because ?? "Nothing is selected.");
  };
  if (count === 0 && action === null) return null;
  return (
    <>
      <section
        aria-label="Selected workspaces"
        className="z-10 mb-3 sm:sticky sm:top-14 flex flex-wrap items-center gap-2 rounded-md border border-accent-border bg-accent-soft px-3 py-2"
      >
        <span className="mr-2 font-medium" aria-live="polite">
          {countWords(count)} selected
        </span>
        {bulkActions.map((wanted) => (
          <Button
            key={wanted}
            icon={icons[wanted]}
            disabledBecause={reasonAgainst(wanted)}
            onClick={() => setAction(wanted)}
          >
            {labels[wanted]}
          </Button>
        ))}
        {isEverything || total <= workspaces.size ? null : (
          <Button kind="quiet" onClick={onEverything}>
            Select all {total} that match
          </Button>
        )}
        <Button kind="quiet" icon={<X size={14} aria-hidden />} onClick={onClear}>
          Clear
        </Button>
      </section>
      {action === null ? null : (
        <BulkDialog
          action={action}
          selection={selection}
          filter={filter}
          count={count}
          me={me}
          onClose={() => setAction(null)}
          onDone={onClear}
        />
      )}
    </>
  );
}
