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

const descriptor =
  /^@(yearly|annually|monthly|weekly|daily|midnight|hourly|every ([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+)$/;
const zonePrefix = /^(CRON_)?TZ=\S+\s+/;
const part = /^(?:[*?]|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:\/([0-9]{1,3}))?$/i;

/**
 * What is wrong with the cron of a script (spec §3.4): six fields, seconds first, of which the last may be left out;
 * null where nothing is. A zone may stand before them, and `@daily` and its like in their place.
 */
export function scriptCronFault(cron: string): string | null {
  const text = cron.trim().replace(zonePrefix, "");
  if (text.startsWith("@"))
    return descriptor.test(text) ? null : `${text} is not one of the known words, such as @daily`;
  const fields = text.split(/\s+/);
  if (fields.length < 5 || fields.length > 6) return `it has ${text === "" ? 0 : fields.length} fields`;
  for (const [at, limits] of fieldLimits.entries()) {
    const field = fields[at];
    if (field === undefined) continue;
    const fault = field.split(",").find((each) => !isPart(each, limits));
    if (fault !== undefined) return `${limits.name} cannot be "${fault}"`;
  }
  return null;
}

/** Five fields, which people elsewhere read from the minutes on. */
export function readsAsSeconds(cron: string): boolean {
  const text = cron.trim().replace(zonePrefix, "");
  return !text.startsWith("@") && text.split(/\s+/).length === 5;
}

function isPart(text: string, limits: FieldLimits): boolean {
  const found = part.exec(text);
  if (found === null) return false;
  const [, from, to, step] = found;
  if (step !== undefined && Number(step) === 0) return false;
  if (from === undefined) return true;
  const first = numberOf(from, limits);
  const last = to === undefined ? first : numberOf(to, limits);
  return first >= limits.min && last <= limits.max && first <= last;
}

/** Outside of every limit for a word that the field does not have. */
function numberOf(text: string, limits: FieldLimits): number {
  if (/^[0-9]/.test(text)) return Number(text);
  const words: readonly string[] = "words" in limits ? limits.words : [];
  const at = words.indexOf(text.toLowerCase());
  return at < 0 ? Number.NaN : at + limits.min;
}
