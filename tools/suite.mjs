// Runs one test suite by its name, `npm run suite <name>`, or lists the names.
//   --json FILE    writes the counts to FILE
//   --list STAGE   prints the names of that stage's suites (check, test, ci), one a line
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { printSlowest, printStep } from "./gate/print.mjs";
import { runVitest } from "./gate/run-vitest.mjs";
import { suiteNamed, suites, suitesOf } from "./gate/suites.mjs";
import { nothing, totalsLine } from "./gate/totals.mjs";

const root = path.resolve(import.meta.dirname, "..");
const { values: options, positionals } = parseArgs({
  options: { json: { type: "string" }, list: { type: "string" } },
  allowPositionals: true,
});

/** A suite whose tool is missing is skipped, and says so: red is for what is broken. */
function missingTool({ probe, needs }) {
  if (!probe) return undefined;
  const [program, ...args] = probe;
  return spawnSync(program, args, { stdio: "ignore" }).status === 0 ? undefined : needs;
}

async function runSuite(suite) {
  const missing = missingTool(suite);
  if (missing) {
    console.log(`skipped ${suite.name}: needs ${missing} (\`${suite.probe.join(" ")}\` fails here)`);
    return { ...nothing, skipped: 1 };
  }
  if (!existsSync(path.join(root, suite.folder))) throw new Error(`${suite.folder} does not exist: nothing to run.`);
  const result = await runVitest(root, [suite]);
  printStep({ name: suite.name, ...result }, totalsLine(result.totals));
  printSlowest(result);
  for (const test of result.totals.skippedTests) console.log(`skipped ${test}`);
  return result.totals;
}

if (options.list !== undefined) {
  for (const suite of suitesOf(options.list)) console.log(suite.name);
} else {
  const suite = suiteNamed(positionals[0] ?? "");
  if (!suite) {
    console.error(
      `There is no suite "${positionals[0] ?? ""}". Name one of: ${suites.map(({ name }) => name).join(", ")}.`,
    );
    process.exitCode = 2;
  } else {
    const totals = await runSuite(suite);
    if (options.json) writeFileSync(options.json, `${JSON.stringify({ totals })}\n`);
    process.exitCode = totals.failed > 0 ? 1 : 0;
  }
}
