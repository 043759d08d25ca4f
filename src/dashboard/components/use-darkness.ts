import { useSyncExternalStore } from "react";
import { look } from "../state/look.ts";
import { useStore } from "../state/store.ts";

const ofSystem = matchMedia("(prefers-color-scheme: dark)");

function whenSystemChanges(listener: () => void): () => void {
  ofSystem.addEventListener("change", listener);
  return () => ofSystem.removeEventListener("change", listener);
}

/** Whether the page is dark now, by the person's choice or the system's. */
export function useDarkness(): boolean {
  const { theme } = useStore(look);
  const isSystemDark = useSyncExternalStore(whenSystemChanges, () => ofSystem.matches);
  return theme === "dark" || (theme === "system" && isSystemDark);
}
