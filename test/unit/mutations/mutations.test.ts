import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { mutations as chaosMutations } from "../../../chaos/mutations/mutations.ts";
import { applyEdit } from "../../../mutations/run/apply-edit.ts";
import { failedTest } from "../../../mutations/run/run-tests.ts";
import { allMutations } from "../../../mutations/table/all-mutations.ts";

const root = path.resolve(import.meta.dirname, "../../..");

function textOf(file: string): string {
  return readFileSync(path.join(root, file), "utf8");
}

describe("the changes for the worse that tests must notice", () => {
  test("have a name each, in kebab-case", () => {
    const names = allMutations.map(({ name }) => name);
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)+$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(allMutations)("$name is still where its edit looks for it, and its tests are there", (mutation) => {
    const changed = new Map<string, string>();
    for (const edit of mutation.edits) {
      changed.set(edit.file, applyEdit(changed.get(edit.file) ?? textOf(edit.file), edit));
    }
    for (const [file, text] of changed) expect(text).not.toBe(textOf(file));
    expect(mutation.tests.length).toBeGreaterThan(0);
    for (const file of mutation.tests) expect(textOf(file)).not.toBe("");
  });

  test("an edit whose place is gone, or is there twice, is refused", () => {
    const edit = { file: "some.ts", find: "lock", replace: "" };
    expect(() => applyEdit("nothing", edit)).toThrow(/0 places/);
    expect(() => applyEdit("lock lock", edit)).toThrow(/2 places/);
    expect(applyEdit("a lock", { ...edit, replace: "$&" })).toBe("a $&");
  });

  test("at least twelve of them are tried under chaos, too, and the faults named for them are for such", () => {
    expect(chaosMutations.length).toBeGreaterThanOrEqual(12);
    expect(chaosMutations.filter(({ faults }) => faults !== undefined).length).toBe(7);
  });

  test("every one is in the documentation with what caught it", () => {
    const rows = [...textOf("docs/testing.md").matchAll(/^\| `([a-z0-9-]+)` \| .* \| (.*) \|$/gm)];
    expect(rows.map(([, name]) => name)).toEqual(allMutations.map(({ name }) => name));
    expect(rows.filter(([, , by]) => !/^(test|tools)\//.test(by ?? "")).map(([, name]) => name)).toEqual([]);
  });
});

test("the first failed test is found in what vitest prints, in colours or without", () => {
  const line = "\u001b[41m FAIL \u001b[49m database test/db/queue.test.ts > a job > waits for its turn";
  expect(failedTest(`noise\n${line}\nmore`, "otherwise")).toBe("test/db/queue.test.ts > a job > waits for its turn");
  expect(failedTest("it did not even begin", "test/db/queue.test.ts")).toBe("test/db/queue.test.ts");
});
