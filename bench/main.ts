/** `npm run bench`: runs the benchmarks, prints their tables and writes the figures to a file. */
import path from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../src/main/version.ts";
import { reconcileIdle } from "./b01-reconcile-idle.ts";
import { reconcileContention } from "./b02-reconcile-contention.ts";
import { reconcileMixed } from "./b03-reconcile-mixed.ts";
import { claimDatabase } from "./b04-claim-database.ts";
import { claimHttp } from "./b05-claim-http.ts";
import { usable } from "./b06-usable.ts";
import { refill } from "./b07-refill.ts";
import { snapshotScale } from "./b08-snapshot-scale.ts";
import { metricsScrape } from "./b09-metrics.ts";
import { atRest } from "./b10-at-rest.ts";
import { history } from "./b11-history.ts";
import { sshConnect } from "./b12-ssh-connect.ts";
import { sshBulk } from "./b13-ssh-bulk.ts";
import { sshKeys } from "./b14-ssh-keys.ts";
import { streams } from "./b15-streams.ts";
import { appProxy } from "./b16-apps.ts";
import { manyStreams } from "./b17-many-streams.ts";
import { resume } from "./b18-resume.ts";
import { fullLists } from "./b19-lists.ts";
import { dashboard } from "./b20-dashboard.ts";
import { allPoolsAtOnce } from "./s17-all-pools-at-once.ts";
import type { BenchContext, Benchmark } from "./harness/benchmark.ts";
import { startBenchPostgres } from "./harness/bench-postgres.ts";
import { runRole } from "./harness/child-roles.ts";
import { currentCommit, describeMachine } from "./harness/machine.ts";
import { type BenchmarkResult, readResults, type Results, writeResults } from "./harness/results-file.ts";
import { textTable } from "./harness/table.ts";
import { renderReport } from "./report.ts";

const benchmarks: readonly Benchmark[] = [
  reconcileIdle,
  reconcileContention,
  reconcileMixed,
  claimDatabase,
  claimHttp,
  usable,
  refill,
  snapshotScale,
  metricsScrape,
  atRest,
  history,
  sshConnect,
  sshBulk,
  sshKeys,
  streams,
  appProxy,
  manyStreams,
  resume,
  fullLists,
  dashboard,
  allPoolsAtOnce,
];

const usage = `Usage: npm run bench -- [options]

  --only B4,B5    run these only: ${benchmarks.map((one) => `${one.id} (${one.title.toLowerCase()})`).join(", ")}
  --small         sizes of seconds: shows that the benchmarks work, and nothing about speed
  --out FILE      where the figures go; bench/results/latest.json of a full run, else partial.json there
  --report        run nothing, print the figures of --out (or latest.json) as Markdown
  --help

Example: npm run bench -- --only B4 --out /tmp/claim.json
`;

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    small: { type: "boolean", default: false },
    out: { type: "string" },
    report: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
    role: { type: "string" },
  },
});

function chosen(only: string | undefined): readonly Benchmark[] {
  if (only === undefined) return benchmarks;
  return only.split(",").map((id) => {
    const found = benchmarks.find((one) => one.id === id.trim().toUpperCase());
    if (found === undefined) throw new Error(`There is no benchmark "${id}".\n\n${usage}`);
    return found;
  });
}

async function runAll(wanted: readonly Benchmark[], isSmall: boolean): Promise<Results> {
  const postgres = await startBenchPostgres();
  const machine = describeMachine(postgres.version);
  const results: BenchmarkResult[] = [];
  try {
    for (const benchmark of wanted) {
      console.log(`\n${benchmark.id} ${benchmark.title}`);
      const say: BenchContext["say"] = (message) => void process.stderr.write(`  … ${message}\n`);
      const begun = performance.now();
      const outcome = await benchmark.run({ isSmall, postgres, say });
      const elapsedMs = Math.round(performance.now() - begun);
      results.push({ id: benchmark.id, title: benchmark.title, elapsedMs, ...outcome });
      console.log(`${textTable(outcome)}\n  (${(elapsedMs / 1_000).toFixed(1)} s)`);
    }
  } finally {
    await postgres.stop();
  }
  return { at: new Date().toISOString(), commit: currentCommit(), isSmall, machine, benchmarks: results };
}

async function main(): Promise<void> {
  if (options.role !== undefined) return await runRole(options.role);
  if (options.help) return void process.stdout.write(usage);
  const folder = path.join(packageRoot, "bench/results");
  const isFull = options.only === undefined && !options.small;
  const out = path.resolve(options.out ?? path.join(folder, isFull || options.report ? "latest.json" : "partial.json"));
  if (options.report) return void process.stdout.write(renderReport(readResults(out)));
  const results = await runAll(chosen(options.only), options.small);
  writeResults(out, results);
  console.log(`\nThe figures are in ${path.relative(process.cwd(), out)}.`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  process.exitCode = 1;
}
