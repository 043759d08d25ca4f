import { ArrowUpCircle, Clock, Ellipsis, PenLine, Play, Square, SquareTerminal, Trash2 } from "lucide-react";
import { useState } from "react";
import type { User } from "../../../contracts/api/identity.ts";
import type { Workspace } from "../../../contracts/api/workspaces.ts";
import { refusalOf } from "../../../contracts/workspace-actions.ts";
import { IconButton } from "../../components/icon-button.tsx";
import { Menu } from "../../components/menu.tsx";
import { useGoTo } from "../../state/url-state.ts";
import { DeleteWorkspace } from "../delete-workspace.tsx";
import { StartDialog, useStart } from "../start-workspace.tsx";
import { UpdateWorkspace } from "../update-workspace.tsx";
import { useExtend } from "../use-extend.ts";
import { useTransition } from "../use-transition.ts";
import { workspaceAddress } from "../workspace-state.tsx";

const hourMs = 3_600_000;

/** What can be done with a workspace without going to its page. */
export function RowActions({ workspace, me }: { readonly workspace: Workspace; readonly me: User }) {
  const transition = useTransition(workspace);
  const start = useStart(workspace);
  const extend = useExtend(workspace);
  const goTo = useGoTo();
  const [asks, setAsks] = useState<"update" | "delete" | null>(null);
  const because = (action: Parameters<typeof refusalOf>[0]) => refusalOf(action, workspace, me);
  const items = [
    {
      label: "Open terminal",
      icon: <SquareTerminal size={15} />,
      disabledBecause: because("connect"),
      onSelect: () => goTo(`${workspaceAddress(workspace)}/terminal`),
    },
    {
      label: "Start",
      icon: <Play size={15} />,
      disabledBecause: because("start"),
      onSelect: start.begin,
    },
    {
      label: "Stop",
      icon: <Square size={15} />,
      disabledBecause: because("stop"),
      onSelect: () => transition.mutate("stop"),
    },
    {
      label: "Extend by an hour",
      icon: <Clock size={15} />,
      disabledBecause: because("extend"),
      onSelect: () => extend.mutate(hourMs),
    },
    {
      label: "Rename…",
      icon: <PenLine size={15} />,
      disabledBecause: because("rename"),
      onSelect: () => goTo(`${workspaceAddress(workspace)}/settings`),
    },
    {
      label: "Update…",
      icon: <ArrowUpCircle size={15} />,
      disabledBecause: because("update"),
      onSelect: () => setAsks("update"),
    },
    {
      label: "Delete…",
      icon: <Trash2 size={15} />,
      isDestructive: true,
      disabledBecause: because("delete"),
      onSelect: () => setAsks("delete"),
    },
  ];
  return (
    <>
      <Menu
        items={items}
        trigger={<IconButton label={`Actions of ${workspace.name}`} icon={<Ellipsis size={16} />} />}
      />
      <StartDialog workspace={workspace} start={start} />
      {asks === "update" ? <UpdateWorkspace workspace={workspace} onClose={() => setAsks(null)} /> : null}
      <DeleteWorkspace workspace={workspace} isOpen={asks === "delete"} onClose={() => setAsks(null)} />
    </>
  );
}
