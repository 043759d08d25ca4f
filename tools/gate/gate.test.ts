import { readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { runCommand } from "./run-command.mjs";
import { suites } from "./suites.mjs";
import { ofStep, ofVitest, sum, totalsLine } from "./totals.mjs";

const root = path.resolve(import.meta.dirname, "../..");

interface FileReport {
  readonly status: string;
  readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
}

const tested = (...statuses: readonly string[]): FileReport => ({
  status: statuses.includes("failed") ? "failed" : "passed",
  assertionResults: statuses.map((status, index) => ({ status, fullName: `test ${index}` })),
});

describe("counting", () => {
  test("tests are counted by their status, and skipped ones are named", () => {
    const report = { testResults: [tested("passed", "failed"), tested("passed", "skipped", "todo")] };
    expect(ofVitest(report, false)).toEqual({ passed: 2, failed: 1, skipped: 2, skippedTests: ["test 1", "test 2"] });
  });

  test("a file that does not load is a failure", () => {
    const report = { testResults: [tested("passed"), { status: "failed", assertionResults: [] }] };
    expect(ofVitest(report, false)).toMatchObject({ passed: 1, failed: 1 });
  });

  test("a run that fails outside of every test is a failure", () => {
    expect(ofVitest({ testResults: [tested("passed")] }, false)).toMatchObject({ passed: 1, failed: 1 });
  });

  test("a run without a report is a failure", () => {
    expect(ofVitest(undefined, false)).toMatchObject({ passed: 0, failed: 1, skipped: 0 });
  });

  test("a step counts as one test, and all of it adds up to one line", () => {
    const tests = ofVitest({ testResults: [tested("passed", "passed", "skipped")] }, true);
    expect(totalsLine(sum([tests, ofStep(true), ofStep(false)]))).toBe("3 passed, 1 failed, 1 skipped");
  });
});

describe("running a command", () => {
  const node = (code: string) => runCommand([process.execPath, "-e", code], { cwd: root });

  test("its words on both channels and its failure are kept", async () => {
    const done = await node("console.log('out'); console.error('err'); process.exitCode = 3");
    expect(done.ok).toBe(false);
    expect(done.output.split("\n").sort()).toEqual(["", "err", "out"]);
  });

  test("a program that cannot be started is a failure that names it", async () => {
    const done = await runCommand(["prewarm-no-such-program"], { cwd: root });
    expect(done).toMatchObject({ ok: false, output: expect.stringContaining("prewarm-no-such-program") });
  });

  test("an end by a signal is a failure that names it", async () => {
    const done = await node("process.kill(process.pid, 'SIGKILL')");
    expect(done).toMatchObject({ ok: false, output: expect.stringContaining("SIGKILL") });
  });
});

describe("suites", () => {
  const testFiles = ["test", "tools"].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".test.ts"))
      .map((file) => path.posix.join(folder, file.replaceAll("\\", "/"))),
  );

  test("every test file belongs to exactly one suite", () => {
    const astray = testFiles.filter((file) => suites.filter(({ folder }) => file.startsWith(folder)).length !== 1);
    expect(astray, "give its folder a row in tools/gate/suites.mjs").toEqual([]);
  });

  test("a suite that needs a tool names it and says how to find it", () => {
    const vague = suites.filter(({ stage, needs, probe }) => stage === "ci" && !(needs && probe));
    expect(vague).toEqual([]);
  });
});
