import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { runCommand } from "./run-command.mjs";
import { runVitest } from "./run-vitest.mjs";
import { suites } from "./suites.mjs";
import { ofStep, ofTests, sum, totalsLine } from "./totals.mjs";

const root = path.resolve(import.meta.dirname, "../..");

const tests = (...states: readonly string[]) => states.map((state, index) => ({ name: `test ${index}`, state }));

describe("counting", () => {
  test("tests are counted by their state, and skipped ones are named with their reason", () => {
    const skipped = { name: "needs Docker", state: "skipped", note: "no Docker here" };
    const report = { tests: [...tests("passed", "failed", "passed", "pending"), skipped], brokenFiles: 0, slowest: [] };
    expect(ofTests(report, false)).toEqual({
      passed: 2,
      failed: 1,
      skipped: 2,
      skippedTests: ["test 3", "needs Docker: no Docker here"],
      slowest: [],
    });
  });

  test("a file that does not load is a failure", () => {
    expect(ofTests({ tests: tests("passed"), brokenFiles: 1, slowest: [] }, false)).toMatchObject({
      passed: 1,
      failed: 1,
    });
  });

  test("a run that fails outside of every test is a failure", () => {
    expect(ofTests({ tests: tests("passed"), brokenFiles: 0, slowest: [] }, false)).toMatchObject({
      passed: 1,
      failed: 1,
    });
  });

  test("a run without a report is a failure", () => {
    expect(ofTests(undefined, false)).toMatchObject({ passed: 0, failed: 1, skipped: 0 });
  });

  test("a step counts as one test, and all of it adds up to one line", () => {
    const run = ofTests({ tests: tests("passed", "passed", "skipped"), brokenFiles: 0, slowest: [] }, true);
    expect(totalsLine(sum([run, ofStep(true), ofStep(false)]))).toBe("3 passed, 1 failed, 1 skipped");
  });
});

describe("running tests", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "prewarm-gate-"));
  const suite = { name: "sample", folder: "sample/", stage: "check" } as const;

  beforeAll(() => {
    mkdirSync(path.join(folder, "sample"));
    mkdirSync(path.join(folder, "tools"));
    symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
    symlinkSync(path.join(root, "tools/gate"), path.join(folder, "tools/gate"));
    const head = `import { expect, test } from "vitest";\n`;
    const cases = `test("good", () => {});\ntest("bad", () => expect(1).toBe(2));\n`;
    const skipped = `test("no tool", (context) => context.skip("no Docker"));\n`;
    writeFileSync(path.join(folder, "sample/cases.test.ts"), head + cases + skipped);
    writeFileSync(path.join(folder, "sample/broken.test.ts"), `throw new Error("does not load");\n`);
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test("passed, failed, skipped and broken files are counted, and what failed is shown", async () => {
    const failures = path.join(folder, "failures.txt");
    // Those of this sample are none of the run that this test is part of.
    vi.stubEnv("PREWARM_TEST_FAILURES", failures);
    const run = await runVitest(folder, [suite]).finally(() => vi.unstubAllEnvs());
    expect(readFileSync(failures, "utf8").trimEnd().split("\n").toSorted()).toEqual([
      "sample/broken.test.ts: does not load",
      "sample/cases.test.ts > bad: expected 1 to be 2 // Object.is equality",
    ]);
    const { slowest, ...counts } = run.totals;
    expect(counts).toEqual({ passed: 1, failed: 2, skipped: 1, skippedTests: ["no tool: no Docker"] });
    expect(slowest.map(({ file }) => file).toSorted()).toEqual(["broken.test.ts", "cases.test.ts"]);
    expect(run.ok).toBe(false);
    expect(run.output).toContain("does not load");
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

describe("a checkout in which the server has run", () => {
  test("is formatted as one in which it has not: what git ignores is nothing to the gate", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "prewarm-gate-ran-"));
    try {
      for (const file of ["biome.json", ".gitignore"]) copyFileSync(path.join(root, file), path.join(folder, file));
      symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
      for (const ignored of [".prewarm/data", "coverage", "dist"]) {
        mkdirSync(path.join(folder, ignored), { recursive: true });
        writeFileSync(path.join(folder, ignored, "made.json"), '{"not":     "formatted"}');
      }
      writeFileSync(path.join(folder, "formatted.json"), "{}\n");
      const biome = [process.execPath, path.join(root, "node_modules/@biomejs/biome/bin/biome")];
      const format = () => runCommand([...biome, "format", "--error-on-warnings", "."], { cwd: folder });
      expect(await format()).toMatchObject({ ok: true });
      writeFileSync(path.join(folder, "ours.json"), '{"not":     "formatted"}');
      expect(await format()).toMatchObject({ ok: false });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
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
