import type { Pool } from "../../../contracts/api/prebuilds.ts";
import type { Column } from "../../components/data-table.tsx";
import { Time } from "../../components/time.tsx";
import { PoolCondition } from "./pool-condition.tsx";
import { ReadyBar } from "./ready-bar.tsx";

const wholePercent = 100;

export const poolColumns: readonly Column<Pool>[] = [
  { id: "name", header: "Pool", cell: ({ isActive }) => (isActive ? null : <Old />) },
  { id: "condition", header: "Condition", cell: (pool) => <PoolCondition pool={pool} /> },
  { id: "ready", header: "Ready", cell: (pool) => <ReadyBar pool={pool} /> },
  { id: "hits", header: "Claims, 24 h", cell: ({ day }) => (day === undefined ? "–" : <Hits day={day} />) },
  {
    id: "miss",
    header: "Last miss",
    cell: ({ day }) =>
      day?.lastMiss ? (
        <>
          {day.lastMiss.reason.replaceAll("_", " ")} <Time at={day.lastMiss.at} />
        </>
      ) : (
        <span className="text-muted">none</span>
      ),
  },
  {
    id: "failure",
    header: "Last failure",
    cell: ({ lastFailure }) =>
      lastFailure === undefined ? (
        <span className="text-muted">none</span>
      ) : (
        <>
          <Time at={lastFailure.at} />
          <span className="block max-w-xs truncate text-xs text-muted" title={lastFailure.error}>
            {lastFailure.error}
          </span>
        </>
      ),
  },
];

function Old() {
  return <span className="ml-1.5 text-xs text-muted">older version</span>;
}

function Hits({ day: { claimed, missed, hitRate } }: { readonly day: NonNullable<Pool["day"]> }) {
  if (hitRate === null) return <span className="text-muted">nobody asked</span>;
  return (
    <span className="tabular-nums">
      {Math.round(hitRate * wholePercent)} % hit, {claimed} of {claimed + missed}
    </span>
  );
}
