import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { resultSection, writeResultSection } from "../../../mutations/run/result-table.ts";
import type { MutationResult } from "../../../mutations/run/try-mutation.ts";

const group = {
  title: "Locks",
  mutations: ["caught-one", "uncaught-one", "left-out"].map((name) => ({
    name,
    breaks: `a | b\n${name}`,
    edits: [],
    tests: [],
  })),
};
const results: readonly MutationResult[] = [
  { name: "caught-one", breaks: "", outcome: { kind: "caught", by: "test/db/x.test.ts > it | holds" }, seconds: 1 },
  { name: "uncaught-one", breaks: "", outcome: { kind: "uncaught" }, seconds: 1 },
];
const rows = [
  "| `caught-one` | a \\| b caught-one | test/db/x.test.ts > it \\| holds |",
  "| `uncaught-one` | a \\| b uncaught-one | NOTHING |",
  "| `left-out` | a \\| b left-out | not tried |",
];

test("each group is a table, in which what nothing noticed stands out", () => {
  expect(resultSection([group], results).split("\n").slice(-3)).toEqual(rows);
});

test("a report replaces what is between its marks, and nothing else; a document without them is refused", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "prewarm-results-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "testing.md");
  const real = readFileSync(path.resolve(import.meta.dirname, "../../../docs/testing.md"), "utf8");
  writeFileSync(file, real);
  writeResultSection(file, "new");
  writeResultSection(file, "newer");
  const [before] = real.split("<!-- Written");
  expect(readFileSync(file, "utf8").startsWith(before ?? "")).toBe(true);
  expect(readFileSync(file, "utf8")).toContain("\n\nnewer\n\n<!-- The end of what mutations write. -->\n");
  writeFileSync(file, "# Nothing\n");
  expect(() => writeResultSection(file, "new")).toThrow(/two marks are missing/);
});
