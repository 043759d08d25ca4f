import { createStore, useStore } from "../state/store.ts";

const opener = createStore<(() => void) | null>(null);

/** For the palette, when there is one: what opens it. */
export function setPaletteOpener(open: (() => void) | null): void {
  opener.set(open);
}

export const openPalette = (): void => opener.get()?.();
export const usePaletteOpener = (): boolean => useStore(opener) !== null;
