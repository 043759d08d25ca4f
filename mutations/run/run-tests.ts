import path from "node:path";
import { type Run, runProgram } from "./run-program.ts";

const fileLimitMs = 180_000;

/** How tests ended: green, or by the first that failed. */
export type TestsEnd = { readonly kind: "green" } | { readonly kind: "red"; readonly by: string };

export interface TestRun extends Omit<Run, "limitMs"> {
  /** How often a test that fails is tried again; never unless said. */
  readonly retries?: number;
}

/** Runs the tests of files or folders of the checkout in `cwd`, as far as the first that fails. */
export async function runTests(tests: readonly string[], { retries = 0, ...run }: TestRun): Promise<TestsEnd> {
  const vitest = path.join(run.cwd, "node_modules/vitest/vitest.mjs");
  const command = [process.execPath, vitest, "run", "--bail", "1", "--retry", String(retries), ...tests];
  const done = await runProgram(command, { ...run, limitMs: fileLimitMs * tests.length });
  if (done.status === 0) return { kind: "green" };
  const what = tests.join(" ");
  return { kind: "red", by: done.status === null ? `${what} does not end any more` : failedTest(done.output, what) };
}

/** The first test that vitest says has failed; a file that could not even be loaded counts as one. */
export function failedTest(output: string, otherwise: string): string {
  // oxlint-disable-next-line no-control-regex -- what is removed are the terminal's colours
  const plain = output.replaceAll(/\x1b\[[0-9;]*m/g, "");
  return /^\s*FAIL\s+(?:\S+\s+)?((?:test|tools)\/.*)$/m.exec(plain)?.[1]?.trim() ?? otherwise;
}
