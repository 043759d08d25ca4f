import type { Setting } from "../../../contracts/api/settings.ts";

export const sourceWords: Readonly<Record<Setting["source"], string>> = {
  default: "default",
  file: "file",
  environment: "environment",
  flag: "flag",
  stored: "changed here",
};

export function shownValue({ value, isSecret, source }: Setting): string {
  if (isSecret) return source === "default" ? "–" : "a secret, not shown";
  return value ?? "–";
}

/** Why it cannot be changed here; undefined when it can. */
export function lockedBecause({ effect, source, flag, environment, name }: Setting): string | undefined {
  if (effect === "restart")
    return `It is read when a server starts: give it ${flag}, ${environment} or ${name} in its file.`;
  if (source === "default" || source === "stored") return undefined;
  const place = source === "flag" ? flag : source === "environment" ? environment : "the file";
  return `This server was started with a value of it: change it in ${place}.`;
}

/** Those whose name or description has all of the words. */
export function matchingSettings(
  settings: readonly Setting[],
  { words, isChangedOnly }: { readonly words: string; readonly isChangedOnly: boolean },
): readonly Setting[] {
  const wanted = words.toLowerCase().split(/\s+/);
  return settings.filter(
    ({ name, description, source, stored }) =>
      (!isChangedOnly || source !== "default" || stored !== null) &&
      wanted.every((word) => `${name} ${description}`.toLowerCase().includes(word)),
  );
}
