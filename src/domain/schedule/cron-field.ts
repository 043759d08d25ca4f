/**
 * One field of a schedule's cron: `*`, numbers, `a-b` ranges and comma lists (spec §1.1).
 * A field is a bit mask: bit n is set when n is in it. The largest value is 31, so a mask is an
 * int32 whose sign bit may be set; masks are only ever and-ed, or-ed and tested against 0.
 */

export const cronFieldNames = ["minute", "hour", "day of month", "month", "day of week"] as const;
export type CronFieldName = (typeof cronFieldNames)[number];

/** Why a cron is refused: the field (or the whole), its text, and the reason as the end of a sentence. */
export interface CronError {
  readonly field: CronFieldName | "cron";
  readonly value: string;
  readonly reason: string;
}

/** Lowest and highest value of a field, both allowed. */
export interface FieldBounds {
  readonly min: number;
  readonly max: number;
}

export interface CronField {
  readonly mask: number;
  /**
   * Whether it was written `*`. `1-31` sets the same bits but is a restriction all the same: the
   * standard cron rule for the two day fields looks at what was written.
   */
  readonly isAny: boolean;
}

export type FieldResult =
  | { readonly kind: "ok"; readonly field: CronField }
  | { readonly kind: "error"; readonly reason: string };

const numberPattern = /^\d{1,4}$/;

/** Parses one field. Never throws; the reason says what is wrong and what is allowed. */
export function parseCronField(text: string, bounds: FieldBounds): FieldResult {
  if (text === "*") return { kind: "ok", field: { mask: maskOfRange(bounds.min, bounds.max), isAny: true } };
  let mask = 0;
  for (const item of text.split(",")) {
    const parsed = parseItem(item, bounds);
    if (parsed.kind === "error") return parsed;
    mask |= parsed.mask;
  }
  return { kind: "ok", field: { mask, isAny: false } };
}

/** Whether `value` is in the mask. */
export function maskHas(mask: number, value: number): boolean {
  return (mask & (1 << value)) !== 0;
}

/** The values of a mask, ascending. */
export function maskValues(mask: number): readonly number[] {
  return Array.from({ length: 32 }, (_, value) => value).filter((value) => maskHas(mask, value));
}

/** The shortest text that parses to this field: runs of three and more are written as ranges. */
export function formatCronField(field: CronField): string {
  if (field.isAny) return "*";
  const items: string[] = [];
  const values = maskValues(field.mask);
  for (let from = 0; from < values.length; ) {
    let to = from;
    while (values[to + 1] === (values[to] ?? 0) + 1) to += 1;
    if (to - from >= 2) items.push(`${values[from]}-${values[to]}`);
    else items.push(...values.slice(from, to + 1).map(String));
    from = to + 1;
  }
  return items.join(",");
}

type ItemResult = { readonly kind: "ok"; readonly mask: number } | { readonly kind: "error"; readonly reason: string };

function parseItem(item: string, bounds: FieldBounds): ItemResult {
  const ends = item.split("-");
  if (ends.length > 2 || !ends.every((end) => numberPattern.test(end))) {
    return refuse(`"${item}" is not a number or a range a-b`, bounds);
  }
  const first = Number(ends[0]);
  const last = Number(ends[1] ?? ends[0]);
  for (const end of [first, last]) {
    if (end < bounds.min || end > bounds.max) return refuse(`${end} is outside ${bounds.min}-${bounds.max}`, bounds);
  }
  if (first > last) return refuse(`the range ${item} ends before it begins`, bounds);
  return { kind: "ok", mask: maskOfRange(first, last) };
}

function refuse(what: string, bounds: FieldBounds): ItemResult {
  return { kind: "error", reason: `${what}; use *, or numbers and ranges from ${bounds.min} to ${bounds.max}` };
}

function maskOfRange(first: number, last: number): number {
  let mask = 0;
  for (let value = first; value <= last; value += 1) mask |= 1 << value;
  return mask;
}
