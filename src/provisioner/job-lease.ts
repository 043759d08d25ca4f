import type { Client } from "../client/client.ts";
import { CodedError } from "../contracts/errors.ts";
import { sleep } from "../platform/sleep.ts";

/** Why the work on a job was stopped before its end. */
export type StopReason = "canceled" | "lease_lost" | "timeout" | "stopping";

export interface JobLeaseOptions {
  readonly client: Client;
  readonly jobId: string;
  readonly attempt: number;
  /** How long the lease lasts without a heartbeat. */
  readonly leaseMs: number;
}

/**
 * Keeps a job's lease and says when its work must stop. The deadline is counted from before each heartbeat was
 * sent, so it never lies behind the server's own.
 */
export class JobLease {
  readonly #options: JobLeaseOptions;
  readonly #work = new AbortController();
  readonly #over = new AbortController();
  readonly #lost = new AbortController();
  readonly #ended: AbortSignal;
  #reason: StopReason | null = null;

  constructor(options: JobLeaseOptions) {
    this.#options = options;
    this.#ended = AbortSignal.any([this.#over.signal, this.#lost.signal]);
  }

  /** Fires when the work must stop. */
  get abort(): AbortSignal {
    return this.#work.signal;
  }

  /** Fires when the lease is gone or no longer needed: nothing about the job can be told any more. */
  get over(): AbortSignal {
    return this.#ended;
  }

  get reason(): StopReason | null {
    return this.#reason;
  }

  /** The first reason counts, but a lost lease outdoes the others: there is nobody to report to. */
  stopWork(reason: StopReason): void {
    if (this.#reason === null || reason === "lease_lost") this.#reason = reason;
    if (reason === "lease_lost") this.#lost.abort();
    this.#work.abort();
  }

  /** Beats until `end`, also after the work was stopped: the report, too, needs the lease. */
  async keep(): Promise<void> {
    const { leaseMs } = this.#options;
    let keptAtMs = performance.now();
    let isKept = true;
    while (!this.#over.signal.aborted) {
      // After a miss it tries more often: a server that restarts should find the lease alive.
      await sleep(isKept ? leaseMs / 3 : leaseMs / 15, this.#over.signal);
      if (this.#over.signal.aborted) return;
      const sentAtMs = performance.now();
      isKept = await this.#beat(keptAtMs + leaseMs - sentAtMs);
      if (isKept) keptAtMs = sentAtMs;
      if (performance.now() - keptAtMs >= leaseMs) this.stopWork("lease_lost");
    }
  }

  end(): void {
    this.#over.abort();
  }

  /** One heartbeat, given up when the lease would be over by then. Whether the lease was renewed. */
  async #beat(leftMs: number): Promise<boolean> {
    const { client, jobId, attempt, leaseMs } = this.#options;
    const limit = AbortSignal.timeout(Math.ceil(Math.max(1, Math.min(leftMs, leaseMs / 3))));
    try {
      const signal = AbortSignal.any([this.#over.signal, limit]);
      const answer = await client.call("heartbeatJob", { params: { jobId }, body: { attempt }, signal });
      if (answer.isCancelRequested) this.stopWork("canceled");
      return true;
    } catch (error) {
      if (error instanceof CodedError && error.code === "lease_lost") this.stopWork("lease_lost");
      return false;
    }
  }
}
