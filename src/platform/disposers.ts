import type { Logger } from "./logger.ts";

/** How long one disposer may take before the next one runs, unless it names its own limit. */
export const disposeTimeoutMs = 10_000;

export interface DisposeFailure {
  readonly name: string;
  readonly error: unknown;
}

export interface Disposers {
  /** `name` is what the log calls it when it fails. */
  add(name: string, dispose: () => Promise<void> | void, options?: { readonly timeoutMs?: number }): void;
  /** Runs everything once, last added first. Later calls return the result of the first. */
  disposeAll(): Promise<readonly DisposeFailure[]>;
}

interface Entry {
  readonly name: string;
  readonly dispose: () => Promise<void> | void;
  readonly timeoutMs: number;
}

async function disposeOne(entry: Entry): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${entry.name} did not stop within ${entry.timeoutMs} ms and was left behind`));
    }, entry.timeoutMs);
  });
  try {
    await Promise.race([Promise.resolve().then(entry.dispose), limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** What was opened last is closed first; one that hangs or fails does not keep the others open. */
export function createDisposers(logger: Logger): Disposers {
  const entries: Entry[] = [];
  let running: Promise<readonly DisposeFailure[]> | undefined;

  const runAll = async (): Promise<readonly DisposeFailure[]> => {
    const failures: DisposeFailure[] = [];
    for (let entry = entries.pop(); entry !== undefined; entry = entries.pop()) {
      const begunAt = performance.now();
      try {
        await disposeOne(entry);
        logger.debug("a part has stopped", { part: entry.name, ms: Math.round(performance.now() - begunAt) });
      } catch (error) {
        failures.push({ name: entry.name, error });
        logger.error("a part did not stop cleanly", { part: entry.name, error });
      }
    }
    return failures;
  };

  return {
    add(name, dispose, options = {}) {
      entries.push({ name, dispose, timeoutMs: options.timeoutMs ?? disposeTimeoutMs });
    },
    disposeAll() {
      running ??= runAll();
      return running;
    },
  };
}
