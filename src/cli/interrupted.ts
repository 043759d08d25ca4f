import type { CliWorld } from "./world.ts";

/** Somebody pressed Ctrl-C: exit code 130. `next` says how to follow or to cancel what goes on without us. */
export class InterruptedError extends Error {
  readonly next: string;

  constructor({ message, next }: InterruptedWords) {
    super(message);
    this.name = "InterruptedError";
    this.next = next;
  }
}

export interface InterruptedWords {
  /** What goes on. */
  readonly message: string;
  readonly next: string;
}

export interface Interruptible<T> {
  readonly world: Pick<CliWorld, "onSignal">;
  /** `signal` aborts when it is interrupted; what it does after that is heard by nobody. */
  readonly work: (signal: AbortSignal) => Promise<T>;
  readonly words: () => InterruptedWords;
}

/**
 * Waits for what the server does, until Ctrl-C: then it is said that it goes on there. A second Ctrl-C finds nobody who
 * listens, and ends the process at once.
 */
export async function orInterrupted<T>({ world, work, words }: Interruptible<T>): Promise<T> {
  const leaving = new AbortController();
  let takeBack = (): void => undefined;
  const interrupted = new Promise<never>((_, reject) => {
    takeBack = world.onSignal("SIGINT", () => {
      takeBack();
      leaving.abort();
      reject(new InterruptedError(words()));
    });
  });
  const working = work(leaving.signal);
  // Once it was interrupted, nobody hears how it ended.
  working.catch(() => undefined);
  try {
    return await Promise.race([working, interrupted]);
  } finally {
    takeBack();
  }
}

/** The option that a command line needs in order to come to the same server as this one. */
export function sameServer({ context }: Pick<CliWorld, "context">): string {
  return context === undefined ? "" : ` --context ${context}`;
}
