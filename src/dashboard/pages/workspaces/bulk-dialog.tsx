import { useState } from "react";
import type { BulkAction } from "../../../contracts/bulk-actions.ts";
import type { BulkAnswer, BulkRequest } from "../../../contracts/api/workspaces-bulk.ts";
import type { User } from "../../../contracts/api/identity.ts";
import { useCall } from "../../api/use-call.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { BulkResults } from "./bulk-results.tsx";
import { countWords, effects, type Forecast, forecast, verbs } from "./bulk-words.ts";
import type { Selection } from "./use-selection.ts";

const hourMs = 3_600_000;
const namesShown = 8;

interface BulkDialogProps {
  readonly action: BulkAction;
  readonly selection: Selection;
  readonly filter: NonNullable<BulkRequest["query"]>;
  readonly count: number;
  readonly me: User;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Says what will be done with how many, does it, and tells what became of each. */
export function BulkDialog({ action, selection, filter, count, me, onClose, onDone }: BulkDialogProps) {
  // As it was when it was asked: the list goes on changing behind the dialog.
  const [asked] = useState({ selection, count, filter });
  const [answer, setAnswer] = useState<BulkAnswer | null>(null);
  const bulk = useCall("bulkWorkspaces", [["workspaces"], ["workspace"]]);
  const { isEverything, workspaces } = asked.selection;
  const told = isEverything ? null : forecast(action, workspaces.values(), me);
  const send = (request: Pick<BulkRequest, "workspaces" | "query" | "expectedCount">): void =>
    bulk.mutate(
      { body: { ...request, action, ...(action === "extend" ? { byMs: hourMs } : {}) } },
      { onSuccess: setAnswer },
    );
  const begin = (): void =>
    send(
      told === null
        ? { query: asked.filter, expectedCount: asked.count }
        : { workspaces: told.willBe.map(({ id }) => id) },
    );
  if (answer !== null) {
    const close = (): void => {
      onClose();
      onDone();
    };
    return (
      <BulkResults
        answer={answer}
        error={bulk.error}
        isBusy={bulk.isPending}
        onAgain={(names) => send({ workspaces: [...names] })}
        onClose={close}
      />
    );
  }
  const many = countWords(told?.willBe.length ?? asked.count);
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`${verbs[action]} ${many}?`}
      effect={<Effect action={action} told={told} />}
      verb={`${verbs[action]} ${many}`}
      isDestructive={action === "delete"}
      typed={action === "delete" ? String(told?.willBe.length ?? asked.count) : undefined}
      isBusy={bulk.isPending}
      error={bulk.error}
      onConfirm={begin}
    />
  );
}

function Effect({ action, told }: { readonly action: BulkAction; readonly told: Forecast | null }) {
  return (
    <>
      <p>{effects[action]}</p>
      {told === null ? (
        <p className="mt-2">
          All that match the search, on every page. Those for which it is so already are passed over.
        </p>
      ) : (
        <Names told={told} />
      )}
    </>
  );
}

function Names({ told: { willBe, wontBe } }: { readonly told: Forecast }) {
  const shown = willBe.slice(0, namesShown).map(({ name }) => name);
  const rest = willBe.length - shown.length;
  return (
    <>
      <p className="mt-2 wrap-anywhere text-text">
        {shown.join(", ")}
        {rest > 0 ? ` and ${rest} more` : ""}
      </p>
      {wontBe.length === 0 ? null : (
        <>
          <p className="mt-2">{countWords(wontBe.length)} of those that you selected will be left as they are:</p>
          <ul className="mt-1 list-disc pl-5">
            {wontBe.slice(0, namesShown).map(({ workspace, because }) => (
              <li key={workspace.id} className="wrap-anywhere">
                {workspace.name}: {because}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
