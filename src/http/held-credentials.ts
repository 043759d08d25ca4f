import { CodedError } from "../contracts/errors.ts";

/**
 * What is held open here (event streams, commands, long waits), by the session, API token or daemon key that opened it.
 * A controller asks now and then, and at each news, which of these hold no longer, and ends what they opened.
 */
export class HeldCredentials {
  readonly #ends = new Map<string, Set<(reason: CodedError) => void>>();

  /** @returns how to let go of it. */
  hold(id: string, end: (reason: CodedError) => void): () => void {
    const ends = this.#ends.get(id) ?? new Set();
    this.#ends.set(id, ends);
    ends.add(end);
    return () => {
      ends.delete(end);
      if (ends.size === 0 && this.#ends.get(id) === ends) this.#ends.delete(id);
    };
  }

  held(): string[] {
    return Array.from(this.#ends.keys());
  }

  end(id: string): number {
    const ends = Array.from(this.#ends.get(id) ?? []);
    this.#ends.delete(id);
    for (const end of ends) end(credentialEnded());
    return ends.length;
  }
}

function credentialEnded(): CodedError {
  return new CodedError("unauthenticated", "The session, token or key that this was opened with was ended.");
}
