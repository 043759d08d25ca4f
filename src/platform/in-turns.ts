import { yieldTurn } from "./sleep.ts";

/** Runs a computation that pauses, and lets everything that waits for the event loop have its turn at each pause. */
export async function inTurns<Result>(computation: Generator<undefined, Result>): Promise<Result> {
  for (;;) {
    const step = computation.next();
    if (step.done === true) return step.value;
    await yieldTurn();
  }
}
