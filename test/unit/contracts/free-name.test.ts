import { expect, test } from "vitest";
import { calledBy, freeNameFault, slugOf } from "../../../src/contracts/free-name.ts";

test.each([
  "size",
  "Machine Image",
  "Is public instance?",
  "GoLand: Large",
  "A/B = 50 %",
  "größe",
  "机器",
  "🚀",
  "👩‍💻".repeat(2),
  "…",
  "😀".repeat(64),
])("%s is a name", (name) => {
  expect(freeNameFault(name)).toBeNull();
});

test.each([
  ["", "it is empty"],
  [" \t", "it is empty"],
  ["x".repeat(65), "it has 65 characters; at most 64 are allowed"],
  ["two\nlines", "it has characters that cannot be seen"],
  ["a\tb", "it has characters that cannot be seen"],
  ["\u202egpj.exe", "it has characters that cannot be seen"],
  ["zero\u200bwidth", "it has characters that cannot be seen"],
  ["nul\u0000", "it has characters that cannot be seen"],
  [" size", "it begins or ends with a space"],
  [".", "it means something else in an address"],
  ["-", "it means something else in an address"],
  ["..", "it means something else in an address"],
])("%j is none, because %s", (name, reason) => {
  expect(freeNameFault(name)).toBe(reason);
});

test.each([
  ["GoLand: Large", "goland-large"],
  ["small", "small"],
  ["Größe (neu)", "gro-e-neu"],
  ["  A  /  B  ", "a-b"],
  ["C++", "c"],
  ["🚀", ""],
])("the slug of %j is %j", (name, slug) => {
  expect(slugOf(name)).toBe(slug);
});

const called = (text: string, ...names: readonly string[]) =>
  calledBy(
    names.map((name, nth) => ({ name, nth })),
    ({ name }) => name,
    text,
  );

test("a name calls itself before it is anybody's slug, and a slug calls the only one that has it", () => {
  expect(called("goland-large", "GoLand: Large", "small")).toEqual({ name: "GoLand: Large", nth: 0 });
  expect(called("goland-large", "GoLand: Large", "goland-large")).toEqual({ name: "goland-large", nth: 1 });
  expect(called("GoLand: Large", "GoLand: Large")).toEqual({ name: "GoLand: Large", nth: 0 });
});

test("a slug that two names have calls neither of them, and one name in several versions is one", () => {
  expect(called("c", "C++", "C#")).toBeUndefined();
  expect(called("c", "C++", "C++")).toEqual({ name: "C++", nth: 0 });
  expect(called("", "🚀")).toBeUndefined();
});
