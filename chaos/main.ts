/** `npm run chaos`: the whole system with faults drawn from a seed, and every promise checked from outside. */
import path from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../src/main/version.ts";
import { mutationTable, rememberResults } from "./mutations/mutation-table.ts";
import { mutations } from "./mutations/mutations.ts";
import { type MutationResult, runMutation } from "./mutations/run-mutation.ts";
import { writeReport } from "./output/report.ts";
import { asText, tablesOf } from "./output/tables.ts";
import { type FaultName, faultKinds } from "./plan/fault-kinds.ts";
import { runChaos, writeResults } from "./run.ts";

const usage = `Usage: npm run chaos -- [options]

  --minutes N       how long there are rounds; 3 unless said. Start and last look come on top
  --seed S          which faults and requests; 1 unless said
  --only KINDS      only these kinds of faults, with commas between them
  --out FOLDER      where log and results go; chaos/results/seed-S unless said
  --report FILE     writes the figures into this Markdown document
  --first           ends at the first violation
  --mutation NAMES  takes protections out of a copy of the checkout, one by one, and says what notices; "all" for all.
                    First the tests that are named for it, then chaos for --minutes
  --chaos-only      with --mutation: chaos alone, and no test before it
  --help

Mutations: ${mutations.map(({ name }) => name).join(", ")}

Kinds of faults:
${faultKinds.map(({ name, about }) => `  ${name.padEnd(24)}${about}`).join("\n")}

Ends with 1 when a promise was broken. Example: npm run chaos -- --minutes 5 --seed 7
`;

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    out: { type: "string" },
    report: { type: "string" },
    first: { type: "boolean", default: false },
    mutation: { type: "string" },
    "chaos-only": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

function chosen(only: string | undefined): readonly FaultName[] | undefined {
  return only?.split(",").map((word) => {
    const found = faultKinds.find((kind) => kind.name === word.trim());
    if (found === undefined) throw new Error(`There is no kind of fault "${word}".\n\n${usage}`);
    return found.name;
  });
}

function numberOf(text: string, name: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new Error(`--${name} must be a number, and is "${text}".`);
}

function abortOnSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      console.log(`${signal}: the round ends, and everything is stopped`);
      stop.abort();
    });
  }
  return stop.signal;
}

async function mutate(names: string): Promise<void> {
  const wanted = names.split(",").map((name) => name.trim());
  const unknown = wanted.filter((name) => name !== "all" && !mutations.some((mutation) => mutation.name === name));
  if (unknown.length > 0) throw new Error(`There is no mutation "${unknown.join(", ")}".\n\n${usage}`);
  const results: MutationResult[] = [];
  for (const mutation of mutations) {
    if (names !== "all" && !wanted.includes(mutation.name)) continue;
    console.log(`${mutation.name}: ${mutation.breaks}`);
    const result = await runMutation(mutation, {
      minutes: numberOf(options.minutes, "minutes"),
      seed: numberOf(options.seed, "seed"),
      isChaosOnly: options["chaos-only"],
    }).catch((error: unknown) => ({ name: mutation.name, breaks: mutation.breaks, caughtBy: null, seconds: 0, error }));
    if ("error" in result) console.error(result.error);
    console.log(`  ${result.caughtBy ?? "NOTHING noticed"} (${result.seconds} s)`);
    results.push(result);
    rememberResults(path.join(packageRoot, "chaos/results/mutations.json"), [result]);
  }
  console.log(`\n${asText(mutationTable(results))}`);
  if (results.some((result) => result.caughtBy === null)) process.exitCode = 1;
}

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(usage);
  if (options.mutation !== undefined) return await mutate(options.mutation);
  const seed = numberOf(options.seed, "seed");
  const out = path.resolve(options.out ?? path.join(packageRoot, "chaos/results", `seed-${seed}`));
  const only = chosen(options.only);
  const results = await runChaos({
    minutes: numberOf(options.minutes, "minutes"),
    seed,
    out,
    ...(only === undefined ? {} : { only }),
    stopsAtViolation: options.first,
    abort: abortOnSignal(),
  });
  writeResults(out, results);
  for (const table of tablesOf(results)) console.log(`\n${asText(table)}`);
  if (options.report !== undefined) writeReport(path.resolve(options.report), results);
  const { violations, faults, rounds } = results;
  console.log(`\n${rounds} rounds, ${faults.length} faults, ${violations.length} violations. Log: ${out}/events.jsonl`);
  if (violations.length > 0) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  process.exitCode = 1;
}
