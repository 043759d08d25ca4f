// Counting: what a test run reports, what a step says, and the one line at the end.

/** @typedef {{ readonly passed: number, readonly failed: number, readonly skipped: number }} Totals */

/** @typedef {{ readonly file: string, readonly ms: number }} SlowFile */

/** @type {Totals} */
export const nothing = { passed: 0, failed: 0, skipped: 0 };

/**
 * @param {readonly Totals[]} parts
 * @returns {Totals}
 */
export function sum(parts) {
  const add = (key) => parts.reduce((total, part) => total + part[key], 0);
  return { passed: add("passed"), failed: add("failed"), skipped: add("skipped") };
}

/** A step of the gate counts as one test. */
export const ofStep = (ok) => (ok ? { ...nothing, passed: 1 } : { ...nothing, failed: 1 });

export const totalsLine = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed, ${skipped} skipped`;

/**
 * Counts a test run. What fails outside of every test (an unhandled rejection, vitest itself) has no entry in the
 * report, and counts as one failure: a run that failed never shows "0 failed".
 * @param {import("./vitest-report.mjs").TestReport | undefined} report
 * @param {boolean} exitedWell
 * @returns {Totals & { readonly skippedTests: readonly string[], readonly slowest: readonly SlowFile[] }} skippedTests: one
 *   line each, with its reason
 */
export function ofTests(report, exitedWell) {
  const { tests, brokenFiles, slowest } = report ?? { tests: [], brokenFiles: 0, slowest: [] };
  const withState = (...states) => tests.filter((test) => states.includes(test.state));
  const skipped = withState("skipped", "pending");
  const failed = withState("failed").length + brokenFiles;
  return {
    passed: withState("passed").length,
    failed: exitedWell ? failed : Math.max(1, failed),
    skipped: skipped.length,
    skippedTests: skipped.map((test) => (test.note ? `${test.name}: ${test.note}` : test.name)),
    slowest,
  };
}
