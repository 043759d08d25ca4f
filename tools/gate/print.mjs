// What the gate prints: one line for each step, and the words of a step that failed.

export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

const askedAfterMs = 60_000;

/** @param {{ readonly name: string, readonly ok: boolean, readonly ms: number, readonly output: string }} step */
export function printStep({ name, ok, ms, output }, note = "") {
  console.log(`${ok ? "ok    " : "FAILED"}  ${name.padEnd(10)} ${seconds(ms).padStart(7)}${note ? `   ${note}` : ""}`);
  if (!ok) console.log(indent(output.trimEnd()));
}

const indent = (text) => text.replace(/^/gm, "    ");

/**
 * Where the time of tests went, when it was long enough for somebody to ask.
 * @param {{ readonly ms: number, readonly totals?: { readonly slowest?: readonly import("./totals.mjs").SlowFile[] } }} step
 */
export function printSlowest({ ms, totals }) {
  const slowest = totals?.slowest ?? [];
  if (ms < askedAfterMs || slowest.length === 0) return;
  console.log(`        slowest files: ${slowest.map((one) => `${one.file} ${seconds(one.ms)}`).join(", ")}`);
}
