/** Lets everything that waits for the event loop have its turn. */
export function yieldTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/**
 * Resolves after `durationMs`, or at once when `abort` fires: whoever sleeps looks at `abort.aborted` next,
 * so a shutdown is a return and not an exception to catch.
 */
export function sleep(durationMs: number, abort?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (abort?.aborted === true) {
      resolve();
      return;
    }
    const finish = (): void => {
      clearTimeout(timer);
      abort?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, durationMs);
    abort?.addEventListener("abort", finish, { once: true });
  });
}
