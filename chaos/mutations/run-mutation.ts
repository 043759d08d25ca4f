import { spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { packageRoot } from "../../src/main/version.ts";
import type { Results } from "../output/results.ts";
import { sendSignal } from "../system/process-list.ts";
import { applyEdit } from "./apply-edit.ts";
import type { Mutation } from "./mutations.ts";

const testLimitMs = 180_000;
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
export async function runMutation(mutation: Mutation, options: MutationOptions): Promise<MutationResult> {
  const copy = copyCheckout();
  const { name, breaks } = mutation;
  try {
    for (const edit of mutation.edits) {
      const file = path.join(copy, edit.file);
      writeFileSync(file, applyEdit(readFileSync(file, "utf8"), edit));
    }
    const build = await run(copy, [process.execPath, "tools/build.mjs", "chaos"], testLimitMs);
    // A protection that cannot be taken out without the compiler's noticing needs no other test.
    if (build.status !== 0) throw new Error(`${name} does not compile:\n${build.output}`);
    const begunMs = performance.now();
    const seconds = (): number => Math.round((performance.now() - begunMs) / 1_000);
    for (const test of options.isChaosOnly ? [] : mutation.tests) {
      const vitest = path.join(copy, "node_modules/vitest/vitest.mjs");
      const done = await run(copy, [process.execPath, vitest, "run", test], testLimitMs);
      const caughtBy = done.status === null ? `${test} does not end any more` : failedTest(done.output, test);
      if (done.status !== 0) return { name, breaks, caughtBy, seconds: seconds() };
    }
    const chaosBegunMs = performance.now();
    const violation = await runChaos(copy, mutation, options);
    const chaosSeconds = Math.round((performance.now() - chaosBegunMs) / 1_000);
    return { name, breaks, caughtBy: violation, seconds: chaosSeconds };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** What git knows or would know, with what was built so that little is built anew, and the packages by a link. */
function copyCheckout(): string {
  const list = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: packageRoot,
    encoding: "utf8",
    maxBuffer: 16 * 1_048_576,
  });
  if (list.status !== 0) throw new Error("A mutation needs a git checkout.");
  const copy = mkdtempSync(path.join(tmpdir(), "prewarm-mutation-"));
  chmodSync(copy, 0o755);
  for (const file of [...list.stdout.split("\0").filter(Boolean), "dist"]) {
    const from = path.join(packageRoot, file);
    if (existsSync(from)) cpSync(from, path.join(copy, file), { recursive: true, preserveTimestamps: true });
  }
  symlinkSync(path.join(packageRoot, "node_modules"), path.join(copy, "node_modules"));
  return copy;
}

/** The first violation of a run that ends with it; null when there was none. */
async function runChaos(copy: string, mutation: Mutation, options: MutationOptions): Promise<string | null> {
  // Not in the copy: the logs say how it was noticed.
  const out = path.join(packageRoot, "chaos/results", `mutation-${mutation.name}`);
  const only = mutation.faults === undefined ? [] : ["--only", mutation.faults.join(",")];
  const settings = ["--minutes", String(options.minutes), "--seed", String(options.seed), "--out", out, "--first"];
  const command = [process.execPath, "dist/chaos/main.mjs", ...settings, ...only];
  const done = await run(copy, command, options.minutes * 60_000 + besideMs);
  const file = path.join(out, "results.json");
  if (!existsSync(file)) return done.status === 0 ? null : `chaos cannot even begin: ${done.output.slice(-500)}`;
  // Written by the same program.
  const { violations } = JSON.parse(readFileSync(file, "utf8")) as Results;
  const [first] = violations;
  return first === undefined ? null : `chaos: ${first.promise}: ${first.what}`;
}

function failedTest(output: string, file: string): string {
  // oxlint-disable-next-line no-control-regex -- what is removed are the terminal's colours
  const plain = output.replaceAll(/\x1b\[[0-9;]*m/g, "");
  return /^\s*FAIL\s+(?:\S+\s+)?(test\/.*)$/m.exec(plain)?.[1]?.trim() ?? file;
}

interface Done {
  readonly status: number | null;
  readonly output: string;
}

/** In a process group of its own, which is ended as a whole at the limit: chaos first as it would be by Ctrl-C. */
async function run(cwd: string, command: readonly string[], limitMs: number): Promise<Done> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => {
      output += String(data);
    });
  }
  const limit = setTimeout(() => {
    output += `\nended after ${limitMs} ms`;
    sendSignal(-(child.pid ?? 0), "SIGKILL");
  }, limitMs);
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(limit);
  return { status, output };
}
