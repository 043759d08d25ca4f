import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Results } from "../../chaos/output/results.ts";
import { root } from "../support/server-process.ts";

// Three servers, three daemons and PostgreSQL with faults from one seed. PREWARM_CHAOS_MINUTES makes it shorter or
// longer, PREWARM_CHAOS_SEED another one.

const minutes = Number(process.env["PREWARM_CHAOS_MINUTES"] ?? "3");
const seed = process.env["PREWARM_CHAOS_SEED"] ?? "1";
/** Start, the last round, and the last look for what was left behind. */
const besideMs = 420_000;
const limitMs = minutes * 60_000 + besideMs;
const out = mkdtempSync(path.join(tmpdir(), "prewarm-chaos-results-"));

afterAll(() => rmSync(out, { recursive: true, force: true }));

test("minutes of chaos break no promise", { timeout: limitMs + 30_000 }, () => {
  const args = ["chaos", "--minutes", String(minutes), "--seed", seed, "--out", path.join(out, "run")];
  const done = spawnSync(process.execPath, [path.join(root, "tools/bootstrap.mjs"), ...args], {
    cwd: root,
    encoding: "utf8",
    timeout: limitMs,
  });
  const output = done.stdout + done.stderr;
  // Written by the run in this shape.
  const results = JSON.parse(readFileSync(path.join(out, "run/results.json"), "utf8")) as Results;
  expect(results.violations, output).toEqual([]);
  expect(results.rounds, output).toBeGreaterThan(0);
  expect(results.requests.find(({ kind }) => kind === "exec")?.counts.ok, output).toBeGreaterThan(0);
  expect(done.status, output).toBe(0);
});
