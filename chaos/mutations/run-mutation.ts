import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { CheckoutCopy } from "../../mutations/run/checkout-copy.ts";
import { runProgram } from "../../mutations/run/run-program.ts";
import { runTests } from "../../mutations/run/run-tests.ts";
import { packageRoot } from "../../src/main/version.ts";
import type { Results } from "../output/results.ts";
import type { ChaosMutation } from "./mutations.ts";

const buildLimitMs = 180_000;
/** What chaos takes beside its minutes: start, the last round, the last look. */
const besideMs = 420_000;

export interface MutationResult {
  readonly name: string;
  readonly breaks: string;
  /** What noticed; null when nothing did. */
  readonly caughtBy: string | null;
  readonly seconds: number;
}

export interface MutationOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Whether chaos alone is tried, and no test before it. */
  readonly isChaosOnly: boolean;
}

/** Takes a protection out of a copy of this checkout, and says what notices, and how soon: the tests named, or chaos. */
export async function runMutation(mutation: ChaosMutation, options: MutationOptions): Promise<MutationResult> {
  const copy = new CheckoutCopy();
  const { name, breaks } = mutation;
  try {
    copy.mutate(mutation.edits);
    const command = [process.execPath, "tools/build.mjs", "chaos"];
    const build = await runProgram(command, { cwd: copy.path, limitMs: buildLimitMs });
    // A protection that cannot be taken out without the compiler's noticing needs no other test.
    if (build.status !== 0) throw new Error(`${name} does not compile:\n${build.output}`);
    const begunMs = performance.now();
    const seconds = (): number => Math.round((performance.now() - begunMs) / 1_000);
    for (const test of options.isChaosOnly ? [] : mutation.tests) {
      const end = await runTests([test], { cwd: copy.path });
      if (end.kind === "red") return { name, breaks, caughtBy: end.by, seconds: seconds() };
    }
    const chaosBegunMs = performance.now();
    const violation = await runChaos(copy, mutation, options);
    const chaosSeconds = Math.round((performance.now() - chaosBegunMs) / 1_000);
    return { name, breaks, caughtBy: violation, seconds: chaosSeconds };
  } finally {
    copy.remove();
  }
}

/** The first violation of a run that ends with it; null when there was none. */
async function runChaos(copy: CheckoutCopy, mutation: ChaosMutation, options: MutationOptions): Promise<string | null> {
  // Not in the copy: the logs say how it was noticed.
  const out = path.join(packageRoot, "chaos/results", `mutation-${mutation.name}`);
  const only = mutation.faults === undefined ? [] : ["--only", mutation.faults.join(",")];
  const settings = ["--minutes", String(options.minutes), "--seed", String(options.seed), "--out", out, "--first"];
  const command = [process.execPath, "dist/chaos/main.mjs", ...settings, ...only];
  const done = await runProgram(command, { cwd: copy.path, limitMs: options.minutes * 60_000 + besideMs });
  const file = path.join(out, "results.json");
  if (!existsSync(file)) return done.status === 0 ? null : `chaos cannot even begin: ${done.output.slice(-500)}`;
  // Written by the same program.
  const { violations } = JSON.parse(readFileSync(file, "utf8")) as Results;
  const [first] = violations;
  return first === undefined ? null : `chaos: ${first.promise}: ${first.what}`;
}
