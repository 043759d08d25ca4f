import { freeNameLengthMax } from "./limits.ts";
import { isVisible } from "./visible-text.ts";

/**
 * Why a text is no name of a parameter or a preset, as the end of a sentence; null when it is one. Such names are for
 * people, and templates that were written elsewhere have "Machine Image" and "GoLand: Large": all that is asked is that
 * one can see the whole of it, and that it can stand in an address (decision 0077).
 */
export function freeNameFault(name: string): string | null {
  if (name.trim() === "") return "it is empty";
  // Counted as people count: a letter outside the basic plane is one character.
  const length = Array.from(name).length;
  if (length > freeNameLengthMax) return `it has ${length} characters; at most ${freeNameLengthMax} are allowed`;
  if (!isVisible(name) || /[\t\n]/.test(name)) return "it has characters that cannot be seen";
  if (name !== name.trim()) return "it begins or ends with a space";
  // A browser takes dots out of an address before it asks, and a dash stands for no preset.
  return [".", "..", "-"].includes(name) ? "it means something else in an address" : null;
}

/**
 * A short form of a preset's name in letters, digits and single dashes, by which it can be called besides:
 * `goland-large` for "GoLand: Large". Empty where nothing of the name is left.
 */
export function slugOf(name: string): string {
  return name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

/**
 * What a text calls: that of just this name, else the only one that has the text for its slug. Two whose slugs are the
 * same have to be called by their names.
 */
export function calledBy<One>(all: readonly One[], nameOf: (one: One) => string, text: string): One | undefined {
  const exact = all.find((one) => nameOf(one) === text);
  if (exact !== undefined || text === "") return exact;
  const meant = all.filter((one) => slugOf(nameOf(one)) === text);
  const [first] = meant;
  // Of several versions there may be one of the same name each, the first of which is meant.
  return first !== undefined && meant.every((one) => nameOf(one) === nameOf(first)) ? first : undefined;
}
