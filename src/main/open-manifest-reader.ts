import {
  type ManifestReader,
  type ReadingDepth,
  type ReadTemplate,
  refusedTemplate,
} from "../app/templates/manifest-reader.ts";
import { CodedError } from "../contracts/errors.ts";
import { manifestBytesMax } from "../contracts/limits.ts";
import { runInWorker } from "../platform/worker-task.ts";

/** The largest sound manifest is read in less than two seconds; this is for a machine that is busy. */
const readMsMax = 10_000;
const memoryMibMax = 256;
/** Threads that read at once: each is a processor's whole attention. */
const readingMax = 2;
/** Pushes that may wait for one of them. */
const waitingMax = 20;
const retryAfterSeconds = 10;

export interface ManifestReaderOptions {
  /** The compiled `manifest-worker.ts`. */
  readonly program?: URL | undefined;
  readonly elapsedMsMax?: number;
}

/** Reads manifests in threads of their own, a few at once, each within its time. */
export function openManifestReader(options: ManifestReaderOptions = {}): ManifestReader {
  const program = options.program ?? new URL("./manifest-worker.js", import.meta.url);
  const elapsedMsMax = options.elapsedMsMax ?? readMsMax;
  let reading = 0;
  const waiting: (() => void)[] = [];
  const read = async (text: string, depth: ReadingDepth): Promise<ReadTemplate> => {
    const outcome = await runInWorker<ReadTemplate>(program, { text, depth }, { elapsedMsMax, memoryMibMax });
    switch (outcome.kind) {
      case "answer":
        return outcome.answer;
      case "too_long":
        return refusedTemplate(`reading it took longer than ${elapsedMsMax / 1_000} s`);
      case "too_much_memory":
        return refusedTemplate(`reading it took more than ${memoryMibMax} MiB of memory`);
    }
  };
  return async (text, depth = "rules") => {
    // Before it is copied to a thread.
    if (Buffer.byteLength(text) > manifestBytesMax)
      return refusedTemplate(`it is larger than ${manifestBytesMax} bytes`);
    if (reading < readingMax) reading += 1;
    else {
      if (waiting.length >= waitingMax) {
        throw new CodedError("rate_limited", "Too many templates are being published at this moment.", {
          retryAfterSeconds,
        });
      }
      // The place is handed on by whoever had it.
      await new Promise<void>((resolve) => void waiting.push(resolve));
    }
    try {
      return await read(text, depth);
    } finally {
      const next = waiting.shift();
      if (next === undefined) reading -= 1;
      else next();
    }
  };
}
