/** A timer that is set for longer is over at once. */
export const timerMsMax = 2_147_483_647;

/** Lets everything that waits for the event loop have its turn. */
export function yieldTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/**
 * Resolves after `durationMs`, however long that is, or at once when `abort` fires: whoever sleeps looks at
 * `abort.aborted` next, so a shutdown is a return and not an exception to catch.
 */
export function sleep(durationMs: number, abort?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (abort?.aborted === true) {
      resolve();
      return;
    }
    let leftMs = durationMs;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const finish = (): void => {
      clearTimeout(timer);
      abort?.removeEventListener("abort", finish);
      resolve();
    };
    const arm = (): void => {
      const pieceMs = Math.min(leftMs, timerMsMax);
      leftMs -= pieceMs;
      timer = setTimeout(leftMs > 0 ? arm : finish, pieceMs);
    };
    arm();
    abort?.addEventListener("abort", finish, { once: true });
  });
}
