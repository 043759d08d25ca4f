// The gate, `npm run check`: compile, lint, format, dead code, and the tests that need nothing. Under a minute.
//   --json FILE   also writes the result of every step and the counts of the tests to FILE
// Compiling uses one core: beside it runs what does not need its output. The tests use all there are and come last, by
// themselves. What the compiler refuses is not tested; everything else runs whatever one of the steps says.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { printSlowest, printStep, seconds } from "./gate/print.mjs";
import { runCommand } from "./gate/run-command.mjs";
import { runVitest } from "./gate/run-vitest.mjs";
import { suitesOf } from "./gate/suites.mjs";
import { nothing, ofStep, sum, totalsLine } from "./gate/totals.mjs";

const root = path.resolve(import.meta.dirname, "..");

const program = (file) => [process.execPath, path.join(root, "node_modules", file)];
/** GOGC: the linter's type checker may use memory rather than collect it while the compiler wants the processor. */
const command =
  (...words) =>
  () =>
    runCommand(words, { cwd: root, env: { GOGC: "300", ...process.env } });

const compile = { name: "compile", run: command(process.execPath, path.join(root, "tools/build.mjs")) };

const beside = [
  { name: "lint", run: command(...program("oxlint/bin/oxlint"), "--type-aware", "--deny-warnings") },
  { name: "format", run: command(...program("@biomejs/biome/bin/biome"), "format", "--error-on-warnings", ".") },
  { name: "dead code", run: command(...program("knip/bin/knip.js"), "--no-progress") },
];
const tests = { name: "tests", run: () => runVitest(root, suitesOf("check")) };

async function runStep(step) {
  const result = { name: step.name, ...(await step.run()) };
  printStep(result, result.totals && totalsLine(result.totals));
  printSlowest(result);
  return result;
}

/** One after the other. */
async function runAll(steps) {
  const results = [];
  for (const step of steps) results.push(await runStep(step));
  return results;
}

const { values: options } = parseArgs({ options: { json: { type: "string" } } });
const started = performance.now();
const [compiled, others] = await Promise.all([runStep(compile), runAll(beside)]);
const results = [compiled, ...others, ...(compiled.ok ? [await runStep(tests)] : [])];
const isGreen = results.every((result) => result.ok);
const ms = performance.now() - started;

const tested = results.find((result) => result.totals)?.totals ?? { ...nothing, skippedTests: [], slowest: [] };
const totals = sum([tested, ...results.filter((result) => !result.totals).map((result) => ofStep(result.ok))]);

if (!compiled.ok) console.log("The tests were left out: they would repeat the compiler's errors.");
console.log(
  `check ${isGreen ? "passed" : "FAILED"} in ${seconds(ms)}: ${results.length} steps, ${tested.passed} tests`,
);

if (options.json) {
  const report = {
    ok: isGreen,
    ms: Math.round(ms),
    steps: results.map((result) => ({ name: result.name, ok: result.ok, ms: Math.round(result.ms) })),
    tests: tested,
    totals,
  };
  writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
}
process.exitCode = isGreen ? 0 : 1;
