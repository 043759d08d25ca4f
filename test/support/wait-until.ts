import { sleep } from "../../src/platform/sleep.ts";

const pollMs = 20;

/** Waits on a state: returns the first answer that is not undefined or false, and fails with `what` after the limit. */
export async function waitUntil<Value>(
  what: string | (() => string),
  look: () => Value | undefined | false | Promise<Value | undefined | false>,
  limitMs = 45_000,
): Promise<Value> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > endMs) {
      throw new Error(`waited ${limitMs} ms in vain for: ${typeof what === "string" ? what : what()}`);
    }
    await sleep(pollMs);
  }
}
