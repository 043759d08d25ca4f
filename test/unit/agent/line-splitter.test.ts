import { expect, test } from "vitest";
import { LineSplitter } from "../../../src/agent/line-splitter.ts";
import { logLineLengthMax } from "../../../src/contracts/limits.ts";

function split(...pieces: readonly (string | Buffer)[]): readonly string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const piece of pieces) splitter.push(Buffer.from(piece));
  splitter.end();
  return lines;
}

test("lines are cut wherever the pieces were", () => {
  expect(split("a\nb", "c\r\n", "\nd")).toEqual(["a", "bc", "", "d"]);
});

test("a character that is cut between two pieces stays whole", () => {
  const bytes = Buffer.from("ä\n");
  expect(split(bytes.subarray(0, 1), bytes.subarray(1))).toEqual(["ä"]);
});

test("a line without end becomes lines of the greatest length, and nothing is lost", () => {
  const text = "x".repeat(2.5 * logLineLengthMax);
  const lines = split(text.slice(0, 100), text.slice(100), "\nnext");
  expect(lines.slice(0, -1).every((line) => line.length <= logLineLengthMax)).toBe(true);
  expect(lines.slice(0, -1).join("")).toBe(text);
  expect(lines.at(-1)).toBe("next");
});
