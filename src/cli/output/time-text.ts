const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** Beyond this a date says more than a count of days. */
const countedDaysMax = 60;

/**
 * To the nearest of each unit: of eight hours that began a second ago, eight are left. A sum that rounds up to the next
 * unit is told in that one.
 */
function magnitude(distanceMs: number): string {
  const seconds = Math.round(distanceMs / secondMs);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(distanceMs / minuteMs);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.round(distanceMs / hourMs);
  if (hours < 48) return `${hours} h`;
  return `${Math.round(distanceMs / dayMs)} days`;
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
  if (Math.round(elapsedMs) < secondMs) return `${Math.round(elapsedMs)} ms`;
  if (Math.round(elapsedMs / 100) < 600) return `${(elapsedMs / secondMs).toFixed(1)} s`;
  const seconds = Math.round(elapsedMs / secondMs);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
