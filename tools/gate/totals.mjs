// Counting: what vitest's JSON report says, what a step says, and the one line at the end.

/** @typedef {{ readonly passed: number, readonly failed: number, readonly skipped: number }} Totals */

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
 * Counts a vitest JSON report. What fails outside of a test (a file that does not load, an unhandled rejection) has no
 * entry of its own in the report, and counts as one failure: a run that failed never shows "0 failed".
 * @param {{ readonly testResults: readonly { readonly status: string, readonly assertionResults: readonly { readonly status: string, readonly fullName: string }[] }[] } | undefined} report
 * @param {boolean} exitedWell
 * @returns {Totals & { readonly skippedTests: readonly string[] }}
 */
export function ofVitest(report, exitedWell) {
  const files = report?.testResults ?? [];
  const tests = files.flatMap((file) => file.assertionResults);
  const withStatus = (statuses) => tests.filter((test) => statuses.includes(test.status));
  const brokenFiles = files.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  const skipped = withStatus(["skipped", "pending", "todo", "disabled"]);
  const failed = withStatus(["failed"]).length + brokenFiles.length;
  return {
    passed: withStatus(["passed"]).length,
    failed: exitedWell ? failed : Math.max(1, failed),
    skipped: skipped.length,
    skippedTests: skipped.map((test) => test.fullName),
  };
}
