import type { PhaseTiming } from "../../../contracts/provisioner-protocol.ts";
import type { Clock } from "../../../platform/clock.ts";

/** How long the phases of one build took, in the order of their beginning. */
export class Phases {
  readonly timings: PhaseTiming[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Also a phase that fails has taken its time. */
  async time<Value>(phase: string, work: () => Promise<Value>): Promise<Value> {
    const [startedAt, startedMs] = [this.#clock.now().toISOString(), performance.now()];
    try {
      return await work();
    } finally {
      this.timings.push({ phase, startedAt, elapsedMs: Math.round(performance.now() - startedMs) });
    }
  }
}
