import { useCallback } from "react";
import { poolConditions } from "../../../contracts/states.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Button } from "../../components/button.tsx";
import { CodeBlock } from "../../components/code-block.tsx";
import { DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { QueryFault } from "../../components/query-fault.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { usePageTitle } from "../../components/page-title.ts";
import { SearchField } from "../../components/search-field.tsx";
import { UnknownKeys } from "../../components/unknown-keys.tsx";
import { parseSearchQuery, type SearchQuery, termOf } from "../../search/query-language.ts";
import { useUrlState } from "../../state/url-state.ts";
import { SavedViews } from "../saved-views.tsx";
import { ConditionChips } from "./condition-chips.tsx";
import { PoolRowActions } from "./pool-actions.tsx";
import { poolAddress } from "./pool-condition.tsx";
import { poolColumns } from "./pool-columns.tsx";
import { PoolSwitches, SwitchBanner } from "./pool-switch.tsx";

const searchKeys = ["template", "condition"] as const;
const pageSize = 50;
const textLengthMax = 64;
const example = `presets:
  - name: small
    prebuilds: { instances: 3 }`;

/** Every pool, those first that want attention. */
export default function PoolsPage() {
  usePageTitle("Pools");
  const [{ q = "", page = "1" }, change] = useUrlState();
  const search = useCallback((text: string) => change({ q: text, page: "" }), [change]);
  const query = parseSearchQuery(q, searchKeys);
  const at = Math.max(0, (Number.parseInt(page, 10) || 1) - 1);
  const asked = { ...filterOf(query), sort: "attention", limit: pageSize, offset: at * pageSize } as const;
  const list = useApi("listPools", { key: keys.pools(asked), input: { query: asked }, keepsPrevious: true });
  const { data } = list;
  return (
    <>
      <PageHeader title="Pools" actions={data === undefined ? null : <PoolSwitches status={data} />}>
        {data?.totals === undefined
          ? null
          : `${data.totals.pools} ${data.totals.pools === 1 ? "pool" : "pools"}: ${data.totals.eligible} of ${data.totals.desired} wanted prebuilds are ready, ${data.totals.starting} are starting.`}
      </PageHeader>
      {data === undefined ? null : <SwitchBanner status={data} />}
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <SearchField
          isMain
          label="Search pools"
          value={q}
          placeholder="condition:held template:node"
          onChange={search}
        />
        <ConditionChips query={query} counts={data?.totals?.conditions} onChange={search} />
        <SavedViews list="pools" address="/pools" />
      </div>
      <UnknownKeys query={query} known={searchKeys} />
      <QueryFault query={list} />
      {data?.total === 0 ? (
        <Nothing isFiltered={q !== ""} onClear={() => search("")} />
      ) : list.error !== null && data === undefined ? null : (
        <DataTable
          label="Pools"
          columns={poolColumns}
          rows={data?.pools}
          idOf={({ presetId }) => presetId}
          nameOf={({ template, preset }) => `${template} / ${preset}`}
          addressOf={poolAddress}
          actionsOf={(pool) => <PoolRowActions pool={pool} />}
          paging={{
            page: at,
            pageSize,
            total: data?.total ?? 0,
            onPage: (next) => change({ page: String(next + 1) }),
          }}
        />
      )}
    </>
  );
}

function filterOf(query: SearchQuery) {
  const condition = poolConditions.find((known) => known === termOf(query, "condition"));
  const template = termOf(query, "template");
  return {
    ...(template === undefined ? {} : { template: template.slice(0, textLengthMax) }),
    ...(condition === undefined ? {} : { condition }),
    ...(query.words === "" ? {} : { text: query.words.slice(0, textLengthMax) }),
  };
}

function Nothing({ isFiltered, onClear }: { readonly isFiltered: boolean; readonly onClear: () => void }) {
  if (isFiltered)
    return <EmptyState title="No pool matches." action={<Button onClick={onClear}>Clear filter</Button>} />;
  return (
    <EmptyState title="No template has a pool.">
      <p className="mb-2">A preset of a template says how many prebuilds are kept ready:</p>
      <div className="text-left">
        <CodeBlock text={example} label="A pool in template.yaml" />
      </div>
    </EmptyState>
  );
}
