import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "react";
import { useDarkness } from "../../components/use-darkness.ts";
import { drawHistory, type PlotWish } from "./history-plot.ts";
import { historySummary } from "./history-sums.ts";

/** Wanted, ready and starting as steps, claims and misses as bars below; a time in which nobody looked is a gap. */
export default function HistoryChart({ history, onZoom }: PlotWish) {
  const place = useRef<HTMLDivElement>(null);
  const zoom = useRef(onZoom);
  zoom.current = onZoom;
  // Its colours are drawn and not styled: another theme is another picture.
  const isDark = useDarkness();
  useEffect(() => {
    if (place.current === null) return undefined;
    return drawHistory(place.current, { history, onZoom: (fromMs, toMs) => zoom.current(fromMs, toMs) });
  }, [history, isDark]);
  return (
    <figure>
      <div ref={place} role="img" aria-label={historySummary(history.points)} className="history-plot min-h-72" />
      <figcaption className="mt-1 text-xs text-muted">
        {historySummary(history.points)} Drag over a stretch of time to see it closer.
      </figcaption>
    </figure>
  );
}
