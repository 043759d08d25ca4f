/**
 * The times of a script (spec §3.4): six fields, seconds first, of which the last may be left out; or a word such as
 * `@daily`. A zone may stand before them. What a template may say and when an agent runs it are read by this alone.
 */

const fieldLimits = [
  { name: "seconds", min: 0, max: 59 },
  { name: "minutes", min: 0, max: 59 },
  { name: "hours", min: 0, max: 23 },
  { name: "the day of the month", min: 1, max: 31 },
  {
    name: "the month",
    min: 1,
    max: 12,
    words: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  { name: "the day of the week", min: 0, max: 6, words: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
] as const;

type FieldLimits = (typeof fieldLimits)[number];

/** What one field allows, in ascending order. */
export interface CronField {
  readonly values: readonly number[];
  /** Whether it says nothing: of the two fields for days, only those that say something count. */
  readonly isAny: boolean;
}

export interface CronTimes {
  readonly kind: "times";
  /** Null: the zone of the machine. */
  readonly zone: string | null;
  readonly seconds: CronField;
  readonly minutes: CronField;
  readonly hours: CronField;
  readonly daysOfMonth: CronField;
  readonly months: CronField;
  /** 0 is Sunday. */
  readonly daysOfWeek: CronField;
}

export type ScriptCron = CronTimes | { readonly kind: "every"; readonly everyMs: number };

export type ReadCron =
  | { readonly kind: "read"; readonly cron: ScriptCron }
  | { readonly kind: "fault"; readonly fault: string };

const words: Readonly<Record<string, string>> = {
  "@yearly": "0 0 0 1 1 *",
  "@annually": "0 0 0 1 1 *",
  "@monthly": "0 0 0 1 * *",
  "@weekly": "0 0 0 * * 0",
  "@daily": "0 0 0 * * *",
  "@midnight": "0 0 0 * * *",
  "@hourly": "0 0 * * * *",
};
const every = /^@every ((?:[0-9]+(?:\.[0-9]+)?(?:ns|us|ms|s|m|h))+)$/;
const everyPart = /([0-9]+(?:\.[0-9]+)?)(ns|us|ms|s|m|h)/g;
const unitMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const everyMsMin = 1_000;
const zonePrefix = /^(?:CRON_)?TZ=(\S+)\s+/;
const part = /^(?:[*?]|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:\/([0-9]{1,3}))?$/i;

/** What is wrong with the cron of a script; null where nothing is. */
export function scriptCronFault(cron: string): string | null {
  const read = readScriptCron(cron);
  return read.kind === "fault" ? read.fault : null;
}

/** Five fields, which people elsewhere read from the minutes on. */
export function readsAsSeconds(cron: string): boolean {
  const text = cron.trim().replace(zonePrefix, "");
  return !text.startsWith("@") && text.split(/\s+/).length === 5;
}

export function readScriptCron(cron: string): ReadCron {
  const trimmed = cron.trim();
  const said = zonePrefix.exec(trimmed)?.[1];
  const zone = said === undefined || said === "Local" ? null : said;
  if (zone !== null && !isZone(zone)) return { kind: "fault", fault: `${zone} is no known time zone` };
  const text = trimmed.replace(zonePrefix, "");
  const everyText = every.exec(text)?.[1];
  if (everyText !== undefined) return { kind: "read", cron: { kind: "every", everyMs: everyMsOf(everyText) } };
  const fields = text.startsWith("@") ? words[text] : text;
  if (fields === undefined) return { kind: "fault", fault: `${text} is not one of the known words, such as @daily` };
  return readFields(fields, zone);
}

function readFields(text: string, zone: string | null): ReadCron {
  const texts = text.split(/\s+/);
  if (texts.length < 5 || texts.length > 6) {
    return { kind: "fault", fault: `it has ${text === "" ? 0 : texts.length} fields` };
  }
  const fields: CronField[] = [];
  for (const [at, limits] of fieldLimits.entries()) {
    const field = readField(texts[at] ?? "*", limits);
    if (typeof field === "string") return { kind: "fault", fault: `${limits.name} cannot be "${field}"` };
    fields.push(field);
  }
  const [seconds, minutes, hours, daysOfMonth, months, daysOfWeek] = fields as [
    CronField,
    CronField,
    CronField,
    CronField,
    CronField,
    CronField,
  ];
  return {
    kind: "read",
    cron: { kind: "times", zone, seconds, minutes, hours, daysOfMonth, months, daysOfWeek },
  };
}

/** @returns the part that it cannot have, where there is one. */
function readField(text: string, limits: FieldLimits): CronField | string {
  const values = new Set<number>();
  let isAny = false;
  for (const each of text.split(",")) {
    const range = readPart(each, limits);
    if (range === null) return each;
    for (let value = range.first; value <= range.last; value += range.step) values.add(value);
    isAny ||= range.isAny;
  }
  return { values: [...values].sort((a, b) => a - b), isAny };
}

interface Range {
  readonly first: number;
  readonly last: number;
  readonly step: number;
  readonly isAny: boolean;
}

function readPart(text: string, limits: FieldLimits): Range | null {
  const found = part.exec(text);
  if (found === null) return null;
  const [, from, to, stepText] = found;
  const step = stepText === undefined ? 1 : Number(stepText);
  if (step === 0) return null;
  if (from === undefined) return { first: limits.min, last: limits.max, step, isAny: step === 1 };
  const first = numberOf(from, limits);
  // With a step and no end it goes on to the end of what there is.
  const openEnd = stepText === undefined ? first : limits.max;
  const last = to === undefined ? openEnd : numberOf(to, limits);
  const isWithin = first >= limits.min && last <= limits.max && first <= last;
  return isWithin ? { first, last, step, isAny: false } : null;
}

/** Outside of every limit for a word that the field does not have. */
function numberOf(text: string, limits: FieldLimits): number {
  if (/^[0-9]/.test(text)) return Number(text);
  const known: readonly string[] = "words" in limits ? limits.words : [];
  const at = known.indexOf(text.toLowerCase());
  return at < 0 ? Number.NaN : at + limits.min;
}

function everyMsOf(text: string): number {
  let sum = 0;
  for (const [, count, unit] of text.matchAll(everyPart)) sum += Number(count) * (unitMs[unit ?? ""] ?? 0);
  return Math.max(everyMsMin, Math.floor(sum / 1_000) * 1_000);
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
