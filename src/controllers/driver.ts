import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { NewsSource } from "../platform/news.ts";
import { createSignal, waitSettled } from "../platform/signal.ts";
import { type Controller, runMsMaxUnlessSaid } from "./controller.ts";

/** What is known of a controller's runs, for `doctor` and the log. Instants are of the server's clock. */
export interface ControllerStatus {
  readonly name: string;
  readonly intervalMs: number;
  /** When the run under way began; null between two runs. */
  readonly runningSince: Date | null;
  /** Since when the run under way has taken longer than it may; null while none has. */
  readonly hungSince: Date | null;
  readonly lastStartedAt: Date | null;
  readonly lastElapsedMs: number | null;
  readonly lastOutcome: "ok" | "skipped" | "error" | null;
  readonly lastError: string | null;
  readonly runs: number;
  readonly report: Readonly<Record<string, unknown>> | null;
}

export interface RunningController {
  readonly name: string;
  status(): ControllerStatus;
  /** Asks for a run now. */
  poke(): void;
  /** Lets the run under way end, then stops. May be called twice, and before the first run. */
  stop(): Promise<void>;
}

export interface DriverDeps {
  readonly news: NewsSource;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Monotonic milliseconds, for measuring. */
  readonly monotonicMs: () => number;
}

/** News within this time make one run. */
const settleMsMin = 5;
/**
 * Under steady news a controller rests four times as long as a short run took, and for what a run took beyond
 * `shortRunMs` fourteen times as long: a small pool is refilled at once, and the loop of a large one takes little from
 * the claims beside it. It never rests longer than `restMsMax`, and after a pause in the news it runs at once.
 */
const restPerRun = 4;
const restPerLongRun = 14;
const shortRunMs = 10;
const restMsMax = 1_000;
/** The shortest of so many runs counts: one that was kept waiting does not put the next one off. */
const runsLookedAt = 3;
/** Short runs add up too: a controller of one statement would send hundreds in a second. */
const restMsMin = 20;
/** A controller that may wait takes at most a twentieth of the time: where its runs have become long, they come later. */
const idlePerRun = 19;
const idleMsMax = 300_000;
/** A run that failed is made again this soon, also where the next one would be an hour away: a database comes back. */
const failedRetryMs = 10_000;
/** Who found another server at it asks again this soon: that server may have died just before. */
const skippedRetryMs = 5_000;

function restAfter(controller: Controller, lastMs: readonly number[]): number {
  const elapsedMs = Math.min(...lastMs);
  const beyondMs = Math.max(0, elapsedMs - shortRunMs);
  const restMs = restPerRun * (elapsedMs - beyondMs) + restPerLongRun * beyondMs;
  return Math.max(controller.restMsMin ?? restMsMin, Math.min(restMs, restMsMax));
}

/** The signal of one run: aborted when the server stops, or when the run has taken too long, which is told. */
function limitRun(
  stopping: AbortSignal,
  limitMs: number,
  onHung: (limitMs: number) => void,
): { readonly shouldStop: AbortSignal; end(): void } {
  const run = new AbortController();
  const stop = (): void => run.abort();
  stopping.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(() => {
    onHung(limitMs);
    stop();
  }, limitMs);
  return {
    shouldStop: run.signal,
    end: () => {
      clearTimeout(timer);
      stopping.removeEventListener("abort", stop);
    },
  };
}

/** What is known before the first run. */
function firstStatus({ name, intervalMs }: Controller): ControllerStatus {
  return {
    name,
    intervalMs,
    runningSince: null,
    hungSince: null,
    lastStartedAt: null,
    lastElapsedMs: null,
    lastOutcome: null,
    lastError: null,
    runs: 0,
    report: null,
  };
}

/**
 * Drives one controller: at start, every `intervalMs`, and soon after news; never two runs at once.
 *
 * A run past its limit is told to stop, and shown as hung until it ends; then the next one begins as ever. No second one
 * is begun beside it: controllers keep in memory what they did last (which pools were looked at, what was reported), and
 * a run that wakes up among the effects of another would write from a snapshot of long ago. What keeps the work going is
 * another server: a lease is renewed by runs alone, and lasts 15 s, so that it is free by itself soon after.
 */
export function startController(controller: Controller, deps: DriverDeps): RunningController {
  const logger = deps.logger.child({ controller: controller.name });
  const signal = createSignal();
  const abort = new AbortController();
  const unsubscribe = controller.topics.map((topic) => deps.news.subscribe(topic, () => signal.notify()));
  let status = firstStatus(controller);

  /** @returns the longest time until the next run. */
  async function runOnce(): Promise<number> {
    const startedAt = deps.clock.now();
    const begun = deps.monotonicMs();
    const limit = limitRun(abort.signal, controller.runMsMax ?? runMsMaxUnlessSaid, (limitMs) => {
      status = { ...status, hungSince: deps.clock.now() };
      logger.error("a run hangs; it was told to stop, and no other begins before it ends", { limitMs });
    });
    status = { ...status, runningSince: startedAt };
    const measured = (): Partial<ControllerStatus> => ({
      runningSince: null,
      hungSince: null,
      lastStartedAt: startedAt,
      lastElapsedMs: deps.monotonicMs() - begun,
      runs: status.runs + 1,
    });
    try {
      const { outcome, fields, againAfterMs = controller.intervalMs } = await controller.run(limit.shouldStop);
      const report = outcome === "skipped" ? status.report : fields;
      status = { ...status, ...measured(), lastOutcome: outcome, lastError: null, report };
      const idleMs = Math.min(idlePerRun * (deps.monotonicMs() - begun), idleMsMax);
      const nextMs = Math.min(outcome === "skipped" ? skippedRetryMs : againAfterMs, controller.intervalMs);
      return controller.mayWait === true ? Math.max(nextMs, idleMs) : nextMs;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      // Said once per change: a database that is away for an hour is one line, not thousands.
      if (status.lastError !== message) logger.error("a run failed; the next one is the retry", { reason: message });
      status = { ...status, ...measured(), lastOutcome: "error", lastError: message };
      return Math.min(failedRetryMs, controller.intervalMs);
    } finally {
      limit.end();
    }
  }

  async function loop(): Promise<void> {
    let lastMs: readonly number[] = [];
    while (!abort.signal.aborted) {
      const timeoutMs = await runOnce();
      lastMs = [status.lastElapsedMs ?? 0, ...lastMs].slice(0, runsLookedAt);
      const restsUntilMs = deps.monotonicMs() + restAfter(controller, lastMs);
      const settleMs = (): number => Math.max(settleMsMin, restsUntilMs - deps.monotonicMs());
      await waitSettled(signal, { timeoutMs, abort: abort.signal, settleMs });
    }
    await controller.release?.().catch((error: unknown) => logger.debug("release failed", { reason: String(error) }));
  }

  const ended = loop();
  return {
    name: controller.name,
    status: () => status,
    poke: () => signal.notify(),
    stop: async () => {
      for (const end of unsubscribe) end();
      abort.abort();
      await ended;
    },
  };
}
