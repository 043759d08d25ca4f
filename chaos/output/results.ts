import type { FaultDone } from "../faults/fault-runner.ts";
import type { RequestRow } from "../load/outcomes.ts";
import type { Violation } from "./event-log.ts";

/** What a run has shown, as it is written to `results.json`. */
export interface Results {
  readonly seed: number;
  readonly minutes: number;
  readonly at: string;
  readonly machine: string;
  readonly rounds: number;
  readonly elapsedMs: number;
  readonly faults: readonly FaultDone[];
  /** By kind of fault: why it cannot be had here. */
  readonly skipped: Readonly<Record<string, string>>;
  readonly requests: readonly RequestRow[];
  /** By requirement: the longest time until it was met. */
  readonly recoveryMs: Readonly<Record<string, number>>;
  readonly violations: readonly Violation[];
}
