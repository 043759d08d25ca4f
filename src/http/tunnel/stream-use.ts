import type { TunnelService } from "../../contracts/tunnel.ts";
import { isTypedRecord } from "../../tunnel/terminal-records.ts";

/** An editor that is open and left alone says less than this in a minute, a person who works says more. */
const useBytesMin = 1_024;
const windowMs = 60_000;

/**
 * Whether what comes over a stream is a person's use of the workspace, which moves its deadline: an open stream alone,
 * what keeps it alive, and what an idle editor says, are none. In a terminal a single key is.
 */
export class StreamUse {
  readonly #kind: TunnelService["kind"];
  readonly #monotonicMs: () => number;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #bytes = 0;

  constructor(kind: TunnelService["kind"], monotonicMs: () => number) {
    this.#kind = kind;
    this.#monotonicMs = monotonicMs;
  }

  /** @param bytes what the person's side has sent. */
  isUse(bytes: Buffer): boolean {
    if (this.#kind === "terminal") return isTypedRecord(bytes);
    const nowMs = this.#monotonicMs();
    if (nowMs - this.#sinceMs > windowMs) {
      this.#sinceMs = nowMs;
      this.#bytes = 0;
    }
    this.#bytes += bytes.length;
    return this.#bytes >= useBytesMin;
  }
}
