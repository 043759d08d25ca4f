import { createStore } from "./store.ts";

export type Theme = "system" | "light" | "dark";

export interface Look {
  readonly theme: Theme;
  readonly density: "comfortable" | "compact";
  /** Whether letters alone do something, outside of fields. */
  readonly hasSingleKeys: boolean;
}

/** Of a browser, not of a person: `public/theme.js` reads it before the first paint. */
const storageKey = "prewarm.look";
const ordinary: Look = { theme: "system", density: "comfortable", hasSingleKeys: true };

export const look = createStore<Look>(storedLook());

function storedLook(): Look {
  try {
    const stored = JSON.parse(localStorage.getItem(storageKey) ?? "{}") as Partial<Record<keyof Look, unknown>>;
    const theme = stored.theme === "light" || stored.theme === "dark" ? stored.theme : ordinary.theme;
    const density = stored.density === "compact" ? "compact" : ordinary.density;
    return { theme, density, hasSingleKeys: stored.hasSingleKeys !== false };
  } catch {
    return ordinary;
  }
}

export function changeLook(changes: Partial<Look>): void {
  const next = { ...look.get(), ...changes };
  look.set(next);
  const { dataset } = document.documentElement;
  if (next.theme === "system") delete dataset["theme"];
  else dataset["theme"] = next.theme;
  if (next.density === "compact") dataset["density"] = "compact";
  else delete dataset["density"];
  try {
    localStorage.setItem(storageKey, JSON.stringify(next));
  } catch {
    // Storage that may not be used: it holds until the page is loaded again.
  }
}
