import type { HistoryPoint, PoolHistory } from "../../../contracts/api/pool-time.ts";
import { absoluteTime } from "../../components/time-words.ts";

const chartWidth = 720;
const height = 160;
const base = 130;
const barHeightMax = 40;

/** Wanted and ready as steps, claims and misses as bars below; a time in which nobody looked is a gap. */
export function HistoryChart({ history }: { readonly history: PoolHistory }) {
  const { points, markers } = history;
  const [fromMs, toMs] = [Date.parse(history.from), Date.parse(history.to)];
  const most = Math.max(1, ...points.flatMap(({ desired, ready }) => [desired ?? 0, ready ?? 0]));
  const x = (at: string): number => (chartWidth * (Date.parse(at) - fromMs)) / Math.max(1, toMs - fromMs);
  const step = chartWidth / Math.max(1, points.length);
  const y = (count: number): number => base - (base - 8) * (count / most);
  const line = (of: (point: HistoryPoint) => number | null): string =>
    points
      .map((point, place) => {
        const count = of(point);
        if (count === null) return "";
        const isAfterGap = place === 0 || of(points[place - 1] ?? point) === null;
        return `${isAfterGap ? "M" : "L"}${x(point.at)},${y(count)} H${x(point.at) + step}`;
      })
      .join(" ");
  return (
    <figure>
      <svg
        viewBox={`0 0 ${chartWidth} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={summaryOf(points, most)}
        className="h-44 w-full"
      >
        <Asked points={points} x={x} step={step} />
        <path
          d={line(({ desired }) => desired)}
          className="fill-none stroke-muted [stroke-dasharray:4_3]"
          strokeWidth={1.5}
          vectorEffect="non-scaling-stroke"
        />
        <path
          d={line(({ ready }) => ready)}
          className="fill-none stroke-accent"
          strokeWidth={2}
          vectorEffect="non-scaling-stroke"
        />
        {markers.map((marker) => (
          <line
            key={`${marker.at} ${marker.text}`}
            x1={x(marker.at)}
            x2={x(marker.at)}
            y1={4}
            y2={base}
            vectorEffect="non-scaling-stroke"
            className="stroke-line-strong"
          >
            <title>{`${absoluteTime(Date.parse(marker.at))}: ${marker.text}`}</title>
          </line>
        ))}
        <line x1={0} x2={chartWidth} y1={base} y2={base} vectorEffect="non-scaling-stroke" className="stroke-line" />
      </svg>
      <figcaption className="text-xs text-muted">
        Up to {most}: ready (line) and wanted (dashed). Below: claims, and in red misses. {summaryOf(points, most)}
      </figcaption>
    </figure>
  );
}

interface AskedProps {
  readonly points: readonly HistoryPoint[];
  readonly x: (at: string) => number;
  readonly step: number;
}

/** Claims, and misses on top of them, as bars. */
function Asked({ points, x, step }: AskedProps) {
  const most = Math.max(1, ...points.map((point) => (point.claimed ?? 0) + missedIn(point)));
  const tall = (count: number): number => (barHeightMax * count) / most;
  const width = Math.max(1, step - 1);
  return points.map((point) => {
    const [claimed, missed] = [point.claimed ?? 0, missedIn(point)];
    if (claimed + missed === 0) return null;
    const top = height - tall(claimed);
    return (
      <g key={point.at}>
        <title>{`${absoluteTime(Date.parse(point.at))}: ${claimed} claimed, ${missed} missed`}</title>
        <rect x={x(point.at)} y={top} width={width} height={tall(claimed)} className="fill-accent opacity-50" />
        <rect x={x(point.at)} y={top - tall(missed)} width={width} height={tall(missed)} className="fill-danger" />
      </g>
    );
  });
}

const missedIn = ({ missed }: HistoryPoint): number => Object.values(missed ?? {}).reduce((sum, one) => sum + one, 0);

function summaryOf(points: readonly HistoryPoint[], most: number): string {
  const known = points.filter(({ ready }) => ready !== null);
  if (known.length === 0) return "Nothing is recorded of this time.";
  const fewest = Math.min(...known.map(({ readyFewest, ready }) => readyFewest ?? ready ?? 0));
  const claims = points.reduce((sum, { claimed }) => sum + (claimed ?? 0), 0);
  const misses = points.reduce((sum, point) => sum + missedIn(point), 0);
  return `Between ${fewest} and ${most} ready or wanted, ${claims} claims, ${misses} misses.`;
}
