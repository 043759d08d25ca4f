// A vitest reporter that writes what the gate counts, to the file named by PREWARM_TEST_REPORT. Vitest's own JSON
// leaves out why a test was skipped, which is the one thing that people want to know about it.
import { appendFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const slowestTold = 8;
const reasonCharsMax = 300;

/**
 * @typedef {object} TestReport
 * @property {readonly { readonly name: string, readonly state: string, readonly note?: string | undefined }[]} tests
 *   state: passed, failed, skipped, or pending for one that never ran
 * @property {number} brokenFiles files that failed outside of their tests: they did not load, or a hook failed
 * @property {readonly { readonly file: string, readonly ms: number }[]} slowest the files that took longest, with their hooks
 */

export default class VitestReport {
  /** @param {readonly import("vitest/node").TestModule[]} modules */
  onTestRunEnd(modules) {
    /** @type {TestReport} */
    const report = {
      tests: modules.flatMap((module) => [...module.children.allTests()].map(describe)),
      brokenFiles: modules.filter(isBroken).length,
      slowest: modules
        .map(timed)
        .sort((one, other) => other.ms - one.ms)
        .slice(0, slowestTold),
    };
    const file = process.env.PREWARM_TEST_REPORT;
    if (!file) throw new Error("PREWARM_TEST_REPORT names no file for the report.");
    writeFileSync(file, JSON.stringify(report));
    // For whoever runs many suites and wants to say at the end what failed: appended, a line for each.
    const failures = process.env.PREWARM_TEST_FAILURES;
    if (failures) appendFileSync(failures, modules.flatMap(failuresOf).join(""));
  }
}

/** @param {import("vitest/node").TestModule} module */
function timed(module) {
  const { duration, collectDuration, setupDuration } = module.diagnostic();
  return { file: path.basename(module.moduleId), ms: Math.round(duration + collectDuration + setupDuration) };
}

/** @param {import("vitest/node").TestCase} test */
function describe(test) {
  const result = test.result();
  return { name: test.fullName, state: result.state, note: result.state === "skipped" ? result.note : undefined };
}

/** @param {import("vitest/node").TestModule} module */
function failuresOf(module) {
  const failed = [...module.children.allTests()].filter((test) => test.result().state === "failed");
  const lines = failed.map(
    (test) => `${module.relativeModuleId} > ${test.fullName}: ${reasonOf(test.result().errors)}\n`,
  );
  return isBroken(module) ? [...lines, `${module.relativeModuleId}: ${reasonOf(module.errors())}\n`] : lines;
}

/** @param {readonly { readonly message: string }[] | undefined} errors */
const reasonOf = (errors) =>
  (errors?.[0]?.message ?? "it does not say why").replaceAll(/\s+/g, " ").slice(0, reasonCharsMax);

/** @param {import("vitest/node").TestModule} module */
function isBroken(module) {
  const hasFailedTest = [...module.children.allTests()].some((test) => test.result().state === "failed");
  return module.state() === "failed" && !hasFailedTest;
}
