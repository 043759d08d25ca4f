import type { TemplateVersion } from "../../../contracts/api/templates.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { useCall } from "../../api/use-call.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { QueryFault } from "../../components/query-fault.tsx";

interface PromoteDialogProps {
  readonly template: string;
  readonly version: Pick<TemplateVersion, "number" | "name">;
  /** An older one becomes active again. */
  readonly isBack: boolean;
  readonly onClose: () => void;
  readonly onDone?: () => void;
}

/** Asks with what a promotion does to pools, as it would be now. */
export function PromoteDialog({ template, version, isBack, onClose, onDone }: PromoteDialogProps) {
  const params = { template, version: String(version.number) };
  const diff = useApi("diffVersion", {
    key: keys.templatePart(template, "diff", { version: version.number, against: "active" }),
    input: { params, query: { against: "active" } },
  });
  const promote = useCall("promoteTemplateVersion", [["template"], ["templates"], ["pools"]]);
  const effects = diff.data?.promotion.sentences;
  const verb = isBack ? `Roll back to ${version.number}` : `Promote ${version.number}`;
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`${verb}?`}
      effect={
        <>
          <p>
            New workspaces of {template} are made of version {version.number} ({version.name}) from then on.
          </p>
          {effects === undefined ? (
            <>
              <p>{diff.error === null ? "Looking at its pools…" : "What happens to its pools could not be told."}</p>
              <QueryFault query={diff} />
            </>
          ) : (
            effects.map((sentence) => <p key={sentence}>{sentence}</p>)
          )}
        </>
      }
      verb={verb}
      isBusy={promote.isPending}
      error={promote.error}
      onConfirm={() =>
        promote.mutate(
          { params, query: {} },
          {
            onSuccess: () => {
              onDone?.();
              onClose();
            },
          },
        )
      }
    />
  );
}
