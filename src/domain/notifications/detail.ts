/** The details of a stored notification: JSON that this release or an older one has written. */
export type Detail = Readonly<Record<string, unknown>>;

const replacementsShownMax = 20;

function text(detail: Detail, key: string): string {
  const value = detail[key];
  return typeof value === "string" || typeof value === "number" ? String(value) : "?";
}

function texts<const Key extends string>(detail: Detail, ...keys: readonly Key[]): Readonly<Record<Key, string>> {
  // One entry for each key, in the loop of `map`.
  return Object.fromEntries(keys.map((key) => [key, text(detail, key)])) as Readonly<Record<Key, string>>;
}

function objects(value: unknown): readonly Detail[] {
  if (!Array.isArray(value)) return [];
  return value.filter((one): one is Detail => typeof one === "object" && one !== null);
}

/** Addresses of the replaced resources, with commas between them. */
function addresses(detail: Detail): string {
  const all = objects(detail["replacements"]).map((one) => text(one, "address"));
  const rest = all.length - replacementsShownMax;
  return rest > 0 ? `${all.slice(0, replacementsShownMax).join(", ")} and ${rest} more` : all.join(", ");
}

/** Each replaced resource with the attributes because of which it is. */
function replacements(detail: Detail): readonly (readonly [string, string])[] {
  return objects(detail["replacements"])
    .slice(0, replacementsShownMax)
    .map((one) => [
      text(one, "address"),
      objects(one["reasons"])
        .map((reason) => text(reason, "path"))
        .join(", ") || "no attribute named",
    ]);
}

function optionalFact(detail: Detail, key: string, name: string): readonly (readonly [string, string])[] {
  return typeof detail[key] === "string" ? [[name, text(detail, key)]] : [];
}

export const read = { text, texts, addresses, replacements, optionalFact };
