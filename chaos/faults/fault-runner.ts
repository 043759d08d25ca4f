import { sleep } from "../../src/platform/sleep.ts";
import type { EventLog } from "../output/event-log.ts";
import type { PlannedFault } from "../plan/round-plan.ts";
import { type FaultContext, inject } from "./inject.ts";

export interface FaultDone {
  readonly name: string;
  readonly target: string;
  readonly atMs: number;
  readonly lastedMs: number;
}

/** Injects faults and heals them, and knows which are under way. */
export class FaultRunner {
  readonly #context: FaultContext;
  readonly #log: EventLog;
  readonly #open = new Map<PlannedFault, string>();
  readonly done: FaultDone[] = [];
  readonly skipped = new Map<string, string>();
  /** When the last one was healed, by the log's clock; 0 before the first. */
  healedAtMs = 0;

  constructor(context: FaultContext, log: EventLog) {
    this.#context = context;
    this.#log = log;
  }

  get open(): readonly string[] {
    return [...this.#open.values()];
  }

  /** Waits for the fault's time, does it, and heals it. Never throws: a fault that fails is chaos' own. */
  async run(fault: PlannedFault): Promise<void> {
    await sleep(fault.atMs);
    try {
      await this.#runNow(fault);
    } catch (error) {
      this.#log.violation("chaos itself", fault.name, { what: `${fault.name}: ${String(error)}`, evidence: fault });
    } finally {
      this.#open.delete(fault);
      this.healedAtMs = this.#log.elapsedMs;
    }
  }

  async #runNow(fault: PlannedFault): Promise<void> {
    const atMs = this.#log.elapsedMs;
    this.#open.set(fault, fault.name);
    this.#log.setFaults(this.open);
    const wound = await inject(this.#context, fault);
    if (typeof wound === "string") {
      this.skipped.set(fault.name, wound);
      this.#log.write("fault skipped", { name: fault.name, why: wound });
      return;
    }
    this.#open.set(fault, `${fault.name} (${wound.target})`);
    this.#log.setFaults(this.open);
    this.#log.write("fault", { name: fault.name, target: wound.target, lastsMs: fault.lastsMs });
    await sleep(fault.lastsMs);
    await wound.heal();
    const lastedMs = this.#log.elapsedMs - atMs;
    this.done.push({ name: fault.name, target: wound.target, atMs, lastedMs });
    this.#log.write("fault healed", { name: fault.name, target: wound.target, lastedMs });
  }
}
