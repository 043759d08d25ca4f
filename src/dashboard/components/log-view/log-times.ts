import { clockTime } from "../time-words.ts";

export const timeChoices = ["off", "relative", "absolute"] as const;
/** How the lines' times are shown: not, since the first line, or by the clock. */
export type TimeChoice = (typeof timeChoices)[number];

const storageKey = "prewarm.log-times";
const minuteMs = 60_000;

export function timeText(choice: TimeChoice, atMs: number, firstMs: number): string {
  if (choice === "off" || Number.isNaN(atMs)) return "";
  if (choice === "absolute") return clockTime(atMs);
  const sinceMs = Math.max(0, atMs - firstMs);
  const seconds = ((sinceMs % minuteMs) / 1_000).toFixed(1).padStart(4, "0");
  return `+${String(Math.floor(sinceMs / minuteMs)).padStart(2, "0")}:${seconds}`;
}

export function storedTimeChoice(): TimeChoice {
  try {
    const stored = localStorage.getItem(storageKey);
    return timeChoices.find((choice) => choice === stored) ?? "off";
  } catch {
    return "off";
  }
}

export function storeTimeChoice(choice: TimeChoice): void {
  try {
    localStorage.setItem(storageKey, choice);
  } catch {
    // Storage that may not be used: it holds until the page is loaded again.
  }
}
