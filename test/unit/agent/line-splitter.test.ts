import { expect, test } from "vitest";
import { LineSplitter } from "../../../src/agent/line-splitter.ts";
import { SecretMasks } from "../../../src/agent/secret-mask.ts";
import { logLineLengthMax } from "../../../src/contracts/limits.ts";

function split(...pieces: readonly (string | Buffer)[]): readonly string[] {
  return splitMasked([], ...pieces);
}

function splitMasked(secrets: readonly string[], ...pieces: readonly (string | Buffer)[]): readonly string[] {
  const lines: string[] = [];
  const masks = new SecretMasks();
  masks.include(secrets);
  const splitter = new LineSplitter(masks, (line) => lines.push(line));
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

test("a secret is masked also where a line of the greatest length is cut, and in a last line without end", () => {
  const before = "x".repeat(logLineLengthMax - 4);
  const lines = splitMasked(["hunter2 hunter2"], `${before}hunter2 hun`, "ter2\nsay hunter2 ", "hunter2");
  expect(lines).toEqual([`${before}***`, "say ***"]);
});

test("a secret of several lines is masked as a whole, and each of its lines that is long enough alone", () => {
  const key = "-- begin --\nline one of it\nshort\n-- end --";
  const lines = splitMasked(
    [key],
    `a\n${key.slice(0, 20)}`,
    `${key.slice(20)}\nb\nthe second: line one of it\nshort\n`,
  );
  expect(lines).toEqual(["a", "***", "b", "the second: ***", "short"]);
});

test("a value of fewer than eight characters is printed as it is", () => {
  expect(splitMasked(["seven77", "  x  "], "seven77 is   x   short\n")).toEqual(["seven77 is   x   short"]);
});
