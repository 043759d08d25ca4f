import { ArrowUpCircle, Clock, Ellipsis, Play, Square, Trash2, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { type BulkAction, bulkActions } from "../../../contracts/bulk-actions.ts";
import type { BulkRequest } from "../../../contracts/api/workspaces-bulk.ts";
import type { User } from "../../../contracts/api/identity.ts";
import { bulkWorkspacesMax } from "../../../contracts/limits.ts";
import { Button } from "../../components/button.tsx";
import { IconButton } from "../../components/icon-button.tsx";
import { Menu, type MenuItem } from "../../components/menu.tsx";
import { OfferedFrom } from "../../components/offered-actions.ts";
import { useNarrowness } from "../../components/use-narrowness.ts";
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
  const isNarrow = useNarrowness();
  const { workspaces, isEverything } = selection;
  const count = isEverything ? total : workspaces.size;
  const reasonAgainst = (wanted: BulkAction): string | undefined => {
    if (count > bulkWorkspacesMax) return `At most ${bulkWorkspacesMax} at once: narrow the search.`;
    if (isEverything) return undefined;
    const { willBe, wontBe } = forecast(wanted, workspaces.values(), me);
    return willBe.length > 0 ? undefined : (wontBe[0]?.because ?? "Nothing is selected.");
  };
  if (count === 0 && action === null) return null;
  const acts = bulkActions.map((wanted) => ({
    label: labels[wanted],
    icon: icons[wanted],
    isDestructive: wanted === "delete",
    disabledBecause: reasonAgainst(wanted),
    onSelect: () => setAction(wanted),
  }));
  const hasMore = !isEverything && total > workspaces.size;
  const everything = hasMore ? [{ label: `Select all ${total} that match`, onSelect: onEverything }] : [];
  const bar = { count, acts, everything, onClear };
  return (
    <>
      <OfferedFrom value={{ kind: "selection", name: `${countWords(count)} selected` }}>
        {isNarrow ? <NarrowBar {...bar} /> : <WideBar {...bar} />}
      </OfferedFrom>
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

interface BarProps {
  readonly count: number;
  readonly acts: readonly MenuItem[];
  readonly everything: readonly MenuItem[];
  readonly onClear: () => void;
}

function WideBar({ count, acts, everything, onClear }: BarProps) {
  return (
    <section
      aria-label="Selected workspaces"
      className="sticky top-14 z-10 mb-3 flex flex-wrap items-center gap-2 rounded-md border border-accent-border bg-accent-soft px-3 py-2"
    >
      <span className="mr-2 font-medium" aria-live="polite">
        {countWords(count)} selected
      </span>
      {acts.map(({ label, icon, disabledBecause, onSelect }) => (
        <Button key={label} icon={icon} disabledBecause={disabledBecause} onClick={onSelect}>
          {label}
        </Button>
      ))}
      {everything.map(({ label, onSelect }) => (
        <Button key={label} kind="quiet" onClick={onSelect}>
          {label}
        </Button>
      ))}
      <Button kind="quiet" icon={<X size={14} aria-hidden />} onClick={onClear}>
        Clear
      </Button>
    </section>
  );
}

/** How many stand in the bar itself: what is left fits a thumb on 320 px. */
const actsInBar = 2;

/**
 * Above the menu at the bottom, where a thumb is, and behind the rows in the order of focus. What it would hide is pushed
 * up: the last row by the space below it, what gets the focus by the margin at which the browser scrolls.
 */
function NarrowBar({ count, acts, everything, onClear }: BarProps) {
  return (
    <>
      <div aria-hidden className="h-16" />
      <section
        aria-label="Selected workspaces"
        data-bottom-bar
        className="fixed inset-x-0 bottom-[calc(3.5rem+1px)] z-20 flex items-center gap-1.5 border-t border-accent-border bg-accent-soft px-3 py-2"
      >
        <Button
          kind="quiet"
          isSquare
          aria-label="Clear"
          title="Clear"
          className="min-h-[44px]! w-[44px]!"
          icon={<X size={18} aria-hidden />}
          onClick={onClear}
        />
        <span className="min-w-0 grow text-sm leading-tight font-medium" aria-live="polite">
          <span aria-hidden>{count}</span>
          <span className="sr-only">{countWords(count)}</span> selected
        </span>
        {acts.slice(0, actsInBar).map(({ label, icon, disabledBecause, onSelect }) => (
          <Button
            key={label}
            className="min-h-[44px]!"
            icon={icon}
            disabledBecause={disabledBecause}
            onClick={onSelect}
          >
            {label}
          </Button>
        ))}
        <Menu
          items={[...acts.slice(actsInBar), ...everything]}
          trigger={
            <IconButton
              kind="plain"
              className="min-h-[44px]! w-[44px]!"
              label="More for what is selected"
              icon={<Ellipsis size={18} />}
            />
          }
        />
      </section>
    </>
  );
}
