import type { Workspace } from "../../../contracts/api/workspaces.ts";
import { keys } from "../../api/keys.ts";
import { useCall } from "../../api/use-call.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";

interface UnshareDialogProps {
  readonly workspace: Workspace;
  readonly app: string;
  readonly agent: string | undefined;
  readonly onClose: () => void;
}

export function UnshareDialog({ workspace, app, agent, onClose }: UnshareDialogProps) {
  const remove = useCall("removeShare", [keys.workspace(`${workspace.owner}/${workspace.name}`)]);
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Take ${app} back?`}
      effect="It goes back to what the template says. Whoever has it open by your share loses it at once."
      verb={`Take ${app} back`}
      isBusy={remove.isPending}
      error={remove.error}
      onConfirm={() =>
        remove.mutate(
          { params: { workspace: workspace.id, app }, query: agent === undefined ? {} : { agent } },
          { onSuccess: onClose },
        )
      }
    />
  );
}
