import type { QueryClient } from "@tanstack/react-query";
import { isWanted } from "../api/leaving.ts";
import { liveStatus } from "./live-status.ts";

const pollMs = 10_000;
/** What no news are made of, and what was lost, is seen within this time also while the channel is open. */
const levelMs = 60_000;
const retryFirstMs = 1_000;
const retryMostMs = 30_000;

/**
 * Asks again for what is on screen while no live channel tells what changes: every ten seconds, and while the server
 * does not answer after 1 s, 2 s … 30 s. While one does, every minute: news are told once, and not everything makes some. A hidden tab asks for nothing, and at once when it is shown again.
 * @returns what ends it
 */
export function startPolling(client: QueryClient): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  const waitMs = (): number => {
    const { state } = liveStatus.get();
    if (state !== "offline") return state === "connected" ? levelMs : pollMs;
    const base = Math.min(retryMostMs, retryFirstMs * 2 ** failures);
    failures += 1;
    return base * (0.75 + Math.random() / 2);
  };
  const refetch = async (): Promise<void> => {
    if (document.visibilityState === "hidden") return;
    await client.refetchQueries({ type: "active", predicate: isWanted }, { cancelRefetch: false });
    if (liveStatus.get().state !== "offline") failures = 0;
  };
  const next = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void refetch().finally(next), waitMs());
  };
  const shown = (): void => {
    if (document.visibilityState === "visible" && liveStatus.get().state !== "connected") void refetch();
  };
  let before = liveStatus.get().state;
  const changed = liveStatus.subscribe(() => {
    const { state } = liveStatus.get();
    if (state !== before && state !== "connected") next();
    before = state;
  });
  document.addEventListener("visibilitychange", shown);
  next();
  return () => {
    clearTimeout(timer);
    changed();
    document.removeEventListener("visibilitychange", shown);
  };
}
