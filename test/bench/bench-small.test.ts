import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../support/server-process.ts";

// Whether the benchmarks work and write what the report reads; never how fast anything was.

const bootstrap = path.join(root, "tools/bootstrap.mjs");
const ids = [
  "B1",
  "B2",
  "B3",
  "B4",
  "B5",
  "B6",
  "B7",
  "B8",
  "B9",
  "B10",
  "B11",
  "B12",
  "B13",
  "B14",
  "B15",
  "B16",
  "B17",
  "B18",
  "B19",
  "B20",
  "S17",
];
const runWithinMs = 720_000;

interface Written {
  readonly isSmall: boolean;
  readonly at: string;
  readonly machine: Readonly<Record<string, unknown>>;
  readonly benchmarks: readonly {
    readonly id: string;
    readonly setup: string;
    readonly rows: readonly { readonly case: string; readonly values: Readonly<Record<string, unknown>> }[];
    readonly targets: readonly Readonly<Record<string, unknown>>[];
  }[];
}

function bench(...args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const done = spawnSync(process.execPath, [bootstrap, "bench", ...args], { cwd: root, encoding: "utf8" });
  return { status: done.status, output: done.stdout + done.stderr };
}

let folder: string;
let out: string;
let run: ReturnType<typeof bench>;
let written: Written;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "prewarm-bench-test-"));
  out = path.join(folder, "small.json");
  run = bench("--small", "--out", out);
  if (run.status === 0) written = JSON.parse(readFileSync(out, "utf8")) as Written;
}, runWithinMs);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("npm run bench -- --small", () => {
  test("runs every benchmark and prints its table", () => {
    expect(run, run.output).toMatchObject({ status: 0 });
    for (const id of ids) expect(run.output).toMatch(new RegExp(`^${id} `, "m"));
    expect(written.benchmarks.map(({ id }) => id)).toEqual(ids);
  });

  test("says on what machine it ran, and that its sizes are small", () => {
    expect(written).toMatchObject({
      isSmall: true,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      machine: {
        cores: expect.any(Number),
        memoryGiB: expect.any(Number),
        cpuModel: expect.any(String),
        nodeVersion: process.versions.node,
        postgresVersion: expect.stringMatching(/^\d+/),
      },
    });
  });

  test("measures: every row has values, and each is a number or a word", () => {
    for (const { id, setup, rows } of written.benchmarks) {
      expect(setup, id).not.toBe("");
      expect(rows.length, id).toBeGreaterThan(0);
      for (const row of rows) {
        const values = Object.values(row.values);
        expect(values.length, `${id} ${row.case}`).toBeGreaterThan(0);
        // What is not a finite number is null in JSON.
        for (const value of values) expect(["number", "string"], `${id} ${row.case}`).toContain(typeof value);
      }
    }
  });

  test("compares with the targets, whatever the answer", () => {
    const target = {
      what: expect.any(String),
      wanted: expect.any(String),
      measured: expect.any(String),
      isMet: expect.any(Boolean),
    };
    for (const { id, targets } of written.benchmarks) {
      expect(targets.length, id).toBeGreaterThan(0);
      for (const one of targets) expect(one).toEqual(target);
    }
  });

  test("serves every request of the HTTP load from the pool", () => {
    const http = written.benchmarks.find(({ id }) => id === "B5");
    for (const { values } of http?.rows ?? []) expect(values).toMatchObject({ cold: 0, errors: 0 });
    expect(http?.rows.map((row) => row.case)).toEqual(["50/s", "burst of 50"]);
  });

  test("its figures make a report", () => {
    const report = bench("--report", "--out", out);
    expect(report, report.output).toMatchObject({ status: 0 });
    for (const id of ids) expect(report.output).toContain(`## ${id}: `);
    expect(report.output).not.toMatch(/undefined|NaN/);
  });

  test("a benchmark that there is not is refused, with those that there are", () => {
    const refused = bench("--only", "B99");
    expect(refused.status).toBe(1);
    expect(refused.output).toContain('no benchmark "B99"');
    expect(refused.output).toContain("B4 (claim, in the database)");
  });
});
