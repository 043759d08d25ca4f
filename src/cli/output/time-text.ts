const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** Beyond this a date says more than a count of days. */
const countedDaysMax = 60;

function magnitude(distanceMs: number): string {
  if (distanceMs < minuteMs) return `${Math.floor(distanceMs / secondMs)} s`;
  if (distanceMs < hourMs) return `${Math.floor(distanceMs / minuteMs)} min`;
  if (distanceMs < 2 * dayMs) return `${Math.floor(distanceMs / hourMs)} h`;
  return `${Math.floor(distanceMs / dayMs)} days`;
}

/** `just now`, `3 min ago`, `in 2 h`, a date when it is far away, `–` for no instant. */
export function relativeTime(instant: string | null, now: Date): string {
  if (instant === null) return "–";
  const distanceMs = now.getTime() - new Date(instant).getTime();
  if (Number.isNaN(distanceMs)) return instant;
  if (Math.abs(distanceMs) < secondMs) return "just now";
  if (Math.abs(distanceMs) >= countedDaysMax * dayMs) return instant.slice(0, 10);
  return distanceMs > 0 ? `${magnitude(distanceMs)} ago` : `in ${magnitude(-distanceMs)}`;
}

/** `84 ms`, `1.2 s`, `2 min 3 s`. */
export function elapsedText(elapsedMs: number): string {
  if (elapsedMs < secondMs) return `${Math.round(elapsedMs)} ms`;
  if (elapsedMs < minuteMs) return `${(elapsedMs / secondMs).toFixed(1)} s`;
  const seconds = Math.round(elapsedMs / secondMs);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
