import { Plus } from "lucide-react";
import { useCallback } from "react";
import { workspaceStatuses } from "../../../contracts/states.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Banner } from "../../components/banner.tsx";
import { Button } from "../../components/button.tsx";
import { DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { usePageTitle } from "../../components/page-title.ts";
import { SearchField } from "../../components/search-field.tsx";
import { parseSearchQuery, type SearchQuery, termOf } from "../../search/query-language.ts";
import { useMe } from "../../shell/use-me.ts";
import { useGoTo, useUrlState } from "../../state/url-state.ts";
import { TemplateCards } from "../create/template-cards.tsx";
import { workspaceAddress } from "../workspace-state.tsx";
import { RowActions } from "./row-actions.tsx";
import { StatusChips } from "./status-chips.tsx";
import { columnsFor } from "./workspace-columns.tsx";

const searchKeys = ["owner", "template", "status", "dormant"] as const;
const sorts = ["name", "created", "last_used"] as const;
const pageSize = 50;

/** The workspaces of a person, or as an administrator anybody's. */
export default function WorkspacesPage() {
  usePageTitle("Workspaces");
  const [{ q = "", sort = "-created", page = "1" }, change] = useUrlState();
  const { data: me } = useMe();
  const goTo = useGoTo();
  const search = useCallback((text: string) => change({ q: text, page: "" }), [change]);
  const query = parseSearchQuery(q, searchKeys);
  const at = Math.max(0, (Number.parseInt(page, 10) || 1) - 1);
  const order = sort.startsWith("-") ? "desc" : "asc";
  const by = sorts.find((known) => known === sort.replace(/^-/, "")) ?? "created";
  const asked = { ...filterOf(query), sort: by, order, limit: pageSize, offset: at * pageSize } as const;
  const list = useApi("listWorkspaces", { key: keys.workspaces(asked), input: { query: asked }, keepsPrevious: true });
  if (me === undefined) return null;
  const isEmpty = list.data?.total === 0;
  return (
    <>
      <PageHeader
        title="Workspaces"
        actions={
          <Button kind="primary" icon={<Plus size={15} aria-hidden />} onClick={() => goTo("/new")}>
            Create workspace
          </Button>
        }
      />
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <SearchField
          isMain
          label="Search workspaces"
          value={q}
          placeholder="status:running template:node dev"
          onChange={search}
        />
        <StatusChips query={query} onChange={search} />
      </div>
      {query.unknown.length === 0 ? null : (
        <Banner tone="warn">
          Nobody knows {query.unknown.map((key) => `“${key}:”`).join(", ")} here; there are{" "}
          {searchKeys.map((key) => `${key}:`).join(", ")}.
        </Banner>
      )}
      {list.error === null ? null : <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
      {isEmpty ? (
        <Nothing isFiltered={q !== ""} onClear={() => search("")} />
      ) : list.error !== null && list.data === undefined ? null : (
        <DataTable
          label="Workspaces"
          columns={columnsFor(me)}
          rows={list.data?.workspaces}
          idOf={({ id }) => id}
          nameOf={({ name }) => name}
          addressOf={workspaceAddress}
          sorting={{ by, order, onSort: (key, way) => change({ sort: way === "desc" ? `-${key}` : key, page: "" }) }}
          paging={{
            page: at,
            pageSize,
            total: list.data?.total ?? 0,
            onPage: (next) => change({ page: String(next + 1) }),
          }}
          actionsOf={(workspace) => <RowActions workspace={workspace} me={me} />}
        />
      )}
    </>
  );
}

/** What the server is asked for. A status that it does not have finds nothing, and is not sent. */
function filterOf(query: SearchQuery) {
  const status = workspaceStatuses.find((known) => known === termOf(query, "status"));
  const dormant = termOf(query, "dormant");
  const [owner, template] = [termOf(query, "owner"), termOf(query, "template")];
  return {
    ...(owner === undefined ? {} : { owner }),
    ...(template === undefined ? {} : { template }),
    ...(status === undefined ? {} : { status }),
    ...(dormant === undefined ? {} : { dormant: dormant === "yes" || dormant === "true" }),
    ...(query.words === "" ? {} : { search: query.words.slice(0, 64) }),
  };
}

function Nothing({ isFiltered, onClear }: { readonly isFiltered: boolean; readonly onClear: () => void }) {
  if (isFiltered) {
    return <EmptyState title="No workspace matches." action={<Button onClick={onClear}>Clear filter</Button>} />;
  }
  return (
    <>
      <p className="mb-3 text-muted">You have no workspace yet. Choose what to work with:</p>
      <TemplateCards />
    </>
  );
}
