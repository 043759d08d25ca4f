import type { ServerSentEvent } from "../../client/event-stream.ts";
import type { ErrorResponse } from "../../contracts/api/error-response.ts";
import { CodedError, isErrorCode, isPassingCode } from "../../contracts/errors.ts";
import { backoffDelayMs } from "../../platform/backoff.ts";
import { sleep } from "../../platform/sleep.ts";
import type { CliWorld } from "../world.ts";

/** Times in a row that a stream may break early before it is given up: about twenty seconds, a server's restart. */
const breaksMax = 8;
const baseDelayMs = 250;
const capDelayMs = 4_000;
/** A stream that lived this long was a good one: the count of breaks starts again. */
const steadyMs = 5_000;

export interface WatchOptions {
  /** Opens the stream anew, from where the reader has come to. */
  readonly open: () => AsyncIterable<ServerSentEvent>;
  readonly signal: AbortSignal;
  readonly world: Pick<CliWorld, "random" | "monotonicMs">;
}

function isPassing(error: unknown): boolean {
  // What is not coded is a stream that broke while it was read.
  return !(error instanceof CodedError) || isPassingCode(error.code);
}

/** The error with which the server ends a stream that it cannot go on with. */
function streamError(data: unknown): CodedError {
  // The server sends the body of an error response here; anything else has no code and becomes `internal`.
  const { code = "internal", message = "The stream of events has failed." } =
    (data as Partial<ErrorResponse>).error ?? {};
  return new CodedError(isErrorCode(code) ? code : "internal", message);
}

/**
 * The events of a stream that is opened again when it breaks, until the reader leaves or `signal` aborts.
 * Errors: the server's own at once; `transient` when the stream keeps breaking.
 */
export async function* watchPatiently(options: WatchOptions): AsyncGenerator<ServerSentEvent> {
  const { signal, world } = options;
  let cause: unknown;
  for (let breaks = 0; breaks <= breaksMax && !signal.aborted; breaks += 1) {
    if (breaks > 0) {
      await sleep(
        backoffDelayMs({ attempt: breaks, baseMs: baseDelayMs, capMs: capDelayMs, random: world.random }),
        signal,
      );
      if (signal.aborted) return;
    }
    const openedMs = world.monotonicMs();
    try {
      for await (const event of options.open()) {
        if (event.event === "error") throw streamError(event.data);
        yield event;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isPassing(error)) throw error;
      cause = error;
    }
    if (world.monotonicMs() - openedMs >= steadyMs) breaks = 0;
  }
  if (signal.aborted) return;
  throw cause instanceof CodedError
    ? cause
    : new CodedError("transient", "The server keeps closing the stream of events.", { cause });
}
