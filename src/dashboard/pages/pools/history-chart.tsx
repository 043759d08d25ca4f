import type { HistoryPoint, PoolHistory } from "../../../contracts/api/pool-time.ts";
import { absoluteTime } from "../../components/time-words.ts";

const width = 720;
const height = 160;
const base = 130;
const barHeightMax = 40;

/** Wanted and ready as steps, claims and misses as bars below; a time in which nobody looked is a gap. */
export function HistoryChart({ history }: { readonly history: PoolHistory }) {
  const { points, markers } = history;
  const [fromMs, toMs] = [Date.parse(history.from), Date.parse(history.to)];
  const most = Math.max(1, ...points.flatMap(({ desired, ready }) => [desired ?? 0, ready ?? 0]));
  const asked = Math.max(1, ...points.map((point) => (point.claimed ?? 0) + missedIn(point)));
  const x = (at: string): number => (width * (Date.parse(at) - fromMs)) / Math.max(1, toMs - fromMs);
  const step = width / Math.max(1, points.length);
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
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={summaryOf(points, most)}
        className="h-44 w-full"
      >
        {points.map((point) => {
          const [claimed, missed] = [point.claimed ?? 0, missedIn(point)];
          const tall = (count: number): number => (barHeightMax * count) / asked;
          return claimed + missed === 0 ? null : (
            <g key={point.at}>
              <title>{`${absoluteTime(Date.parse(point.at))}: ${claimed} claimed, ${missed} missed`}</title>
              <rect
                x={x(point.at)}
                y={height - tall(claimed)}
                width={Math.max(1, step - 1)}
                height={tall(claimed)}
                className="fill-accent opacity-50"
              />
              <rect
                x={x(point.at)}
                y={height - tall(claimed) - tall(missed)}
                width={Math.max(1, step - 1)}
                height={tall(missed)}
                className="fill-danger"
              />
            </g>
          );
        })}
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
        <line x1={0} x2={width} y1={base} y2={base} vectorEffect="non-scaling-stroke" className="stroke-line" />
      </svg>
      <figcaption className="text-xs text-muted">
        Up to {most}: ready (line) and wanted (dashed). Below: claims, and in red misses. {summaryOf(points, most)}
      </figcaption>
    </figure>
  );
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
