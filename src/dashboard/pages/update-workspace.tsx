import { lazy, Suspense, useState } from "react";
import type { Workspace } from "../../contracts/api/workspaces.ts";
import { keys } from "../api/keys.ts";
import { useApi } from "../api/use-api.ts";
import { useCall } from "../api/use-call.ts";
import { ConfirmDialog } from "../components/confirm-dialog.tsx";
import { Skeleton } from "../components/skeleton.tsx";
import { askedAtUpdate, type ParameterTexts } from "./create/parameter-values.ts";

/** Most updates ask for nothing: the fields are fetched when one does. */
const ParameterFields = lazy(() => import("./create/parameter-fields.tsx"));

interface UpdateWorkspaceProps {
  readonly workspace: Workspace;
  readonly onClose: () => void;
}

/** Starts it with its template's active version, and says before what that means. */
export function UpdateWorkspace({ workspace, onClose }: UpdateWorkspaceProps) {
  const { id, name, template, organization, status, latestBuild, parameters } = workspace;
  const update = useCall("createBuild", [["workspaces"], ["workspace"]]);
  const found = useApi("getTemplate", {
    key: keys.templatePart(template, "of an update"),
    input: { params: { template }, query: { organization } },
  });
  const [said, setSaid] = useState<ParameterTexts>({});
  const asked = askedAtUpdate(found.data?.manifest?.parameters ?? [], parameters);
  const parts = Object.keys(said).length === 0 ? {} : { parameters: { ...said } };
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
          { params: { workspace: id }, body: { transition: "start", update: true, ...parts } },
          { onSuccess: onClose },
        )
      }
    >
      {asked.length === 0 ? null : (
        <Suspense fallback={<Skeleton lines={3} />}>
          <ParameterFields definitions={asked} said={said} error={update.error} onChange={setSaid} />
        </Suspense>
      )}
    </ConfirmDialog>
  );
}
