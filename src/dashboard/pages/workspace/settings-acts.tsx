import { ArrowUpCircle, Moon, Sun, Trash2 } from "lucide-react";
import { useState } from "react";
import { refusalOf } from "../../../contracts/workspace-actions.ts";
import { useCall } from "../../api/use-call.ts";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { PageLink } from "../../components/page-link.tsx";
import { showToast } from "../../components/toasts.ts";
import { useGoTo } from "../../state/url-state.ts";
import { DeleteWorkspace } from "../delete-workspace.tsx";
import { UpdateWorkspace } from "../update-workspace.tsx";
import type { WorkspaceTabProps } from "./workspace-tab-props.ts";

/** Which version it has, and how it gets the active one. */
export function UpdateLine({ workspace, me }: WorkspaceTabProps) {
  const [isAsking, setAsking] = useState(false);
  const { template, latestBuild, isOutdated } = workspace;
  return (
    <>
      <p className="mb-3">
        It has version {latestBuild.templateVersion} of <PageLink to={`/templates/${template}`}>{template}</PageLink>
        {isOutdated ? ", and the template has a newer one." : ", which is the active one."}
      </p>
      <div className="flex flex-wrap items-center gap-3">
        <Button
          icon={<ArrowUpCircle size={14} aria-hidden />}
          disabledBecause={refusalOf("update", workspace, me)}
          onClick={() => setAsking(true)}
        >
          Update…
        </Button>
        {isOutdated ? <PageLink to={`/templates/${template}/versions`}>See what changed</PageLink> : null}
      </div>
      {isAsking ? <UpdateWorkspace workspace={workspace} onClose={() => setAsking(false)} /> : null}
    </>
  );
}

/** Puts it away, or takes it back. */
export function DormancyButton({ workspace, me }: WorkspaceTabProps) {
  const [isAsking, setAsking] = useState(false);
  const change = useCall("setWorkspaceDormancy", [["workspace"], ["workspaces"]]);
  const { id, name, dormantAt, status } = workspace;
  const isDormant = dormantAt !== null;
  const set = (dormant: boolean): void =>
    change.mutate(
      { params: { workspace: id }, body: { dormant } },
      {
        onSuccess: () => setAsking(false),
        onError: ({ message, next }) => {
          if (!dormant) showToast({ tone: "bad", text: `${message} ${next}` });
        },
      },
    );
  if (isDormant) {
    return (
      <Button
        icon={<Sun size={14} aria-hidden />}
        disabledBecause={refusalOf("wake", workspace, me)}
        isBusy={change.isPending}
        onClick={() => set(false)}
      >
        Wake {name}
      </Button>
    );
  }
  return (
    <>
      <Button
        icon={<Moon size={14} aria-hidden />}
        disabledBecause={refusalOf("sleep", workspace, me)}
        onClick={() => setAsking(true)}
      >
        Set dormant…
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={`Set ${name} dormant?`}
        effect={
          <p>
            {status === "running" ? "It is stopped, and what runs in it ends. " : ""}Nothing starts it by itself until
            somebody wakes it. If its template says so, it is deleted after a while.
          </p>
        }
        verb={`Set ${name} dormant`}
        isBusy={change.isPending}
        error={change.error}
        onConfirm={() => set(true)}
      />
    </>
  );
}

export function DeleteButton({ workspace, me }: WorkspaceTabProps) {
  const [isAsking, setAsking] = useState(false);
  const goTo = useGoTo();
  const close = (): void => {
    setAsking(false);
    if (workspace.status === "deleted") goTo("/workspaces");
  };
  return (
    <>
      <Button
        kind="danger"
        icon={<Trash2 size={14} aria-hidden />}
        disabledBecause={refusalOf("delete", workspace, me)}
        onClick={() => setAsking(true)}
      >
        Delete…
      </Button>
      <DeleteWorkspace workspace={workspace} isOpen={isAsking} onClose={close} />
    </>
  );
}
