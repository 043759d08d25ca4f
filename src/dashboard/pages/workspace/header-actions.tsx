import { ArrowUpCircle, Clock, Ellipsis, PenLine, Play, Square, SquareTerminal, Trash2 } from "lucide-react";
import { useState } from "react";
import { refusalOf, type WorkspaceAction } from "../../../contracts/workspace-actions.ts";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { IconButton } from "../../components/icon-button.tsx";
import { Menu, type MenuItem } from "../../components/menu.tsx";
import { useGoTo } from "../../state/url-state.ts";
import { DeleteWorkspace } from "../delete-workspace.tsx";
import { StartDialog, useStart } from "../start-workspace.tsx";
import { UpdateWorkspace } from "../update-workspace.tsx";
import { useExtend } from "../use-extend.ts";
import { useTransition } from "../use-transition.ts";
import { workspaceAddress } from "../workspace-state.tsx";
import type { WorkspaceTabProps } from "./workspace-tab-props.ts";

const hourMs = 3_600_000;

export function HeaderActions({ workspace, me }: WorkspaceTabProps) {
  const transition = useTransition(workspace);
  const start = useStart(workspace);
  const extend = useExtend(workspace);
  const [asks, setAsks] = useState<"stop" | "update" | "delete" | null>(null);
  const close = (): void => setAsks(null);
  const because = (action: WorkspaceAction) => refusalOf(action, workspace, me);
  const { name } = workspace;
  const goTo = useGoTo();
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
          isBusy={start.isPending}
          onClick={start.begin}
        >
          Start
        </Button>
      )}
      <Menu
        trigger={<IconButton kind="plain" label={`More for ${name}`} icon={<Ellipsis size={16} />} />}
        items={moreItems(workspace, me, { goTo, setAsks, extend: () => extend.mutate(hourMs) })}
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
      <StartDialog workspace={workspace} start={start} />
      {asks === "update" ? <UpdateWorkspace workspace={workspace} onClose={close} /> : null}
      <DeleteWorkspace workspace={workspace} isOpen={asks === "delete"} onClose={close} />
    </>
  );
}

interface MoreActs {
  readonly goTo: (to: string) => void;
  readonly setAsks: (asks: "update" | "delete") => void;
  readonly extend: () => void;
}

function moreItems(
  workspace: WorkspaceTabProps["workspace"],
  me: WorkspaceTabProps["me"],
  acts: MoreActs,
): readonly MenuItem[] {
  const because = (action: WorkspaceAction) => refusalOf(action, workspace, me);
  const { goTo, setAsks, extend } = acts;
  const address = workspaceAddress(workspace);
  return [
    {
      label: "Open terminal",
      icon: <SquareTerminal size={15} />,
      disabledBecause: because("connect"),
      onSelect: () => goTo(`${address}/terminal`),
    },
    {
      label: "Extend by an hour",
      icon: <Clock size={15} />,
      disabledBecause: because("extend"),
      onSelect: extend,
    },
    {
      label: "Update…",
      icon: <ArrowUpCircle size={15} />,
      disabledBecause: because("update"),
      onSelect: () => setAsks("update"),
    },
    {
      label: "Rename…",
      icon: <PenLine size={15} />,
      disabledBecause: because("rename"),
      onSelect: () => goTo(`${address}/settings`),
    },
    {
      label: "Delete…",
      icon: <Trash2 size={15} />,
      isDestructive: true,
      disabledBecause: because("delete"),
      onSelect: () => setAsks("delete"),
    },
  ];
}
