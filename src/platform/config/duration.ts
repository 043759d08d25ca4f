const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const wholeShape = /^-?(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const partShape = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/**
 * Milliseconds of `500ms`, `30s`, `1m`, `1h30m`, `2d`, or undefined when the text has another shape.
 * A number without a unit is refused, because people mean seconds and minutes by it in turn; only `0` is clear.
 */
export function parseDurationMs(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === "0") return 0;
  if (!wholeShape.test(trimmed)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of trimmed.matchAll(partShape)) totalMs += Number(amount) * (unitMs[unit ?? ""] ?? 0);
  const roundedMs = Math.round(totalMs);
  return trimmed.startsWith("-") ? -roundedMs : roundedMs;
}

/** The shortest text that `parseDurationMs` reads back as the same duration. */
export function formatDurationMs(durationMs: number): string {
  if (durationMs === 0) return "0s";
  let text = durationMs < 0 ? "-" : "";
  let restMs = Math.abs(durationMs);
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const sizeMs = unitMs[unit] ?? 1;
    const amount = Math.floor(restMs / sizeMs);
    if (amount > 0) text += `${amount}${unit}`;
    restMs -= amount * sizeMs;
  }
  return text;
}
