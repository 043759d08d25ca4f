import type { User } from "../../../contracts/api/identity.ts";
import type { Workspace } from "../../../contracts/api/workspaces.ts";
import type { Column } from "../../components/data-table.tsx";
import { Time } from "../../components/time.tsx";
import { FavouriteStar } from "../favourite-star.tsx";
import { WorkspaceState } from "../workspace-state.tsx";

const name: Column<Workspace> = { id: "name", header: "Name", sortKey: "name", cell: () => null };
const favourite: Column<Workspace> = {
  id: "favourite",
  header: "Favourite",
  cell: (workspace) => <FavouriteStar workspace={workspace} />,
};
const owner: Column<Workspace> = { id: "owner", header: "Owner", cell: (workspace) => workspace.owner };
const rest: readonly Column<Workspace>[] = [
  { id: "state", header: "State", sortKey: "state", cell: (workspace) => <WorkspaceState workspace={workspace} /> },
  {
    id: "template",
    header: "Template",
    sortKey: "template",
    cell: ({ template, preset, isOutdated }) => (
      <>
        {preset === null ? template : `${template} / ${preset}`}
        {isOutdated ? <span className="ml-1.5 text-xs text-muted">outdated</span> : null}
      </>
    ),
  },
  { id: "next", header: "Next", sortKey: "deadline", cell: (workspace) => <Next workspace={workspace} /> },
  {
    id: "last_used",
    header: "Last used",
    sortKey: "last_used",
    cell: ({ lastUsedAt }) => (lastUsedAt === null ? "never" : <Time at={lastUsedAt} />),
  },
];

/** An administrator sees whose each is. */
export function columnsFor({ role }: User): readonly Column<Workspace>[] {
  return role === "administrator" ? [name, owner, ...rest, favourite] : [name, ...rest, favourite];
}

function Next({ workspace: { deadlineAt, deletingAt } }: { readonly workspace: Workspace }) {
  if (deletingAt !== null) {
    return (
      <>
        is deleted <Time at={deletingAt} />
      </>
    );
  }
  if (deadlineAt === null) return <span className="text-muted">–</span>;
  return (
    <>
      stops <Time at={deadlineAt} />
    </>
  );
}
