import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { applyEdit } from "../../../chaos/mutations/apply-edit.ts";
import { mutations } from "../../../chaos/mutations/mutations.ts";

const root = path.resolve(import.meta.dirname, "../../..");

describe("the protections that are taken out one by one", () => {
  test("are at least twelve, each with its own name", () => {
    expect(mutations.length).toBeGreaterThanOrEqual(12);
    expect(new Set(mutations.map(({ name }) => name)).size).toBe(mutations.length);
  });

  test.each(mutations)("$name is still where its edit looks for it, and its tests are there", ({ edits, tests }) => {
    for (const edit of edits) {
      const text = readFileSync(path.join(root, edit.file), "utf8");
      expect(applyEdit(text, edit)).not.toBe(text);
    }
    for (const file of tests) expect(readFileSync(path.join(root, file), "utf8")).not.toBe("");
  });

  test("an edit whose place is gone, or is there twice, is refused", () => {
    const edit = { file: "some.ts", find: "lock", replace: "" };
    expect(() => applyEdit("nothing", edit)).toThrow(/0 places/);
    expect(() => applyEdit("lock lock", edit)).toThrow(/2 places/);
    expect(applyEdit("a lock", { ...edit, replace: "$&" })).toBe("a $&");
  });
});
