import { existsSync } from "node:fs";
import path from "node:path";
import type { Mutation } from "../mutation.ts";
import type { CheckoutCopy } from "./checkout-copy.ts";
import { runProgram } from "./run-program.ts";
import { runTests } from "./run-tests.ts";

const buildLimitMs = 300_000;
/** What the gate runs: where else a mutation may be noticed. */
const gate = ["test/unit", "test/property", "test/db"];
/** The test of this very table notices every one of them. */
const ownTests = "test/unit/mutations/**";

export type MutationOutcome =
  | { readonly kind: "caught"; readonly by: string }
  /** No test noticed. */
  | { readonly kind: "uncaught" }
  /** The code has changed, and the table has not followed; or it was never a program. Nothing was tried. */
  | { readonly kind: "stale"; readonly reason: string };

export interface MutationResult {
  readonly name: string;
  readonly breaks: string;
  readonly outcome: MutationOutcome;
  readonly seconds: number;
}

export interface TryOptions {
  /** Whether, when the tests named notice nothing, all of the gate's are asked: for who extends the table. */
  readonly isSearch: boolean;
  readonly abort?: AbortSignal;
}

/** Makes the mutation in the copy, says what notices, and takes it back. */
export async function tryMutation(
  copy: CheckoutCopy,
  mutation: Mutation,
  options: TryOptions,
): Promise<MutationResult> {
  const begunMs = performance.now();
  try {
    const outcome = await outcomeOf(copy, mutation, options);
    const seconds = Math.round((performance.now() - begunMs) / 1_000);
    return { name: mutation.name, breaks: mutation.breaks, outcome, seconds };
  } finally {
    copy.restore();
  }
}

async function outcomeOf(copy: CheckoutCopy, mutation: Mutation, options: TryOptions): Promise<MutationOutcome> {
  const { isSearch, abort } = options;
  const run = { cwd: copy.path, ...(abort === undefined ? {} : { abort }) };
  try {
    copy.mutate(mutation.edits);
  } catch (error) {
    return { kind: "stale", reason: error instanceof Error ? error.message : String(error) };
  }
  // The compiler refuses no change of meaning; what it refuses is a mistake in the table.
  const build = [process.execPath, "tools/build.mjs", "product"];
  const built = await runProgram(build, { ...run, limitMs: buildLimitMs });
  if (built.status !== 0) return { kind: "stale", reason: `It does not compile: ${built.output.trim().slice(0, 500)}` };
  const steps = [...mutation.tests.map((test) => [test]), ...(isSearch ? [["--exclude", ownTests, ...gate]] : [])];
  for (const tests of steps) {
    const end = await runTests(tests, run);
    if (end.kind === "red") return { kind: "caught", by: end.by };
  }
  return { kind: "uncaught" };
}

/** Tests that fail without any mutation: what they notice would say nothing. */
export async function failingWithout(
  copy: CheckoutCopy,
  mutations: readonly Mutation[],
  abort?: AbortSignal,
): Promise<string | null> {
  const tests = [...new Set(mutations.flatMap((mutation) => mutation.tests))];
  const missing = tests.find((test) => !existsSync(path.join(copy.path, test)));
  if (missing !== undefined) return `${missing}, which is not there`;
  // On a busy machine one may be late by itself.
  const end = await runTests(tests, { cwd: copy.path, retries: 2, ...(abort === undefined ? {} : { abort }) });
  return end.kind === "red" ? end.by : null;
}
