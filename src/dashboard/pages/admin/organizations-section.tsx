import type { Organization } from "../../../contracts/api/identity.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import type { Column } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Listing } from "../../components/listing.tsx";
import { Time } from "../../components/time.tsx";
import { useUrlState } from "../../state/url-state.ts";

const pageSize = 50;

const columns: readonly Column<Organization>[] = [
  {
    id: "name",
    header: "Organization",
    cell: ({ displayName }) => <span className="block text-xs">{displayName}</span>,
  },
  { id: "members", header: "Members", cell: ({ members }) => members },
  { id: "role", header: "You are", cell: ({ role }) => role?.replace("_", " ") ?? "no member" },
  { id: "created", header: "Created", cell: ({ createdAt }) => <Time at={createdAt} /> },
];

export default function OrganizationsSection() {
  const [{ page = "1" }, change] = useUrlState();
  const at = Math.max(0, (Number.parseInt(page, 10) || 1) - 1);
  const query = { limit: pageSize, offset: at * pageSize };
  const list = useApi("listOrganizations", {
    key: keys.admin("organizations", query),
    input: { query },
    keepsPrevious: true,
  });
  return (
    <Listing
      query={list}
      label="Organizations"
      columns={columns}
      rows={list.data?.organizations}
      idOf={({ id }) => id}
      nameOf={({ name }) => name}
      paging={{
        page: at,
        pageSize,
        total: list.data?.total ?? 0,
        onPage: (next) => change({ page: String(next + 1) }),
      }}
      empty={<EmptyState title="There is no organization." />}
    />
  );
}
