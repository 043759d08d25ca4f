import type { Workspace } from "../../contracts/api/workspaces.ts";
import { ConfirmDialog } from "../components/confirm-dialog.tsx";
import { useTransition } from "./use-transition.ts";

interface DeleteWorkspaceProps {
  readonly workspace: Workspace;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function DeleteWorkspace({ workspace, isOpen, onClose }: DeleteWorkspaceProps) {
  const transition = useTransition(workspace);
  const { name, owner } = workspace;
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={onClose}
      title={`Delete ${name}?`}
      effect={`The workspace ${owner}/${name} is ended, with all its files. This cannot be taken back.`}
      verb={`Delete ${name}`}
      isDestructive
      isBusy={transition.isPending}
      error={transition.error}
      onConfirm={() => transition.mutate("delete", { onSuccess: onClose })}
    />
  );
}
