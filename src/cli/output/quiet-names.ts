/** Fields by which a thing is named in command lines, the best first. */
const nameFields = ["name", "username", "id"] as const;

function nameOf(thing: unknown): string | undefined {
  if (typeof thing !== "object" || thing === null) return undefined;
  for (const field of nameFields) {
    // Looked at as data: what a result consists of is its command's own affair.
    const value = (thing as Readonly<Record<string, unknown>>)[field];
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}

/**
 * What `--quiet` prints of a result: the names of its one list, or its own; undefined when it is not that simple, for
 * example a secret that is shown this once. A command whose rows have another name says so itself.
 */
export function quietNames(result: unknown): readonly string[] | undefined {
  const own = nameOf(result);
  if (own !== undefined) return [own];
  if (typeof result !== "object" || result === null) return undefined;
  const lists = Object.values(result).filter((value): value is unknown[] => Array.isArray(value));
  const [rows] = lists;
  if (rows === undefined || lists.length > 1) return undefined;
  const names = rows.map(nameOf);
  return names.every((name) => name !== undefined) ? names : undefined;
}
