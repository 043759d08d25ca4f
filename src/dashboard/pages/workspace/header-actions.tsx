import { Ellipsis, Play, Square, Trash2 } from "lucide-react";
import { useState } from "react";
import { refusalOf } from "../../../contracts/workspace-actions.ts";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { IconButton } from "../../components/icon-button.tsx";
import { Menu } from "../../components/menu.tsx";
import { DeleteWorkspace } from "../delete-workspace.tsx";
import { useTransition } from "../use-transition.ts";
import type { WorkspaceTabProps } from "./workspace-tabs.ts";

export function HeaderActions({ workspace, me }: WorkspaceTabProps) {
  const transition = useTransition(workspace);
  const [asks, setAsks] = useState<"stop" | "delete" | null>(null);
  const close = (): void => setAsks(null);
  const because = (action: "start" | "stop" | "delete") => refusalOf(action, workspace, me);
  const { name } = workspace;
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
      <DeleteWorkspace workspace={workspace} isOpen={asks === "delete"} onClose={close} />
    </>
  );
}
