import type { HistoryPoint } from "../../../contracts/api/pool-time.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Card } from "../../components/card.tsx";
import { Chip } from "../../components/chip.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { absoluteTime } from "../../components/time-words.ts";
import { useServerNow } from "../../components/time.tsx";
import { useUrlState } from "../../state/url-state.ts";
import { HistoryChart } from "./history-chart.tsx";

const hourMs = 3_600_000;
const ranges = [
  { id: "6h", label: "6 hours", ms: 6 * hourMs },
  { id: "24h", label: "24 hours", ms: 24 * hourMs },
  { id: "7d", label: "7 days", ms: 168 * hourMs },
  { id: "90d", label: "90 days", ms: 2_160 * hourMs },
] as const;
const tableRowsMax = 300;
const minuteMs = 60_000;
const secondsLength = 19;

/** How the pool was over time: as a picture, and as a table for whoever does not see it. */
export function HistoryCard({ template, preset }: { readonly template: string; readonly preset: string }) {
  const [{ range = "24h" }, change] = useUrlState();
  const chosen = ranges.find(({ id }) => id === range) ?? ranges[1];
  const minute = Math.floor(useServerNow() / minuteMs) * minuteMs;
  const from = `${new Date(minute - chosen.ms).toISOString().slice(0, secondsLength)}Z`;
  const found = useApi("poolHistory", {
    key: [...keys.pool(`${template}/${preset}`), "history", chosen.id, minute],
    input: { params: { template, preset }, query: { from } },
    keepsPrevious: true,
  });
  return (
    <Card
      title="Over time"
      actions={
        <div role="group" aria-label="Range" className="flex flex-wrap gap-1">
          {ranges.map(({ id, label }) => (
            <Chip key={id} isOn={id === chosen.id} onClick={() => change({ range: id })}>
              {label}
            </Chip>
          ))}
        </div>
      }
    >
      {found.error === null ? null : <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {found.data === undefined ? (
        <Skeleton lines={5} />
      ) : (
        <>
          <HistoryChart history={found.data} />
          <details className="mt-3">
            <summary className="min-h-6 cursor-pointer text-muted">As a table</summary>
            <HistoryTable points={found.data.points} />
          </details>
        </>
      )}
    </Card>
  );
}

function HistoryTable({ points }: { readonly points: readonly HistoryPoint[] }) {
  const seen = points.filter(({ recordedMinutes, claimed }) => recordedMinutes > 0 || claimed !== null);
  if (seen.length === 0) return <p className="mt-2 text-muted">Nothing is recorded of this time.</p>;
  return (
    <div tabIndex={0} role="region" aria-label="The pool over time" className="mt-2 max-h-72 overflow-auto">
      <table className="w-full text-left text-xs tabular-nums">
        <thead>
          <tr>
            {["From", "Wanted", "Ready", "Starting", "Claims", "Misses"].map((header) => (
              <th key={header} scope="col" className="py-1 pr-4 text-muted">
                {header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {seen
            .slice(-tableRowsMax)
            .toReversed()
            .map((point) => (
              <tr key={point.at} className="border-t border-line">
                <th scope="row" className="py-1 pr-4 font-normal">
                  {absoluteTime(Date.parse(point.at))}
                </th>
                <td>{point.desired ?? "–"}</td>
                <td>{point.ready ?? "–"}</td>
                <td>{point.starting ?? "–"}</td>
                <td>{point.claimed ?? "–"}</td>
                <td>{missesOf(point)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}

function missesOf({ missed }: HistoryPoint): string {
  const reasons = Object.entries(missed ?? {});
  if (reasons.length === 0) return missed === null ? "–" : "0";
  return reasons.map(([reason, count]) => `${count} ${reason.replaceAll("_", " ")}`).join(", ");
}
