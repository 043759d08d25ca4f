import { type AgentScript, agentScriptsMax } from "../../contracts/agent-settings.ts";
import type { Clock } from "../../platform/clock.ts";
import { sleep } from "../../platform/sleep.ts";
import { nextRun } from "./next-run.ts";

/** The clock may be set, and the machine may rest: no wait is longer, whatever the next run is. */
const waitMsMax = 30_000;

/** A clock that was put back by more has been set: what was planned by it is planned anew. */
const putBackMsMax = 5_000;

export interface CronDeps {
  readonly scripts: readonly AgentScript[];
  readonly clock: Clock;
  /** Runs one to its end. What goes wrong is its own matter to tell: a rejection is passed over. */
  readonly run: (script: AgentScript, abort: AbortSignal) => Promise<void>;
  /** Told of the first run that is left out while another goes on; of those after it no more: the log holds so many lines. */
  readonly onSkipped: (script: AgentScript) => void;
  /** `sleep` of the platform, unless said. */
  readonly wait?: (durationMs: number, abort: AbortSignal) => Promise<void>;
}

interface Planned {
  readonly script: AgentScript;
  readonly cron: string;
  at: Date | null;
  running: Promise<void> | null;
  /** Whether it was told of the present run that it takes too long. */
  isSkipTold: boolean;
}

/**
 * Runs the scripts that have a cron, at their times, until it is closed; never two of one at once. Each next time follows
 * from the one before, so that nothing drifts; what was missed while the machine rested is run once, and not made up for.
 */
export class CronScripts {
  readonly #deps: CronDeps;
  readonly #stop = new AbortController();
  readonly #planned: readonly Planned[];
  readonly #loop: Promise<void>;
  #seenMs: number;

  constructor(deps: CronDeps) {
    this.#deps = deps;
    const now = deps.clock.now();
    this.#seenMs = now.getTime();
    this.#planned = deps.scripts.slice(0, agentScriptsMax).flatMap((script): Planned[] => {
      const { cron } = script;
      return cron === null ? [] : [{ script, cron, at: nextRun(cron, now), running: null, isSkipTold: false }];
    });
    this.#loop = this.#follow();
  }

  /** No run begins any more; resolves when those that go on have been aborted and have ended. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    await Promise.all(this.#planned.flatMap(({ running }) => running ?? []));
  }

  async #follow(): Promise<void> {
    const { clock, wait = sleep } = this.#deps;
    const { signal } = this.#stop;
    while (!signal.aborted && this.#planned.some(({ at }) => at !== null)) {
      const now = clock.now();
      if (now.getTime() < this.#seenMs - putBackMsMax) this.#planAnew(now);
      this.#seenMs = now.getTime();
      for (const planned of this.#planned) this.#beginIfDue(planned, now);
      const next = Math.min(...this.#planned.map(({ at }) => at?.getTime() ?? Number.POSITIVE_INFINITY));
      await wait(Math.min(Math.max(next - now.getTime(), 1), waitMsMax), signal);
    }
  }

  #planAnew(now: Date): void {
    for (const planned of this.#planned) planned.at = nextRun(planned.cron, now);
  }

  #beginIfDue(planned: Planned, now: Date): void {
    const { at, script, cron } = planned;
    if (at === null || at > now) return;
    const next = nextRun(cron, at);
    planned.at = next === null || next > now ? next : nextRun(cron, now);
    if (planned.running === null) {
      planned.isSkipTold = false;
      planned.running = this.#run(planned);
    } else if (!planned.isSkipTold) {
      planned.isSkipTold = true;
      this.#deps.onSkipped(script);
    }
  }

  async #run(planned: Planned): Promise<void> {
    try {
      await this.#deps.run(planned.script, this.#stop.signal);
    } catch {
      // Whoever runs it has told.
    } finally {
      planned.running = null;
    }
  }
}
