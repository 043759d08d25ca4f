/** `npm run mutations`: changes the program for the worse, one edit at a time, and says which test notices. */
import path from "node:path";
import { parseArgs } from "node:util";
import type { Mutation } from "./mutation.ts";
import { CheckoutCopy } from "./run/checkout-copy.ts";
import { outcomeText, resultSection, writeResultSection } from "./run/result-table.ts";
import { failingWithout, type MutationResult, tryMutation } from "./run/try-mutation.ts";
import { allMutations, mutationGroups } from "./table/all-mutations.ts";

const usage = `Usage: npm run mutations -- [options]

  --only NAMES    only these, with commas between them; a name that ends with "*" stands for all that begin so
  --list          prints the mutations, and tries none
  --json          prints the results as JSON; progress goes to the error output
  --report FILE   writes the results into this Markdown document, between its marks; all must have been tried
  --search        where the tests named notice nothing, asks all tests of the gate: to find out which one does
  --help

Each is made in a temporary copy of the checkout, compiled, and tested. Ends with 1 when one is not caught, or does not
apply any more. Example: npm run mutations -- --only claim-lock,quota-*
`;

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    list: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    report: { type: "string" },
    search: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

function chosen(only: string | undefined): readonly Mutation[] {
  if (only === undefined) return allMutations;
  const found = only.split(",").flatMap((word) => {
    const name = word.trim();
    const isMeant = (mutation: Mutation): boolean =>
      name.endsWith("*") ? mutation.name.startsWith(name.slice(0, -1)) : mutation.name === name;
    const meant = allMutations.filter(isMeant);
    if (meant.length === 0) throw new Error(`There is no mutation "${name}"; \`npm run mutations -- --list\` has all.`);
    return meant;
  });
  return [...new Set(found)];
}

/** Progress. Not where the JSON goes. */
function say(line: string): void {
  if (options.json) console.error(line);
  else console.log(line);
}

async function tryAll(mutations: readonly Mutation[], abort: AbortSignal): Promise<readonly MutationResult[]> {
  const copy = new CheckoutCopy();
  try {
    say(`${mutations.length} mutations in ${copy.path}`);
    const failing = await failingWithout(copy, mutations, abort);
    if (failing !== null) throw new Error(`Nothing was tried, as a test fails without any mutation: ${failing}`);
    const results: MutationResult[] = [];
    for (const [nth, mutation] of mutations.entries()) {
      say(`${nth + 1}/${mutations.length} ${mutation.name}: ${mutation.breaks}`);
      const result = await tryMutation(copy, mutation, { isSearch: options.search, abort });
      say(`    ${outcomeText(result)} (${result.seconds} s)`);
      results.push(result);
    }
    return results;
  } finally {
    copy.remove();
  }
}

function conclude(results: readonly MutationResult[]): void {
  const of = (kind: MutationResult["outcome"]["kind"]): readonly MutationResult[] =>
    results.filter((result) => result.outcome.kind === kind);
  const [caught, uncaught, stale] = [of("caught"), of("uncaught"), of("stale")];
  if (options.json) console.log(JSON.stringify(results, undefined, 2));
  say(`\n${caught.length} caught, ${uncaught.length} not caught, ${stale.length} that do not apply any more.`);
  for (const result of [...uncaught, ...stale]) say(`  ${result.name}: ${outcomeText(result)}`);
  if (uncaught.length + stale.length > 0) process.exitCode = 1;
}

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(usage);
  const mutations = chosen(options.only);
  if (options.list) {
    if (options.json) console.log(JSON.stringify(mutations, undefined, 2));
    else for (const { name, breaks } of mutations) console.log(`${name.padEnd(44)}${breaks}`);
    return;
  }
  if (options.report !== undefined && mutations.length < allMutations.length) {
    throw new Error("A report is of all mutations: leave --only out.");
  }
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => stop.abort(new Error(`${signal}: ended, and the copy is removed.`)));
  }
  const results = await tryAll(mutations, stop.signal);
  if (options.report !== undefined) {
    const file = path.resolve(options.report);
    writeResultSection(file, resultSection(mutationGroups, results));
    say(`The results are in ${file}.`);
  }
  conclude(results);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
