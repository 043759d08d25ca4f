import { createStore } from "../state/store.ts";
import type { Tone } from "./tone.ts";

export interface Toast {
  readonly tone: Tone;
  readonly text: string;
}

interface Shown extends Toast {
  /** How many more came while it was there. */
  readonly more: number;
}

export const shownToast = createStore<Shown | null>(null);

const shownMs = 10_000;
let timer: ReturnType<typeof setTimeout> | undefined;

/** At most one in ten seconds; what comes meanwhile takes its place and is counted. */
export function showToast(toast: Toast): void {
  const current = shownToast.get();
  shownToast.set({ ...toast, more: current === null ? 0 : current.more + 1 });
  if (current !== null) return;
  clearTimeout(timer);
  timer = setTimeout(() => shownToast.set(null), shownMs);
}

export function hideToast(): void {
  clearTimeout(timer);
  shownToast.set(null);
}
