import { civilFromDays, dayMs, hourMs, minuteMs, secondMs } from "./civil-date.ts";

/** An instant (milliseconds since the epoch) as ISO 8601 in UTC, to the millisecond. */
export function isoInstant(at: number): string {
  if (!Number.isFinite(at)) return "an unknown time";
  const wholeMs = Math.floor(at);
  const days = Math.floor(wholeMs / dayMs);
  const { year, month, dayOfMonth } = civilFromDays(days);
  const inDay = wholeMs - days * dayMs;
  const time = [Math.floor(inDay / hourMs), Math.floor(inDay / minuteMs) % 60, Math.floor(inDay / secondMs) % 60];
  const fraction = String(inDay % secondMs).padStart(3, "0");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(dayOfMonth)}T${time.map(two).join(":")}.${fraction}Z`;
}

/** A length of time in one or two units, rounded up to whole seconds: "45 s", "2 min 5 s", "3 h", "2 d 4 h". */
export function durationText(lengthMs: number): string {
  if (!Number.isFinite(lengthMs)) return "an unknown time";
  const seconds = Math.ceil(Math.abs(lengthMs) / secondMs);
  const units: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = units.findIndex(([count]) => count > 0);
  if (first < 0) return "0 s";
  const shown = units.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(" ");
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
