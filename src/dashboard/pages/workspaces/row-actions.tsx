import { Ellipsis, Play, Square, Trash2 } from "lucide-react";
import { useState } from "react";
import type { User } from "../../../contracts/api/identity.ts";
import type { Workspace } from "../../../contracts/api/workspaces.ts";
import { refusalOf } from "../../../contracts/workspace-actions.ts";
import { IconButton } from "../../components/icon-button.tsx";
import { Menu } from "../../components/menu.tsx";
import { DeleteWorkspace } from "../delete-workspace.tsx";
import { useTransition } from "../use-transition.ts";

/** What can be done with a workspace without going to its page. */
export function RowActions({ workspace, me }: { readonly workspace: Workspace; readonly me: User }) {
  const transition = useTransition(workspace);
  const [isDeleting, setDeleting] = useState(false);
  const items = [
    {
      label: "Start",
      icon: <Play size={15} />,
      disabledBecause: refusalOf("start", workspace, me),
      onSelect: () => transition.mutate("start"),
    },
    {
      label: "Stop",
      icon: <Square size={15} />,
      disabledBecause: refusalOf("stop", workspace, me),
      onSelect: () => transition.mutate("stop"),
    },
    {
      label: "Delete…",
      icon: <Trash2 size={15} />,
      isDestructive: true,
      disabledBecause: refusalOf("delete", workspace, me),
      onSelect: () => setDeleting(true),
    },
  ];
  return (
    <>
      <Menu
        items={items}
        trigger={<IconButton label={`Actions of ${workspace.name}`} icon={<Ellipsis size={16} />} />}
      />
      <DeleteWorkspace workspace={workspace} isOpen={isDeleting} onClose={() => setDeleting(false)} />
    </>
  );
}
