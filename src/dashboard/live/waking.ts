/** A tab whose timers came so much too late was asleep. */
const asleepFromMs = 15_000;
const lookMs = 5_000;

/**
 * Calls back after a sleep and when the network is there again: what was connected then may be dead, and does not know it.
 * @returns what ends it
 */
export function onWaking(then: () => void): () => void {
  let last = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - last > asleepFromMs + lookMs) then();
    last = now;
  }, lookMs);
  addEventListener("online", then);
  return () => {
    clearInterval(timer);
    removeEventListener("online", then);
  };
}
