import { lazy, Suspense } from "react";
import type { HistoryMarker, HistoryPoint } from "../../../contracts/api/pool-time.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { Chip } from "../../components/chip.tsx";
import { QueryFault } from "../../components/query-fault.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { absoluteTime } from "../../components/time-words.ts";
import { useServerNow } from "../../components/time.tsx";
import { useUrlState } from "../../state/url-state.ts";

const HistoryChart = lazy(() => import("./history-chart.tsx"));

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
/** Nothing is shown closer: a point is a minute. */
const closestMs = 10 * minuteMs;
const markersMax = 20;

const instantOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, secondsLength)}Z`;

interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A stretch that the address names, if it does and it is one. */
function stretchOf(from = "", to = ""): Stretch | null {
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  return toMs > fromMs ? { fromMs, toMs } : null;
}

/** How the pool was over time: as a picture, and as a table for whoever does not see it. */
export function HistoryCard({ template, preset }: { readonly template: string; readonly preset: string }) {
  const [params, change] = useUrlState();
  const chosen = ranges.find(({ id }) => id === (params["range"] ?? "24h")) ?? ranges[1];
  const minute = Math.floor(useServerNow() / minuteMs) * minuteMs;
  const closer = stretchOf(params["from"], params["to"]);
  const fromMs = closer?.fromMs ?? minute - chosen.ms;
  const query = { from: instantOf(fromMs), ...(closer === null ? {} : { to: instantOf(closer.toMs) }) };
  const zoom = (start: number, end: number): void => {
    const middle = (start + end) / 2;
    const half = Math.max(closestMs, end - start) / 2;
    change({ from: instantOf(middle - half), to: instantOf(Math.min(minute + minuteMs, middle + half)) });
  };
  const found = useApi("poolHistory", {
    key: [...keys.pool(`${template}/${preset}`), "history", closer === null ? minute : closer.toMs, fromMs],
    input: { params: { template, preset }, query },
    keepsPrevious: true,
  });
  return (
    <Card
      title="Over time"
      actions={
        <div role="group" aria-label="Range" className="flex flex-wrap gap-1">
          {ranges.map(({ id, label }) => (
            <Chip
              key={id}
              isOn={closer === null && id === chosen.id}
              onClick={() => change({ range: id, from: "", to: "" })}
            >
              {label}
            </Chip>
          ))}
        </div>
      }
    >
      <QueryFault query={found} />
      {found.data === undefined ? (
        <Skeleton lines={5} />
      ) : (
        <>
          {closer === null ? null : <Closer {...closer} onMove={zoom} onBack={() => change({ from: "", to: "" })} />}
          <Suspense fallback={<Skeleton lines={8} />}>
            <HistoryChart history={found.data} onZoom={zoom} />
          </Suspense>
          <Markers markers={found.data.markers} />
          <details className="mt-3">
            <summary className="min-h-[24px] cursor-pointer text-muted">As a table</summary>
            <HistoryTable points={found.data.points} />
          </details>
        </>
      )}
    </Card>
  );
}

interface CloserProps extends Stretch {
  readonly onMove: (fromMs: number, toMs: number) => void;
  readonly onBack: () => void;
}

/** What a drag has chosen, and how to go on from there without a mouse. */
function Closer({ fromMs, toMs, onMove, onBack }: CloserProps) {
  const part = (toMs - fromMs) / 2;
  return (
    <div className="mb-2 flex flex-wrap items-center gap-2">
      <span>
        {absoluteTime(fromMs)} to {absoluteTime(toMs)}
      </span>
      <Button onClick={() => onMove(fromMs - part, toMs - part)}>Earlier</Button>
      <Button onClick={() => onMove(fromMs + part, toMs + part)}>Later</Button>
      <Button onClick={() => onMove(fromMs - part, toMs + part)}>Less close</Button>
      <Button onClick={onBack}>Back to the whole</Button>
    </div>
  );
}

/** What was done in that time, the newest first: the dashed lines of the chart. */
function Markers({ markers }: { readonly markers: readonly HistoryMarker[] }) {
  if (markers.length === 0) return null;
  return (
    <ul aria-label="What was done" className="mt-2 grid gap-0.5 text-xs">
      {markers
        .slice(-markersMax)
        .toReversed()
        .map(({ at, text, by }) => (
          <li key={`${at} ${text}`} className="break-words">
            <span className="text-muted tabular-nums">{absoluteTime(Date.parse(at))}</span> {text}
            {by === null ? "" : `, by ${by}`}
          </li>
        ))}
    </ul>
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
