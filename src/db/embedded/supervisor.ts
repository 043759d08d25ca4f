import { backoffDelayMs } from "../../platform/backoff.ts";
import { type Random, systemRandom } from "../../platform/random.ts";
import { sleep } from "../../platform/sleep.ts";
import { type Postmaster, type PostmasterOptions, startPostmaster } from "./postmaster.ts";
import { clearLeftBehind } from "./postmaster-file.ts";

/** Restarts in a row before the supervisor gives up. A run that lasted `stableRunMs` starts the count anew. */
export const restartAttemptsMax = 10;
export const stableRunMs = 60_000;
const restartBaseMs = 50;
const restartCapMs = 10_000;

export type EmbeddedExit =
  /** PostgreSQL ended by itself and is being restarted; pools reconnect by themselves. */
  | { readonly kind: "restarting"; readonly status: number | null; readonly attempt: number; readonly delayMs: number }
  | { readonly kind: "restarted"; readonly attempt: number }
  /** It will not come back: the server should stop. */
  | { readonly kind: "gave_up"; readonly error: unknown };

export interface Supervisor {
  onExit(listener: (exit: EmbeddedExit) => void): () => void;
  stop(): Promise<void>;
}

/** Keeps PostgreSQL running from its first successful start until `stop`. Rejects when that first start fails. */
export async function supervise(options: PostmasterOptions, random: Random = systemRandom): Promise<Supervisor> {
  const listeners = new Set<(exit: EmbeddedExit) => void>();
  const stopping = new AbortController();
  const tell = (exit: EmbeddedExit): void => {
    for (const listener of listeners) listener(exit);
  };

  const restart = async (): Promise<Postmaster | undefined> => {
    let lastError: unknown;
    for (let attempt = 1; attempt <= restartAttemptsMax; attempt += 1) {
      failuresInARow += 1;
      if (failuresInARow > restartAttemptsMax) break;
      const delayMs = backoffDelayMs({ attempt: failuresInARow, baseMs: restartBaseMs, capMs: restartCapMs, random });
      tell({ kind: "restarting", status: lastStatus, attempt: failuresInARow, delayMs });
      options.logger.warn("the database ended and is restarted", { attempt: failuresInARow, delayMs });
      await sleep(delayMs, stopping.signal);
      if (stopping.signal.aborted) return undefined;
      try {
        // The watcher may have been the one that died, with PostgreSQL living on.
        await clearLeftBehind(options.cluster, options.logger);
        return await startPostmaster(options);
      } catch (error) {
        lastError = error;
        options.logger.error("the database did not restart", { attempt: failuresInARow, error });
      }
    }
    options.logger.error("the database is given up", { attempts: restartAttemptsMax, error: lastError });
    tell({ kind: "gave_up", error: lastError });
    return undefined;
  };

  let failuresInARow = 0;
  let lastStatus: number | null = null;
  let current: Postmaster | undefined = await startPostmaster(options);

  const watch = async (): Promise<void> => {
    while (current !== undefined && !stopping.signal.aborted) {
      // oxlint-disable-next-line prewarm/no-ambient-clock -- How long a process ran is no instant that a test would set.
      const startedAtMs = performance.now();
      lastStatus = (await current.exited).status;
      if (stopping.signal.aborted) return;
      // oxlint-disable-next-line prewarm/no-ambient-clock -- The other end of the same measurement.
      if (performance.now() - startedAtMs >= stableRunMs) failuresInARow = 0;
      current = await restart();
      if (current !== undefined) tell({ kind: "restarted", attempt: failuresInARow });
    }
  };
  const watching = watch();

  return {
    onExit(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async stop() {
      stopping.abort();
      await current?.stop();
      await watching;
      // A start that was under way when `stop` came has ended by now, with a server that is not wanted any more.
      await current?.stop();
      await clearLeftBehind(options.cluster, options.logger);
    },
  };
}
