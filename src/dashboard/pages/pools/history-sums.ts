import type { HistoryPoint } from "../../../contracts/api/pool-time.ts";

/** All misses of a step, whatever their reasons. */
export const missedIn = ({ missed }: HistoryPoint): number =>
  Object.values(missed ?? {}).reduce((sum, one) => sum + one, 0);

/** What the chart shows, in a sentence for whoever does not see it. */
export function historySummary(points: readonly HistoryPoint[]): string {
  const known = points.filter(({ ready }) => ready !== null);
  if (known.length === 0) return "Nothing is recorded of this time.";
  const most = Math.max(...known.map(({ ready }) => ready ?? 0));
  const fewest = Math.min(...known.map(({ readyFewest, ready }) => readyFewest ?? ready ?? 0));
  const wanted = Math.max(...known.map(({ desired }) => desired ?? 0));
  const claims = points.reduce((sum, { claimed }) => sum + (claimed ?? 0), 0);
  const misses = points.reduce((sum, point) => sum + missedIn(point), 0);
  const isOne = (count: number, word: string): string =>
    `${count} ${word}${count === 1 ? "" : word.endsWith("s") ? "es" : "s"}`;
  return `Between ${fewest} and ${most} were ready, up to ${wanted} were wanted; ${isOne(claims, "claim")}, ${isOne(misses, "miss")}.`;
}
