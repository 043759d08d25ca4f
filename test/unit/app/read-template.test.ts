import { describe, expect, test } from "vitest";
import { readTemplateText } from "../../../src/app/templates/manifest-reader.ts";

const lines = (...text: readonly string[]): string => ["driver: process", ...text].join("\n");

/** What is refused, each with its line. */
function refusals(text: string): readonly string[] {
  const read = readTemplateText(text);
  return read.kind === "ok" ? [] : read.problems.map(({ line, reason }) => `${line}: ${reason}`);
}

function defaultsOf(...parameters: readonly string[]): unknown {
  const read = readTemplateText(lines("parameters:", ...parameters.map((one) => `  - { ${one} }`)));
  return read.kind === "ok" ? read.manifest.parameters?.map((parameter) => parameter.default) : read.problems;
}

describe("a value of a parameter is the text that was written", () => {
  test.each([
    "1.20",
    "0755",
    "123456789012345678901",
    "0x1F",
    "1e3",
    "3.10",
    "no",
    "2024-01-01",
    "08",
    "on",
    "True",
  ])("%s", (written) => {
    expect(defaultsOf(`name: a, default: ${written}`)).toEqual([written]);
  });

  test("in options, in lists and in presets too", () => {
    const read = readTemplateText(
      lines(
        "parameters:",
        "  - { name: go, default: 1.20, options: [{ value: 1.20 }, { value: 1.21 }] }",
        "  - { name: all, type: list, default: [1.20, 0755] }",
        "presets:",
        "  - { name: small, parameters: { go: 1.20, all: [08] } }",
      ),
    );
    expect(read).toMatchObject({
      kind: "ok",
      manifest: { parameters: [{ default: "1.20", options: [{ value: "1.20" }, {}] }, { default: ["1.20", "0755"] }] },
      presets: [{ parameters: { go: "1.20", all: '["08"]' } }],
    });
  });

  test("a truth and a number are read however YAML spells them, and no digit is lost", () => {
    expect(defaultsOf("name: a, type: bool, default: True")).toEqual(["true"]);
    const numbers = ["1.20", ".5", "+5", "0x1F", "12345678901234567890"];
    expect(defaultsOf(...numbers.map((one, nth) => `name: n${nth}, type: number, default: ${one}`))).toEqual([
      "1.20",
      "0.5",
      "5",
      "31",
      "12345678901234567890",
    ]);
  });
});

describe("a number that would be another one is refused, and how to write it is said", () => {
  test.each([
    ["cost: 010", "2: 010 begins with 0"],
    ["cost: 12345678901234567890", "2: 12345678901234567890 has more digits"],
    ["cost: .inf", "2: .inf is no number"],
    ["display_name: 1.20", "2: it must be string, but is 1.2; quote it"],
    ["agents: [{ name: a, env: { PORT: 8080 } }]", "2: it must be string, but is 8080; quote it"],
  ])("%s", (text, reason) => {
    expect(refusals(lines(text))).toEqual([expect.stringContaining(reason)]);
  });
});

describe("what cannot be stored, or would unfold, is refused with its line", () => {
  test.each([
    ["NUL as it is", "description: a\0b", "1: it holds the character U+0000"],
    ["NUL in words", 'description: "a\\0b"', "2: this text cannot be stored: it holds the character U+0000"],
    ["half a surrogate pair", 'description: "\\ud83d"', "2: this text cannot be stored: it holds half"],
    ["half a surrogate pair in a key", 'tags: { "\\ud83d": a }', "2: this key cannot be stored"],
    ["an alias of nothing", "description: *x", "2: *x names an anchor that does not come before it"],
    ["an alias that holds itself", "tags: &a [*a]", "2: *a holds itself"],
    ["a key that is a list", "? [a]\n: b", "2: a key must be text"],
    ["a key that is there twice", "cost: 1\ncost: 2", '3: the key "cost" is there twice'],
    ["a key that is there as number and text", 'tags: { 1: a, "1": b }', '2: the key "1" is there twice'],
    ["depth", `tags: ${"[".repeat(40)}${"]".repeat(40)}`, "2: it is nested more than 32 deep"],
    ["depth beyond the stack", `tags: ${"[".repeat(20_000)}${"]".repeat(20_000)}`, "2: it is nested more than 32 deep"],
  ])("%s", (_, text, reason) => {
    expect(refusals(lines(text))).toEqual([expect.stringContaining(reason)]);
  });

  test("aliases that unfold a thousandfold", () => {
    const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const unfolding = names.slice(1).map((name, nth) => {
      const nine = Array.from({ length: 9 }, () => `*${names[nth]}`).join(", ");
      return `${name}: &${name} [${nine}]`;
    });
    expect(refusals(lines("a: &a [x, x, x]", ...unfolding))).toEqual([expect.stringContaining("aliases unfolded")]);
  });

  test("anchors that are used as they are meant stay", () => {
    const read = readTemplateText(lines("display_name: &same Go", "description: *same"));
    expect(read).toMatchObject({ kind: "ok", manifest: { display_name: "Go", description: "Go" } });
  });
});

// With each key compared with every other one, the first took 16 s and the second 131 s.
test.each([19_000, 60_000])("%d keys are read, or refused, without comparing each with each", (count) => {
  const keys = Array.from({ length: count }, (_, nth) => `  k${nth}: v`);
  const began = performance.now();
  expect(refusals(lines("tags:", ...keys)).length).toBe(count > 20_000 ? 1 : 0);
  expect(performance.now() - began).toBeLessThan(10_000);
});
