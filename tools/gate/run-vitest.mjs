// Runs suites in one vitest and counts them from its report.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { runCommand } from "./run-command.mjs";
import { ofTests } from "./totals.mjs";

/**
 * @param {string} root
 * @param {readonly import("./suites.mjs").Suite[]} suites
 */
export async function runVitest(root, suites) {
  const scratch = mkdtempSync(path.join(tmpdir(), "prewarm-vitest-"));
  const reportFile = path.join(scratch, "report.json");
  const vitest = path.join(root, "node_modules/vitest/vitest.mjs");
  const folders = suites.map((suite) => suite.folder);
  const reporters = ["--reporter=dot", `--reporter=${path.join(root, "tools/gate/vitest-report.mjs")}`];
  try {
    const command = [process.execPath, vitest, "run", "--passWithNoTests", ...reporters, ...folders];
    const done = await runCommand(command, { cwd: root, env: { ...process.env, PREWARM_TEST_REPORT: reportFile } });
    return { ...done, totals: ofTests(readReport(reportFile), done.ok) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A run that dies before its end leaves no report, or half of one. */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
