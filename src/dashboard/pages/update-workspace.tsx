import type { Workspace } from "../../contracts/api/workspaces.ts";
import { keys } from "../api/keys.ts";
import { useApi } from "../api/use-api.ts";
import { useCall } from "../api/use-call.ts";
import { ConfirmDialog } from "../components/confirm-dialog.tsx";

interface UpdateWorkspaceProps {
  readonly workspace: Workspace;
  readonly onClose: () => void;
}

/** Starts it with its template's active version, and says before what that means. */
export function UpdateWorkspace({ workspace, onClose }: UpdateWorkspaceProps) {
  const { id, name, template, organization, status, latestBuild } = workspace;
  const update = useCall("createBuild", [["workspaces"], ["workspace"]]);
  const found = useApi("getTemplate", {
    key: keys.templatePart(template, "of an update"),
    input: { params: { template }, query: { organization } },
  });
  const active = found.data?.template.activeVersion?.name ?? "the active version";
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Update ${name}?`}
      effect={
        <>
          <p>
            It has version {latestBuild.templateVersion} of {template}, and is built with {active}
            {status === "running" ? ": what runs in it ends." : ", which starts it."}
          </p>
          <p className="mt-2">
            What the new version makes otherwise is replaced; what is on volumes that both have stays. Its parameters
            stay, and new ones get their defaults.
          </p>
        </>
      }
      verb={`Update ${name}`}
      isBusy={update.isPending}
      error={update.error}
      onConfirm={() =>
        update.mutate(
          { params: { workspace: id }, body: { transition: "start", update: true } },
          { onSuccess: onClose },
        )
      }
    />
  );
}
