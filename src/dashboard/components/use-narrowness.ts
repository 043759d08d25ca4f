import { useSyncExternalStore } from "react";

/** Below it tables are cards and the menu is at the bottom: Tailwind's `sm`. */
const narrow = matchMedia("(width < 40rem)");

function whenItChanges(listener: () => void): () => void {
  narrow.addEventListener("change", listener);
  return () => narrow.removeEventListener("change", listener);
}

/** Whether the window is as narrow as a phone's, for what stands in another place there: looks alone are CSS. */
export function useNarrowness(): boolean {
  return useSyncExternalStore(whenItChanges, () => narrow.matches);
}
