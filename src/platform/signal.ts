import { sleep } from "./sleep.ts";

export type Wake = "notified" | "timeout" | "aborted";

export interface WaitOptions {
  /** The longest wait. Without it only a notify or an abort ends it. */
  readonly timeoutMs?: number;
  readonly abort?: AbortSignal;
}

/** A hint for one consumer to look again. It carries nothing, so any number of notifies are as good as one. */
export interface Signal {
  notify(): void;
  wait(options: WaitOptions): Promise<Wake>;
  /** Forgets a remembered notify. */
  clear(): void;
}

/** A notify that finds nobody waiting is remembered, and ends the next wait at once: none is ever lost. */
export function createSignal(): Signal {
  let isPending = false;
  const waiters = new Set<(wake: Wake) => void>();
  return {
    notify() {
      if (waiters.size === 0) {
        isPending = true;
        return;
      }
      for (const wakeUp of waiters) wakeUp("notified");
    },
    wait(options) {
      if (options.abort?.aborted === true) return Promise.resolve("aborted");
      if (isPending) {
        isPending = false;
        return Promise.resolve("notified");
      }
      return new Promise((resolve) => {
        const finish = (wake: Wake): void => {
          clearTimeout(timer);
          options.abort?.removeEventListener("abort", onAbort);
          waiters.delete(finish);
          resolve(wake);
        };
        const onAbort = (): void => finish("aborted");
        const timer = options.timeoutMs === undefined ? undefined : setTimeout(finish, options.timeoutMs, "timeout");
        options.abort?.addEventListener("abort", onAbort, { once: true });
        waiters.add(finish);
      });
    },
    clear() {
      isPending = false;
    },
  };
}

/**
 * Like `signal.wait`, but after a notify it lingers `settleMs`, so that a burst of notifies costs one turn.
 * It lingers once, not until silence: a steady stream of notifies cannot hold the consumer off for ever.
 */
export async function waitSettled(
  signal: Signal,
  options: WaitOptions & { /** Asked at the notify. */ readonly settleMs: () => number },
): Promise<Wake> {
  const wake = await signal.wait(options);
  if (wake !== "notified") return wake;
  await sleep(options.settleMs(), options.abort);
  if (options.abort?.aborted === true) return "aborted";
  signal.clear();
  return "notified";
}
