import { Ellipsis, Plus } from "lucide-react";
import { useState } from "react";
import type { Group } from "../../../contracts/api/groups.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { useCall } from "../../api/use-call.ts";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import type { Column } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { IconButton } from "../../components/icon-button.tsx";
import { Listing } from "../../components/listing.tsx";
import { Menu } from "../../components/menu.tsx";
import { useUrlState } from "../../state/url-state.ts";
import { EditGroup, GroupMembers } from "./group-dialogs.tsx";

const pageSize = 50;

const columns: readonly Column<Group>[] = [
  { id: "name", header: "Group", cell: ({ displayName }) => <span className="block text-xs">{displayName}</span> },
  { id: "members", header: "Members", cell: ({ memberCount }) => memberCount },
  { id: "allowance", header: "Allowance", cell: ({ allowance }) => `${allowance} units each` },
];

export default function GroupsSection() {
  const [{ page = "1" }, change] = useUrlState();
  const [isCreating, setCreating] = useState(false);
  const at = Math.max(0, (Number.parseInt(page, 10) || 1) - 1);
  const query = { limit: pageSize, offset: at * pageSize };
  const list = useApi("listGroups", { key: keys.admin("groups", query), input: { query }, keepsPrevious: true });
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
        <p className="text-muted">What a person may use is the sum of the allowances of his groups.</p>
        <Button kind="primary" icon={<Plus size={15} aria-hidden />} onClick={() => setCreating(true)}>
          Create group
        </Button>
      </div>
      <Listing
        query={list}
        label="Groups"
        columns={columns}
        rows={list.data?.groups}
        idOf={({ id }) => id}
        nameOf={({ name }) => name}
        paging={{
          page: at,
          pageSize,
          total: list.data?.total ?? 0,
          onPage: (next) => change({ page: String(next + 1) }),
        }}
        actionsOf={(group) => <GroupActions group={group} />}
        empty={<EmptyState title="There are no groups." />}
      />
      {isCreating ? <EditGroup group={null} onClose={() => setCreating(false)} /> : null}
    </>
  );
}

function GroupActions({ group }: { readonly group: Group }) {
  const [open, setOpen] = useState<"members" | "edit" | "delete" | null>(null);
  const remove = useCall("deleteGroup", [["admin"]]);
  const { name, kind, memberCount } = group;
  const close = (): void => setOpen(null);
  const because = kind === "ordinary" ? undefined : "This group is the deployment's own.";
  return (
    <>
      <Menu
        trigger={<IconButton label={`Actions of ${name}`} icon={<Ellipsis size={16} />} />}
        items={[
          { label: "Members…", onSelect: () => setOpen("members") },
          { label: "Change allowance…", onSelect: () => setOpen("edit") },
          { label: "Delete…", isDestructive: true, disabledBecause: because, onSelect: () => setOpen("delete") },
        ]}
      />
      {open === "members" ? <GroupMembers group={group} onClose={close} /> : null}
      {open === "edit" ? <EditGroup group={group} onClose={close} /> : null}
      <ConfirmDialog
        isOpen={open === "delete"}
        onClose={close}
        title={`Delete ${name}?`}
        effect={`Its ${memberCount} members lose its allowance. What they have stays, and counts against what they have left.`}
        verb={`Delete ${name}`}
        isDestructive
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ params: { group: name }, query: {} }, { onSuccess: close })}
      />
    </>
  );
}
