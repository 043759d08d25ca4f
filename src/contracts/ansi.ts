import { visibleLine } from "./visible-text.ts";

/** One of the sixteen colours of a terminal, 0 to 15; whatever else a program asks for is the nearest of them. */
export type AnsiColor = number;

export interface AnsiStyle {
  readonly color: AnsiColor | null;
  readonly background: AnsiColor | null;
  readonly isBold: boolean;
  readonly isFaint: boolean;
  readonly isItalic: boolean;
  readonly isUnderlined: boolean;
  readonly isStruck: boolean;
  readonly isInverse: boolean;
}

export interface AnsiSpan {
  readonly text: string;
  readonly style: AnsiStyle;
}

export const plainStyle: AnsiStyle = {
  color: null,
  background: null,
  isBold: false,
  isFaint: false,
  isItalic: false,
  isUnderlined: false,
  isStruck: false,
  isInverse: false,
};

// Control sequences, commands to the terminal (titles, links) with their end, other escapes of two or three characters,
// and what goes back to the beginning of the line. Each part is bounded by what may follow, so that a line of a megabyte
// takes one pass.
const sequences =
  // oxlint-disable-next-line no-control-regex -- Control characters are what this file is about.
  /(?:\u001b\[|\u009b)([0-?]*)[ -/]*([@-~])|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[ -/]?[0-OQ-WYZ`-~]|\r/g;

/**
 * A line of a program's output in parts of one style each. What goes back to the line's beginning and writes over it, as
 * progress bars do, leaves the last state; other movements of the cursor are left out. Whatever else would not be seen,
 * or would turn the direction of the text, is written out (`\x07`, `\u202e`).
 */
export function parseAnsi(line: string): readonly AnsiSpan[] {
  let spans: AnsiSpan[] = [];
  let style = plainStyle;
  let isBack = false;
  const write = (raw: string): void => {
    if (raw === "") return;
    if (isBack) spans = [];
    isBack = false;
    const text = visibleLine(raw);
    const last = spans.at(-1);
    if (last !== undefined && last.style === style) spans[spans.length - 1] = { text: last.text + text, style };
    else spans.push({ text, style });
  };
  let from = 0;
  for (const match of line.matchAll(sequences)) {
    write(line.slice(from, match.index));
    from = match.index + match[0].length;
    const [whole, parameters = "", final] = match;
    if (whole === "\r" || (final === "G" && Number(parameters || 1) <= 1)) isBack = true;
    else if (final === "m") style = styled(style, parameters);
    else if (final === "K" && parameters === "2") spans = [];
  }
  write(line.slice(from));
  return spans;
}

/** The line's text as it is shown, without its colours. */
export function plainText(line: string): string {
  return parseAnsi(line)
    .map(({ text }) => text)
    .join("");
}

const switches: Readonly<Record<number, Partial<AnsiStyle>>> = {
  1: { isBold: true },
  2: { isFaint: true },
  3: { isItalic: true },
  4: { isUnderlined: true },
  7: { isInverse: true },
  9: { isStruck: true },
  21: { isUnderlined: true },
  22: { isBold: false, isFaint: false },
  23: { isItalic: false },
  24: { isUnderlined: false },
  27: { isInverse: false },
  29: { isStruck: false },
  39: { color: null },
  49: { background: null },
};

/** More than a program ever needs at once; the rest of a sequence without end is passed over. */
const codesMax = 64;

function styled(before: AnsiStyle, parameters: string): AnsiStyle {
  let style = before;
  // A colour's parts are divided by either.
  const codes = parameters.split(/[;:]/, codesMax).map((part) => Number.parseInt(part || "0", 10));
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    if (code === 38 || code === 48) {
      const { color, length } = extendedColor(codes.slice(at + 1));
      if (color !== undefined) style = { ...style, [code === 38 ? "color" : "background"]: color };
      at += length;
    } else style = code === 0 ? plainStyle : { ...style, ...(switches[code] ?? basicColor(code)) };
  }
  return style;
}

function basicColor(code: number): Partial<AnsiStyle> {
  if (code >= 30 && code <= 37) return { color: code - 30 };
  if (code >= 40 && code <= 47) return { background: code - 40 };
  if (code >= 90 && code <= 97) return { color: code - 82 };
  if (code >= 100 && code <= 107) return { background: code - 92 };
  return {};
}

function extendedColor(codes: readonly number[]): { readonly color?: AnsiColor; readonly length: number } {
  const [kind, first = 0, second = 0, third = 0] = codes;
  if (kind === 5) return { color: colorOfPalette(first), length: 2 };
  if (kind === 2) return { color: nearestColor(first, second, third), length: 4 };
  return { length: 0 };
}

function colorOfPalette(index: number): AnsiColor {
  if (index < 16) return Math.max(0, index);
  if (index >= 232) {
    const grey = 8 + (Math.min(index, 255) - 232) * 10;
    return nearestColor(grey, grey, grey);
  }
  const level = (step: number): number => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  return nearestColor(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

/** A colour with this much less of one of its parts than of another has a hue; else it is a grey. */
const hueFrom = 48;
const brightFrom = 170;
const whiteFrom = 200;
const greyFrom = 64;

/** By its hue: a program's shades were chosen for a background that may not be this one. */
function nearestColor(red: number, green: number, blue: number): AnsiColor {
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  if (most - least < hueFrom) return most >= whiteFrom ? 15 : most >= brightFrom ? 7 : most >= greyFrom ? 8 : 0;
  const middle = (most + least) / 2;
  const hue = (red > middle ? 1 : 0) + (green > middle ? 2 : 0) + (blue > middle ? 4 : 0);
  return most > brightFrom + 32 ? hue + 8 : hue;
}

/** Whether a line has a text as it is shown, whatever its case: what both the server and the page search a log by. */
export function lineHas(line: string, lowerCaseText: string): boolean {
  // Most lines have no colours and nothing to hide: those need no parsing.
  const isPlain = !line.includes("\u001b") && !line.includes("\r");
  return (isPlain ? line : plainText(line)).toLowerCase().includes(lowerCaseText);
}
