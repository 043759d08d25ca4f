import { createStore } from "../../../state/store.ts";

export interface TerminalSettings {
  readonly fontSize: number;
  readonly isForScreenReader: boolean;
}

export const fontSizeMin = 8;
export const fontSizeMax = 32;
/** Of a browser, not of a person. */
const storageKey = "prewarm.terminal";
const ordinary: TerminalSettings = { fontSize: 14, isForScreenReader: false };

export const terminalSettings = createStore<TerminalSettings>(stored());

function stored(): TerminalSettings {
  try {
    const { fontSize, isForScreenReader } = JSON.parse(localStorage.getItem(storageKey) ?? "{}") as Partial<
      Record<keyof TerminalSettings, unknown>
    >;
    return {
      fontSize: typeof fontSize === "number" ? bounded(fontSize) : ordinary.fontSize,
      isForScreenReader: isForScreenReader === true,
    };
  } catch {
    return ordinary;
  }
}

const bounded = (size: number): number => Math.min(fontSizeMax, Math.max(fontSizeMin, Math.round(size)));

export function changeTerminalSettings(changes: Partial<TerminalSettings>): void {
  const next = { ...terminalSettings.get(), ...changes };
  terminalSettings.set({ ...next, fontSize: bounded(next.fontSize) });
  try {
    localStorage.setItem(storageKey, JSON.stringify(terminalSettings.get()));
  } catch {
    // Storage that may not be used: it holds until the page is loaded again.
  }
}
