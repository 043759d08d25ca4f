import type { PhaseTiming } from "../../../contracts/provisioner-protocol.ts";
import type { Clock } from "../../../platform/clock.ts";

/** Notes how long each phase of a build takes, for its timeline. */
export class PhaseTimer {
  readonly #clock: Clock;
  readonly #phases: PhaseTiming[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get phases(): readonly PhaseTiming[] {
    return this.#phases;
  }

  async time<Value>(phase: string, work: () => Promise<Value>): Promise<Value> {
    const startedAt = this.#clock.now().toISOString();
    const startMs = performance.now();
    const value = await work();
    this.#phases.push({ phase, startedAt, elapsedMs: performance.now() - startMs });
    return value;
  }
}
