import uPlot from "uplot";
import type { PoolHistory } from "../../../contracts/api/pool-time.ts";
import { absoluteTime } from "../../components/time-words.ts";
import { missedIn } from "./history-sums.ts";

const levelsHeight = 190;
const askedHeight = 110;
const daySeconds = 86_400;
const axisWidth = 44;
const secondMs = 1_000;
/** A narrower drag is a click. */
const dragMin = 8;

export interface PlotWish {
  readonly history: PoolHistory;
  /** Times in ms since 1970, of a stretch that was dragged over. */
  readonly onZoom: (fromMs: number, toMs: number) => void;
}

/** Two charts with one time below another: how the pool was, and what was asked of it. @returns takes them away */
export function drawHistory(place: HTMLElement, { history, onZoom }: PlotWish): () => void {
  const colour = coloursOf(place);
  const frame = frameOf(history, { colour, onZoom });
  const width = Math.max(200, place.clientWidth);
  const levels = new uPlot(
    {
      ...frame,
      width,
      height: levelsHeight,
      plugins: [markersPlugin(history, colour("--n10"))],
      series: [
        timeSeries,
        { label: "Wanted", stroke: colour("--n11"), width: 1.5, dash: [5, 4], ...steps, value: countWords },
        {
          label: "Ready",
          stroke: colour("--accent-text"),
          width: 2,
          fill: colour("--accent-soft"),
          ...steps,
          value: countWords,
        },
        { label: "Starting", stroke: colour("--busy-text"), width: 1.5, ...steps, value: countWords },
      ],
    },
    levelData(history),
    place,
  );
  const asked = new uPlot(
    {
      ...frame,
      width,
      height: askedHeight,
      series: [
        timeSeries,
        // Drawn first, and as tall as both: what is claimed stands before it.
        { label: "Misses", stroke: colour("--danger-fill"), fill: colour("--danger-fill"), ...bars, value: missWords },
        {
          label: "Claims",
          stroke: colour("--accent-border"),
          fill: colour("--accent-border"),
          ...bars,
          value: countWords,
        },
      ],
    },
    askedData(history),
    place,
  );
  const seen = new ResizeObserver(([entry]) => {
    const wide = Math.max(200, Math.floor(entry?.contentRect.width ?? width));
    levels.setSize({ width: wide, height: levelsHeight });
    asked.setSize({ width: wide, height: askedHeight });
  });
  seen.observe(place);
  return () => {
    seen.disconnect();
    levels.destroy();
    asked.destroy();
  };
}

const { stepped, bars: barsPath } = uPlot.paths;
const steps = { paths: stepped?.({ align: 1 }) ?? (() => null), points: { show: false } };
const bars = { paths: barsPath?.({ size: [0.9, 40], align: 1 }) ?? (() => null), points: { show: false }, width: 0 };

const timeSeries: uPlot.Series = {
  label: "At",
  value: (_, seconds) => (seconds === null ? "–" : absoluteTime(seconds * secondMs)),
};
const countWords: uPlot.Series.Value = (_, count) => (count === null || count === undefined ? "–" : String(count));
const missWords: uPlot.Series.Value = (plot, sum, _, place) => {
  if (sum === null || sum === undefined || place === null) return "–";
  return String(sum - (plot.data[2]?.[place] ?? 0));
};

interface Looks {
  readonly colour: (name: string) => string;
  readonly onZoom: PlotWish["onZoom"];
}

function frameOf({ from, to, stepMinutes }: PoolHistory, { colour, onZoom }: Looks) {
  const [first, last] = [Date.parse(from) / secondMs, Date.parse(to) / secondMs];
  const lines = { stroke: colour("--n5"), width: 1 };
  const axis = { stroke: colour("--n11"), grid: lines, ticks: lines };
  return {
    scales: { x: { time: true, range: [first, last] as uPlot.Range.MinMax }, y: { range: wholeRange } },
    axes: [
      { ...axis, values: timeValues },
      { ...axis, size: axisWidth, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000] },
    ],
    cursor: { sync: { key: `history ${from} ${stepMinutes}` }, drag: { x: true, y: false, setScale: false } },
    legend: { live: true },
    hooks: {
      setSelect: [
        (plot: uPlot): void => {
          const { left, width } = plot.select;
          if (width < dragMin) return;
          onZoom(plot.posToVal(left, "x") * secondMs, plot.posToVal(left + width, "x") * secondMs);
        },
      ],
    },
  };
}

const dayWords = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const hourWords = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** The hour, and the day where it begins or the axis does. */
function timeLabels(splits: readonly number[], step: number): string[] {
  let before = "";
  return splits.map((seconds) => {
    const day = dayWords.format(seconds * secondMs);
    if (step >= daySeconds) return day;
    const hour = hourWords.format(seconds * secondMs);
    const label = day === before ? hour : `${hour}\n${day}`;
    before = day;
    return label;
  });
}

const timeValues: uPlot.Axis.DynamicValues = (_, splits, ...[, , step]) => timeLabels(splits, step);

/** From nothing to a little above the most; never a scale of halves. */
function wholeRange(_: uPlot, __: number | null, most: number | null): [number, number] {
  return [0, Math.max(1, Math.ceil((most ?? 0) * 1.05))];
}

/** The last step goes on to the end of the time that is shown. */
function levelData({ points, to }: PoolHistory): uPlot.AlignedData {
  const times = [...points.map(({ at }) => Date.parse(at) / secondMs), Date.parse(to) / secondMs];
  const upToEnd = (counts: readonly (number | null)[]): (number | null)[] => [...counts, counts.at(-1) ?? null];
  return [
    times,
    upToEnd(points.map(({ desired }) => desired)),
    upToEnd(points.map(({ ready }) => ready)),
    upToEnd(points.map(({ starting }) => starting)),
  ];
}

function askedData({ points }: PoolHistory): uPlot.AlignedData {
  return [
    points.map(({ at }) => Date.parse(at) / secondMs),
    points.map((point) =>
      point.claimed === null && point.missed === null ? null : (point.claimed ?? 0) + missedIn(point),
    ),
    points.map(({ claimed }) => claimed),
  ];
}

/** A line where something was done: what it was stands below the chart, in words. */
function markersPlugin({ markers }: PoolHistory, colour: string): uPlot.Plugin {
  return {
    hooks: {
      draw: (plot) => {
        const { ctx, bbox } = plot;
        ctx.save();
        ctx.strokeStyle = colour;
        ctx.setLineDash([2, 3]);
        for (const { at } of markers) {
          const x = Math.round(plot.valToPos(Date.parse(at) / secondMs, "x", true));
          if (x < bbox.left || x > bbox.left + bbox.width) continue;
          ctx.beginPath();
          ctx.moveTo(x, bbox.top);
          ctx.lineTo(x, bbox.top + bbox.height);
          ctx.stroke();
        }
        ctx.restore();
      },
    },
  };
}

function coloursOf(place: HTMLElement): (name: string) => string {
  const looks = getComputedStyle(place);
  return (name) => looks.getPropertyValue(name).trim();
}
