import { describe, expect, it } from "vitest";
import { paintFor } from "../../../src/cli/output/paint.ts";
import { printable } from "../../../src/cli/output/printable.ts";
import { renderTable } from "../../../src/cli/output/table.ts";
import { elapsedText, relativeTime } from "../../../src/cli/output/time-text.ts";

const now = new Date("2030-01-01T12:00:00.000Z");
const plain = paintFor({ isTerminal: false, env: {} });

describe("times", () => {
  it.each([
    ["2030-01-01T11:59:59.500Z", "just now"],
    ["2030-01-01T11:59:18.000Z", "42 s ago"],
    ["2030-01-01T11:57:00.000Z", "3 min ago"],
    ["2030-01-01T12:02:20.000Z", "in 2 min"],
    ["2030-01-01T19:59:58.000Z", "in 8 h"],
    ["2030-01-01T12:59:59.000Z", "in 1 h"],
    ["2030-01-14T23:59:59.000Z", "in 13 days"],
    ["2030-01-01T12:00:59.700Z", "in 1 min"],
    ["2029-12-31T12:00:00.000Z", "24 h ago"],
    ["2029-12-30T12:00:00.000Z", "2 days ago"],
    ["2029-06-01T00:00:00.000Z", "2029-06-01"],
    [null, "–"],
  ])("%s is %s", (instant, text) => {
    expect(relativeTime(instant, now)).toBe(text);
  });

  it.each([
    [0.4, "0 ms"],
    [84, "84 ms"],
    [999.7, "1.0 s"],
    [1234, "1.2 s"],
    [59_960, "1 min 0 s"],
    [123_400, "2 min 3 s"],
  ])("%d ms is %s", (elapsedMs, text) => {
    expect(elapsedText(elapsedMs)).toBe(text);
  });
});

describe("text from elsewhere", () => {
  it.each([
    ["\u001b[31mred\u001b[0m", "red"],
    ["\u001b]0;title\u0007after", "\\x1b]0;title\\x07after"],
    ["\u001b]8;;http://x\u001b\\link", "\\x1b]8;;http://x\\x1b\\link"],
    ["a\rb\u0008c\u009bd", "a\\rb\\bc\\x9bd"],
    ["admin\u202enimda\u2066", "admin\\u202enimda\\u2066"],
    ["100 %\r", "100 %"],
    ["two\nlines", "two\\nlines"],
    ["\u001b[2Jcleared, \u001b[1;31mred", "\\x1b[2Jcleared, red"],
    ["tab\tstays, ünïcode – too", "tab\tstays, ünïcode – too"],
    ["ends in \u001b", "ends in \\x1b"],
  ])("%j is printed as %j", (text, shown) => {
    expect(printable(text)).toBe(shown);
  });
});

describe("colours", () => {
  it("are used on a terminal", () => {
    expect(paintFor({ isTerminal: true, env: {} }).red("x")).toBe("\u001b[31mx\u001b[39m");
  });

  it.each([
    [{ isTerminal: false, env: {} }],
    [{ isTerminal: true, env: { NO_COLOR: "1" } }],
    [{ isTerminal: true, env: { TERM: "dumb" } }],
  ])("are not used with %j", (facts) => {
    expect(paintFor(facts).red("x")).toBe("x");
  });
});

describe("a table", () => {
  const rows = [
    { name: "one", count: 1 },
    { name: "eleven", count: 11 },
  ];

  it("has no border, aligned columns and no spaces at the end of a line", () => {
    const text = renderTable(
      rows,
      [
        { title: "COUNT", cell: ({ count }) => String(count), align: "right" },
        { title: "NAME", cell: ({ name }) => name },
      ],
      { paint: plain },
    );
    expect(text).toBe("COUNT  NAME\n    1  one\n   11  eleven");
  });

  it("aligns coloured cells as if they were not", () => {
    const { green } = paintFor({ isTerminal: true, env: {} });
    const columns = [
      { title: "NAME", cell: (row: (typeof rows)[number]) => row.name, paint: green },
      { title: "COUNT", cell: (row: (typeof rows)[number]) => String(row.count) },
    ];
    expect(printableLines(renderTable(rows, columns, { paint: plain }))).toEqual([
      "NAME    COUNT",
      "one     1",
      "eleven  11",
    ]);
  });
});

describe("a table on a terminal", () => {
  const rows = [
    { name: "dev", note: "the hook prewarm failed: npm ERR! network timeout at registry", id: "a".repeat(40) },
    { name: "a-name-that-is-longer-than-its-title", note: "short", id: "b" },
  ];
  const columns = [
    { title: "NAME", cell: (row: (typeof rows)[number]) => row.name },
    { title: "NOTE", cell: (row: (typeof rows)[number]) => row.note, paint: (text: string) => `<${text}>` },
    { title: "ID", cell: (row: (typeof rows)[number]) => row.id },
  ];

  it("is no wider than that, and loses nothing", () => {
    const lines = renderTable(rows, columns, { paint: plain, lineWidth: 60 }).split("\n");
    for (const line of lines) expect(line.replaceAll(/[<>]/g, "").length, line).toBeLessThanOrEqual(60);
    const letters = (text: string): string =>
      Array.from(text.replaceAll(/[<>\s]/g, ""))
        .toSorted()
        .join("");
    expect(letters(lines.slice(1).join(""))).toBe(letters(rows.map(({ name, note, id }) => name + note + id).join("")));
    // Each line is coloured for itself, so that no colour runs over into another column.
    expect(lines.filter((line) => line.includes("<")).every((line) => line.includes(">"))).toBe(true);
  });

  it("stays as it is where it fits, or the width is not known", () => {
    const whole = renderTable(rows, columns, { paint: plain });
    expect(whole.split("\n")).toHaveLength(3);
    expect(renderTable(rows, columns, { paint: plain, lineWidth: 200 })).toBe(whole);
  });
});

const printableLines = (text: string): readonly string[] => text.split("\n").map(printable);
