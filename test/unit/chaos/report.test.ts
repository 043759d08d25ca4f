import { expect, test } from "vitest";
import { percentile, Tally } from "../../../chaos/load/outcomes.ts";
import { sectionOf, withSection } from "../../../chaos/output/report.ts";
import type { Results } from "../../../chaos/output/results.ts";

const tally = new Tally();
for (const ms of [10, 20, 30]) tally.add({ kind: "exec", outcome: "ok", ms, isCalm: true });
tally.add({ kind: "exec", outcome: "unanswered", ms: 15_000, isCalm: false });

const results: Results = {
  seed: 7,
  minutes: 3,
  at: "2026-01-02T03:04:05.000Z",
  machine: "2 × some processor",
  rounds: 5,
  elapsedMs: 240_000,
  faults: [{ name: "server killed", target: "server-1", atMs: 1_000, lastedMs: 4_000 }],
  skipped: { "disk full": "no file system can be mounted here" },
  requests: tally.rows(),
  recoveryMs: { "pools are full again": 12_300 },
  violations: [{ atMs: 90_000, promise: "I1", what: "a|b", evidence: null, faults: ["server killed"] }],
};

test("the report names the run, its faults, requests, recovery and violations", () => {
  const section = sectionOf(results);
  expect(section).toContain("`npm run chaos -- --minutes 3 --seed 7` on 2026-01-02");
  expect(section).toContain("| server killed | 1 | 4.0 |  |");
  expect(section).toContain("| disk full | 0 | – | no file system can be mounted here |");
  expect(section).toContain("| exec | 3 | 0 | 0 | 1 | 0 | 20 / 30 | – / – |");
  expect(section).toContain("| pools are full again | 12.3 |");
  expect(section).toContain("| 90.0 | I1 | a\\|b | server killed |");
});

test("the report takes the place of the one before it, and leaves the rest of the document alone", () => {
  const once = withSection("# Reliability\n\nWords.\n", "first");
  expect(once).toContain("Words.");
  const twice = withSection(`${once}\nMore words.\n`, "second");
  expect(twice).toContain("second");
  expect(twice).not.toContain("first");
  expect(twice).toMatch(/Words\.[\s\S]*More words\.\n$/);
});

test("a percentile is a value that was measured", () => {
  expect(percentile([3, 1, 2], 0.5)).toBe(2);
  expect(percentile([3, 1, 2], 0.99)).toBe(3);
  expect(percentile([], 0.5)).toBeNull();
});
