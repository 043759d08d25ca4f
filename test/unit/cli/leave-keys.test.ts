import { expect, test } from "vitest";
import { LeaveKeys } from "../../../src/cli/terminal/leave-keys.ts";

/** Types it key by key, and all at once: both have to mean the same. */
function typed(text: string): string {
  const results = [[...text], [text]].map((pieces) => {
    const keys = new LeaveKeys();
    let passed = "";
    for (const piece of pieces) {
      const taken = keys.take(Buffer.from(piece, "latin1"));
      passed += taken.passed.toString("latin1");
      if (taken.isLeaving) return `${passed}|left`;
    }
    return passed;
  });
  expect(results[0]).toBe(results[1]);
  return results[0] ?? "";
}

test.each([
  ["~.", "|left"],
  ["ls\r~.", "ls\r|left"],
  ["ls\n~.rest", "ls\n|left"],
  ["ls ~.", "ls ~."],
  ["\r~~.", "\r~."],
  ["\r~x", "\r~x"],
  ["\r~\r~.", "\r~\r|left"],
  ["cd ~\r", "cd ~\r"],
])("of %j the program gets, and whoever types leaves by, %j", (keys, expected) => {
  expect(typed(keys)).toBe(expected);
});
