// What the command line, the dashboard and the server say of an option alike.
import type { Setting } from "./api/settings.ts";

/** Those whose name or description has all of the words; of them, where that is asked, those that somebody has given a value. */
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

export function settingValueText({ value, isSecret, source }: Setting): string {
  if (isSecret) return source === "default" ? "–" : "a secret, not shown";
  return value ?? "–";
}

interface Refusal {
  readonly code: "setting_needs_restart" | "setting_is_given";
  readonly because: string;
  readonly next: string;
}

/** Why an option cannot be changed while servers run; undefined when it can. */
export function settingRefusal(setting: Setting): Refusal | undefined {
  const { name, effect, source, flag, environment } = setting;
  if (effect === "restart") {
    const next = `Give each server ${flag}, ${environment}, or ${name} in its file, and restart it.`;
    return { code: "setting_needs_restart", because: `${name} is read when a server starts.`, next };
  }
  if (source === "default" || source === "stored") return undefined;
  const place = source === "flag" ? flag : source === "environment" ? environment : "its file";
  return {
    code: "setting_is_given",
    because: `This server was started with ${name} = ${settingValueText(setting)} by ${place}, which counts first.`,
    next: "Change it there, or take it away there and restart the server: from then on it can be changed here.",
  };
}
