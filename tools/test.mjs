// `npm test`: the gate, then every suite that needs nothing installed. Ends with one line of totals.
//   --json FILE   writes the totals to FILE instead of printing that line, for a caller that goes on with the suites
//                 that need a tool: those are left out of its totals
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { printSlowest, printStep } from "./gate/print.mjs";
import { runVitest } from "./gate/run-vitest.mjs";
import { suitesOf } from "./gate/suites.mjs";
import { nothing, ofStep, sum, totalsLine } from "./gate/totals.mjs";

const root = path.resolve(import.meta.dirname, "..");
const { values: options } = parseArgs({ options: { json: { type: "string" } } });
const existing = (stage) => suitesOf(stage).filter((suite) => existsSync(path.join(root, suite.folder)));

/** The gate runs as its own process, as people run it. */
function runGate() {
  const scratch = mkdtempSync(path.join(tmpdir(), "prewarm-check-"));
  const reportFile = path.join(scratch, "check.json");
  try {
    const check = [path.join(root, "tools/check.mjs"), "--json", reportFile];
    spawnSync(process.execPath, check, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
    // Without a report the gate itself has died: that is one failure.
    if (!existsSync(reportFile)) return { isCompiled: false, totals: ofStep(false), skippedTests: [] };
    const { steps, tests, totals } = JSON.parse(readFileSync(reportFile, "utf8"));
    const isCompiled = steps.some((step) => step.name === "compile" && step.ok);
    return { isCompiled, totals, skippedTests: tests.skippedTests };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function runSuites() {
  const suites = existing("test");
  if (suites.length === 0) return { totals: nothing, skippedTests: [] };
  const result = await runVitest(root, suites);
  printStep({ name: suites.map((suite) => suite.name).join(", "), ...result }, totalsLine(result.totals));
  printSlowest(result);
  return { totals: result.totals, skippedTests: result.totals.skippedTests };
}

const gate = runGate();
const rest = gate.isCompiled ? await runSuites() : { totals: nothing, skippedTests: [] };
const left = options.json ? [] : existing("ci");

for (const test of [...gate.skippedTests, ...rest.skippedTests]) console.log(`skipped ${test}`);
for (const { name, needs } of left)
  console.log(`skipped ${name}: needs ${needs}; run it with \`npm run suite ${name}\``);

const totals = sum([gate.totals, rest.totals, { ...nothing, skipped: left.length }]);
if (options.json) writeFileSync(options.json, `${JSON.stringify({ totals })}\n`);
else console.log(totalsLine(totals));
process.exitCode = totals.failed > 0 ? 1 : 0;
