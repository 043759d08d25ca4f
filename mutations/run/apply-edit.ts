import type { Edit } from "../mutation.ts";

/** The text with the edit made. Errors: when what it looks for is not there exactly once. */
export function applyEdit(text: string, { file, find, replace }: Edit): string {
  const places = text.split(find).length - 1;
  if (places === 1) return text.replace(find, () => replace);
  throw new Error(`${file} has ${places} places that read ${JSON.stringify(find)}, and must have one.`);
}
