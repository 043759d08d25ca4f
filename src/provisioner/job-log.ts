import type { Client } from "../client/client.ts";
import { logBatchLinesMax, logLineLengthMax } from "../contracts/limits.ts";
import type { JobLogLine } from "../contracts/provisioner-protocol.ts";
import { sleep } from "../platform/sleep.ts";
import { isPassing } from "./retry.ts";

/** Lines kept while the server is away; beyond it the newest are dropped, and their number is told. */
export const jobLogBufferLinesMax = 10_000;

export interface JobLogOptions {
  readonly client: Client;
  readonly jobId: string;
  readonly attempt: number;
  readonly flushMs: number;
  readonly now: () => Date;
}

/** A job's log lines on their way to the server: in order, in batches, one batch at a time. */
export class JobLog {
  readonly #options: JobLogOptions;
  readonly #waiting: JobLogLine[] = [];
  #dropped = 0;
  #flushing: Promise<boolean> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isOver = false;

  constructor(options: JobLogOptions) {
    this.#options = options;
  }

  add(level: JobLogLine["level"], stage: string, text: string): void {
    const at = this.#options.now().toISOString();
    for (const line of text.split("\n")) {
      if (this.#waiting.length < jobLogBufferLinesMax) {
        this.#waiting.push({ at, level, stage: stage.slice(0, 64), line: line.slice(0, logLineLengthMax) });
      } else this.#dropped += 1;
    }
    if (this.#waiting.length >= logBatchLinesMax) void this.#flushOnce();
    else this.#arm();
  }

  /** Sends all there is, again and again until it is taken or `abort` fires. To be called before the job's end. */
  async drain(abort: AbortSignal): Promise<void> {
    while (this.#waiting.length > 0 && !abort.aborted) {
      if (!(await this.#flushOnce())) await sleep(this.#options.flushMs, abort);
    }
    this.stop();
  }

  /** Ends all sending: what is left is lost with the job's lease. */
  stop(): void {
    this.#isOver = true;
    this.#disarm();
  }

  #arm(): void {
    if (!this.#isOver) this.#timer ??= setTimeout(() => void this.#flushOnce(), this.#options.flushMs);
  }

  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Sends what there is; false when the server could not take it now. */
  #flushOnce(): Promise<boolean> {
    this.#disarm();
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = null;
      if (this.#waiting.length > 0) this.#arm();
    });
    return this.#flushing;
  }

  async #flush(): Promise<boolean> {
    const { client, jobId, attempt } = this.#options;
    while (this.#waiting.length > 0) {
      if (this.#dropped > 0 && this.#waiting.length < jobLogBufferLinesMax) this.#tellDropped();
      const lines = this.#waiting.slice(0, logBatchLinesMax);
      try {
        await client.call("appendJobLogs", { params: { jobId }, body: { attempt, lines } });
      } catch (error) {
        if (isPassing(error)) return false;
        // The lease is gone, or the lines are refused: trying them again would hold up the job's end for ever.
        this.#waiting.length = 0;
        return true;
      }
      this.#waiting.splice(0, lines.length);
    }
    return true;
  }

  #tellDropped(): void {
    const line = `${this.#dropped} lines were dropped: the server could not take them in time`;
    this.#waiting.push({ at: this.#options.now().toISOString(), level: "warn", stage: "log", line });
    this.#dropped = 0;
  }
}
