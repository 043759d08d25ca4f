import { serverNow } from "../state/server-facts.ts";
import { createStore } from "../state/store.ts";

/**
 * `connected`: the live channel tells what changes. `polling`: it does not, and what is on screen is asked for every few
 * seconds. `offline`: the server does not answer, and what is on screen is as it was at `asOf`.
 */
export interface LiveStatus {
  readonly state: "connected" | "polling" | "offline";
  /** When the server was last heard, in its own time. */
  readonly asOfMs: number;
}

export const liveStatus = createStore<LiveStatus>({ state: "polling", asOfMs: serverNow() });

let isChannelOpen = false;

/** The server answered a call. */
export function noteReached(): void {
  const { state } = liveStatus.get();
  const found = isChannelOpen ? "connected" : "polling";
  liveStatus.set({ state: state === "offline" ? found : state, asOfMs: serverNow() });
}

/** It did not, or something before it said that it does not. */
export function noteUnreachable(): void {
  const current = liveStatus.get();
  if (current.state !== "offline") liveStatus.set({ ...current, state: "offline" });
}

/** For the live channel: it is open, or was lost. */
export function noteChannel(isOpen: boolean): void {
  isChannelOpen = isOpen;
  const current = liveStatus.get();
  if (isOpen) liveStatus.set({ state: "connected", asOfMs: serverNow() });
  else if (current.state === "connected") liveStatus.set({ ...current, state: "polling" });
}
