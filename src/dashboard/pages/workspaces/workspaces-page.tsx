import { Plus } from "lucide-react";
import { useCallback } from "react";
import type { WorkspaceSort } from "../../../contracts/workspace-sorts.ts";
import type { User } from "../../../contracts/api/identity.ts";
import type { Workspace } from "../../../contracts/api/workspaces.ts";
import { workspaceGroups } from "../../../contracts/workspace-groups.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Banner } from "../../components/banner.tsx";
import { Button } from "../../components/button.tsx";
import { DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { QueryFault } from "../../components/query-fault.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { usePageTitle } from "../../components/page-title.ts";
import { SearchField } from "../../components/search-field.tsx";
import { UnknownKeys } from "../../components/unknown-keys.tsx";
import { useNarrowness } from "../../components/use-narrowness.ts";
import { parseSearchQuery, type SearchQuery } from "../../search/query-language.ts";
import { useMe } from "../../shell/use-me.ts";
import { useGoTo, useUrlState } from "../../state/url-state.ts";
import { TemplateCards } from "../create/template-cards.tsx";
import { SavedViews } from "../saved-views.tsx";
import { workspaceAddress } from "../workspace-state.tsx";
import { BulkBar } from "./bulk-bar.tsx";
import { countedFilterOf, filterOf, searchKeys, sortOf, unknownStatusOf } from "./list-filter.ts";
import { RowActions } from "./row-actions.tsx";
import { FavouriteChip } from "./favourite-chip.tsx";
import { StatusChips } from "./status-chips.tsx";
import { useListKeys } from "./use-list-keys.ts";
import { useSelection } from "./use-selection.ts";
import { columnsFor } from "./workspace-columns.tsx";

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
  const filter = filterOf(query);
  const asked = { ...filter, ...sortOf(sort), limit: pageSize, offset: at * pageSize };
  const list = useApi("listWorkspaces", { key: keys.workspaces(asked), input: { query: asked }, keepsPrevious: true });
  const counted = countedFilterOf(query);
  const counts = useApi("countWorkspaces", {
    key: keys.workspaces({ counted }),
    input: { query: counted },
    keepsPrevious: true,
  });
  if (me === undefined) return null;
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
        <StatusChips query={query} counts={counts.data} onChange={search} />
        <FavouriteChip query={query} onChange={search} />
        <SavedViews list="workspaces" address="/workspaces" />
      </div>
      <UnknownKeys query={query} known={searchKeys} />
      <UnknownStatus query={query} />
      <QueryFault query={list.error === null ? counts : list} />
      {list.data?.total === 0 ? (
        <Nothing isFiltered={q !== ""} onClear={() => search("")} />
      ) : list.error !== null && list.data === undefined ? null : (
        <WorkspaceTable
          me={me}
          rows={list.data?.workspaces}
          total={list.data?.total ?? 0}
          filter={filter}
          sorting={sortOf(sort)}
          page={at}
          onChange={change}
        />
      )}
    </>
  );
}

interface WorkspaceTableProps {
  readonly me: User;
  readonly rows: readonly Workspace[] | undefined;
  readonly total: number;
  readonly filter: ReturnType<typeof filterOf>;
  readonly sorting: { readonly sort: WorkspaceSort; readonly order: "asc" | "desc" };
  readonly page: number;
  readonly onChange: (changes: Readonly<Record<string, string>>) => void;
}

/** The rows, and what is done with those that are selected. */
function WorkspaceTable({ me, rows, total, filter, sorting, page, onChange }: WorkspaceTableProps) {
  const { selection, choose, chooseEverything, clear } = useSelection(JSON.stringify(filter), rows ?? []);
  const selected = selection.isEverything ? (rows ?? []).map(({ id }) => id) : selection.workspaces.keys();
  const isNarrow = useNarrowness();
  const bar = (
    <BulkBar key="bar" {...{ selection, filter, total, me }} onEverything={chooseEverything} onClear={clear} />
  );
  const table = (
    <DataTable
      key="table"
      label="Workspaces"
      columns={columnsFor(me)}
      rows={rows}
      idOf={({ id }) => id}
      nameOf={({ name }) => name}
      addressOf={workspaceAddress}
      sorting={{
        by: sorting.sort,
        order: sorting.order,
        onSort: (key, way) => onChange({ sort: way === "desc" ? `-${key}` : key, page: "" }),
      }}
      paging={{ page, pageSize, total, onPage: (next) => onChange({ page: String(next + 1) }) }}
      selection={{ selected: new Set(selected), onChange: choose }}
      actionsOf={(workspace) => <RowActions workspace={workspace} me={me} />}
      rowKeys={useListKeys(me)}
    />
  );
  // At the bottom of a phone's screen it comes behind the rows for the keyboard, too. By their keys both stay what they are
  // when the window is turned.
  return isNarrow ? [table, bar] : [bar, table];
}

function UnknownStatus({ query }: { readonly query: SearchQuery }) {
  const unknown = unknownStatusOf(query);
  if (unknown === undefined) return null;
  return (
    <Banner tone="warn">
      No workspace is ever “{unknown}”, so that is passed over; there are {workspaceGroups.join(", ")}.
    </Banner>
  );
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
