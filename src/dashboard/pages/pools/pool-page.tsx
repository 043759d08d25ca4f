import { useParams } from "@tanstack/react-router";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { QueryFault, Unanswered } from "../../components/query-fault.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { usePageTitle } from "../../components/page-title.ts";
import { Skeleton } from "../../components/skeleton.tsx";
import { Tabs } from "../../components/tabs.tsx";
import { Gone } from "../gone.tsx";
import { NotFoundPage } from "../not-found-page.tsx";
import { DecisionsTab } from "./decisions-tab.tsx";
import { PoolActions } from "./pool-actions.tsx";
import { PoolCondition, poolAddress } from "./pool-condition.tsx";
import { PoolOverview } from "./pool-overview.tsx";
import { PrebuildsTab } from "./prebuilds-tab.tsx";
import { ReadyBar } from "./ready-bar.tsx";
import { ScheduleTab } from "./schedule-tab.tsx";

const tabs = [
  { id: "overview", label: "Overview" },
  { id: "prebuilds", label: "Prebuilds" },
  { id: "decisions", label: "Decisions" },
  { id: "schedule", label: "Schedule" },
] as const;
const crumb = { label: "Pools", to: "/pools" };

/** Why a pool is as it is, what is in it, and what can be done about it. */
export default function PoolPage() {
  const params = useParams({ strict: false }) as Readonly<Record<string, string>>;
  const { template = "", preset = "", tab = "overview" } = params;
  const chosen = tabs.find(({ id }) => id === tab);
  usePageTitle(`${template} / ${preset}`, "Pools");
  const pool = { template, preset };
  const found = useApi("explainPool", {
    key: keys.pool(`${template}/${preset}`),
    input: { params: pool, query: {} },
  });
  const title = `${template} / ${preset}`;
  if (found.error?.code === "not_found" && found.data !== undefined) {
    return (
      <Gone
        name={title}
        crumb={crumb}
        onward="See the pools"
        why="Its template or preset was deleted, or is not yours to see any more."
      />
    );
  }
  if (chosen === undefined || found.error?.code === "not_found") return <NotFoundPage />;
  if (found.data === undefined) {
    return (
      <>
        <PageHeader title={title} crumbs={[crumb]} />
        <Unanswered query={found}>
          <Skeleton lines={6} />
        </Unanswered>
      </>
    );
  }
  const explanation = found.data;
  const address = poolAddress(pool);
  return (
    <>
      <PageHeader
        title={title}
        crumbs={[crumb]}
        aside={<PoolCondition pool={explanation.pool} />}
        actions={<PoolActions pool={explanation.pool} />}
      >
        <ReadyBar pool={explanation.pool} />
      </PageHeader>
      <QueryFault query={found} />
      <Tabs
        label={`Parts of ${title}`}
        tabs={tabs.map(({ id, label }, place) => ({
          label,
          to: place === 0 ? address : `${address}/${id}`,
          isCurrent: id === chosen.id,
        }))}
      />
      {chosen.id === "overview" ? <PoolOverview explanation={explanation} /> : null}
      {chosen.id === "prebuilds" ? <PrebuildsTab {...pool} /> : null}
      {chosen.id === "decisions" ? <DecisionsTab {...pool} /> : null}
      {chosen.id === "schedule" ? <ScheduleTab {...pool} /> : null}
    </>
  );
}
