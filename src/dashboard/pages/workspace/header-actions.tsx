import { ArrowUpCircle, Ellipsis, PenLine, Play, Square, Trash2 } from "lucide-react";
import { useState } from "react";
import { refusalOf, type WorkspaceAction } from "../../../contracts/workspace-actions.ts";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { IconButton } from "../../components/icon-button.tsx";
import { Menu } from "../../components/menu.tsx";
import { useGoTo } from "../../state/url-state.ts";
import { DeleteWorkspace } from "../delete-workspace.tsx";
import { UpdateWorkspace } from "../update-workspace.tsx";
import { useTransition } from "../use-transition.ts";
import { workspaceAddress } from "../workspace-state.tsx";
import type { WorkspaceTabProps } from "./workspace-tab-props.ts";

export function HeaderActions({ workspace, me }: WorkspaceTabProps) {
  const transition = useTransition(workspace);
  const [asks, setAsks] = useState<"stop" | "update" | "delete" | null>(null);
  const close = (): void => setAsks(null);
  const because = (action: WorkspaceAction) => refusalOf(action, workspace, me);
  const { name } = workspace;
  const goTo = useGoTo();
  const toSettings = (): void => goTo(`${workspaceAddress(workspace)}/settings`);
  const isRunning = workspace.status === "running";
  return (
    <>
      {isRunning ? (
        <Button
          icon={<Square size={14} aria-hidden />}
          disabledBecause={because("stop")}
          isBusy={transition.isPending}
          onClick={() => setAsks("stop")}
        >
          Stop
        </Button>
      ) : (
        <Button
          kind="primary"
          icon={<Play size={14} aria-hidden />}
          disabledBecause={because("start")}
          isBusy={transition.isPending}
          onClick={() => transition.mutate("start")}
        >
          Start
        </Button>
      )}
      <Menu
        trigger={<IconButton kind="plain" label={`More for ${name}`} icon={<Ellipsis size={16} />} />}
        items={[
          {
            label: "Update…",
            icon: <ArrowUpCircle size={15} />,
            disabledBecause: because("update"),
            onSelect: () => setAsks("update"),
          },
          { label: "Rename…", icon: <PenLine size={15} />, disabledBecause: because("rename"), onSelect: toSettings },
          {
            label: "Delete…",
            icon: <Trash2 size={15} />,
            isDestructive: true,
            disabledBecause: because("delete"),
            onSelect: () => setAsks("delete"),
          },
        ]}
      />
      <ConfirmDialog
        isOpen={asks === "stop"}
        onClose={close}
        title={`Stop ${name}?`}
        effect="What runs in it ends. What its template keeps on volumes is there again when it is started."
        verb={`Stop ${name}`}
        isBusy={transition.isPending}
        error={transition.error}
        onConfirm={() => transition.mutate("stop", { onSuccess: close })}
      />
      {asks === "update" ? <UpdateWorkspace workspace={workspace} onClose={close} /> : null}
      <DeleteWorkspace workspace={workspace} isOpen={asks === "delete"} onClose={close} />
    </>
  );
}
