import { CodedError } from "../../contracts/errors.ts";

interface Turn {
  /** Whoever waits for the one that runs; at most one. */
  waiting: { readonly start: () => void; readonly supersede: () => void } | null;
}

/**
 * One evaluation at a time for each form that somebody fills in. While one runs, the newest waits; one that waited before
 * it is told so: its answer would be of what stands in the form no more.
 */
export class FormTurns {
  readonly #turns = new Map<string, Turn>();

  /** Errors: `form_superseded`; those of `work`. */
  async take<Value>(form: string, work: () => Promise<Value>): Promise<Value> {
    const running = this.#turns.get(form);
    if (running !== undefined) await this.#wait(running);
    const turn = running ?? { waiting: null };
    this.#turns.set(form, turn);
    try {
      return await work();
    } finally {
      const { waiting } = turn;
      turn.waiting = null;
      if (waiting === null) this.#turns.delete(form);
      else waiting.start();
    }
  }

  async #wait(turn: Turn): Promise<void> {
    await new Promise<void>((start, refuse) => {
      turn.waiting?.supersede();
      turn.waiting = { start, supersede: () => refuse(superseded()) };
    });
  }
}

function superseded(): CodedError {
  return new CodedError("form_superseded", "A newer question about this form came meanwhile.");
}
