import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AnsiSpan, parseAnsi, plainStyle, plainText } from "../../src/contracts/ansi.ts";
import { charactersShownMax, drawLine } from "../../src/dashboard/components/log-view/line-parts.ts";

const ESC = "\u001b";
const styleOf = (line: string) => parseAnsi(line).at(-1)?.style;

/** Pieces that a program may print, whole and broken. */
const piece = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 6 }),
  fc.constantFrom(
    "\r",
    "\b",
    "\u0007",
    "\u202e",
    "\u2066",
    "\ufeff",
    "\u0000",
    ESC,
    `${ESC}[`,
    `${ESC}]0;`,
    "\u009b31m",
  ),
  fc.array(fc.nat({ max: 300 }), { maxLength: 8 }).map((codes) => `${ESC}[${codes.join(";")}m`),
  fc.constantFrom(
    `${ESC}[2K`,
    `${ESC}[1G`,
    `${ESC}[10;4H`,
    `${ESC}[?25l`,
    `${ESC}(B`,
    `${ESC}]0;title\u0007`,
    `${ESC}[38;2;1`,
  ),
);
const line = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(""));

// oxlint-disable-next-line no-control-regex -- What must never be shown as it is.
const unseen = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

describe("of any line", () => {
  test("nothing that steers a terminal, cannot be seen or turns the text is left as it is", () => {
    fc.assert(
      fc.property(line, (text) => {
        expect(plainText(text)).not.toMatch(unseen);
      }),
    );
  });

  test("a text without such characters is left as it is, in one part", () => {
    const harmless = fc.string({ unit: fc.constantFrom("a", " ", "é", "[", "m", "日", "<", "&", "\t"), minLength: 1 });
    fc.assert(
      fc.property(harmless, (text) => {
        expect(parseAnsi(text)).toEqual([{ text, style: plainStyle }]);
      }),
    );
  });

  test("no part is empty, and neighbours differ in style", () => {
    fc.assert(
      fc.property(line, (text) => {
        const spans = parseAnsi(text);
        expect(spans.every((span) => span.text !== "")).toBe(true);
        const twins = spans.filter((span, nth) => nth > 0 && span.style === spans[nth - 1]?.style);
        expect(twins).toEqual([]);
      }),
    );
  });

  test("what is written behind a carriage return is what is seen", () => {
    const words = fc.stringMatching(/^[a-z %0-9]{1,12}$/);
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 6 }), fc.boolean(), (states, endsBack) => {
        expect(plainText(states.join("\r") + (endsBack ? "\r" : ""))).toBe(states.at(-1));
      }),
    );
  });

  test("what is drawn is its text, cut at its limit, whatever is searched for", () => {
    fc.assert(
      fc.property(line, fc.string({ maxLength: 3 }), (text, needle) => {
        const { parts, hidden } = drawLine(text, needle);
        const shown = parts.map((part) => part.text).join("");
        expect(shown).toBe(plainText(text).slice(0, charactersShownMax));
        expect(hidden).toBe(plainText(text).length - shown.length);
      }),
    );
  });
});

describe("colours", () => {
  test.each([
    ["31", 1],
    ["97", 15],
    ["38;5;9", 9],
    ["38;5;196", 9],
    ["38;5;28", 2],
    ["38;5;244", 8],
    ["38;5;255", 15],
    ["38;2;255;0;0", 9],
    ["38:2:0:120:130", 6],
    ["38;2;10;10;12", 0],
  ])("%s is the colour %i", (codes, color) => {
    expect(styleOf(`${ESC}[${codes}mx`)?.color).toBe(color);
  });

  test("go on until they are taken back, through a progress bar too", () => {
    expect(parseAnsi(`${ESC}[1;32m10 %\r100 %${ESC}[0m done`)).toEqual<readonly AnsiSpan[]>([
      { text: "100 %", style: { ...plainStyle, isBold: true, color: 2 } },
      { text: " done", style: plainStyle },
    ]);
    expect(styleOf(`${ESC}[41;4m${ESC}[49mx`)).toEqual({ ...plainStyle, isUnderlined: true });
  });

  test("of a broken sequence change nothing but themselves", () => {
    expect(plainText(`a${ESC}[38;2;1mb${ESC}[mc`)).toBe("abc");
    expect(plainText(`a${ESC}[31`)).toBe("a\\x1b[31");
  });
});

test("only addresses of the web are links, without the full stop behind them", () => {
  const links = (text: string) => drawLine(text, "").parts.flatMap(({ href }) => href ?? []);
  expect(links("see https://a.example/b?c=1, or (http://b.example/).")).toEqual([
    "https://a.example/b?c=1",
    "http://b.example/",
  ]);
  expect(links("javascript:alert(1) data:text/html,x file:///etc/passwd ftp://a.example/")).toEqual([]);
});

test("a line of a megabyte is drawn in no time, whatever it is made of", () => {
  const begun = performance.now();
  for (const unit of ["x", `${ESC}[31m`, `${ESC}]0;`, "\r", "http://", `${ESC}[`, "\u202e", "38;"]) {
    const { parts } = drawLine(unit.repeat(1_000_000 / unit.length), "xx");
    expect(parts.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(charactersShownMax);
  }
  expect(performance.now() - begun).toBeLessThan(5_000);
});
