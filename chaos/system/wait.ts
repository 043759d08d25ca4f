import { sleep } from "../../src/platform/sleep.ts";

const pollMs = 50;

/** Waits on a state; false when it does not come within the limit. A look that fails is a state that is not there. */
export async function comesTrue(look: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    if (await isTrue(look)) return true;
    if (performance.now() > endMs) return false;
    await sleep(pollMs);
  }
}

async function isTrue(look: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return await look();
  } catch {
    return false;
  }
}

/** As `comesTrue`, for what there is no going on without. */
export async function mustComeTrue(
  what: string,
  look: () => boolean | Promise<boolean>,
  limitMs: number,
): Promise<void> {
  if (!(await comesTrue(look, limitMs))) throw new Error(`waited ${limitMs} ms in vain for: ${what}`);
}
