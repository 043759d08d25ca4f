import { type AnsiSpan, parseAnsi } from "../../../contracts/ansi.ts";
import { classesOf } from "./ansi-looks.ts";

/** A piece of a line as it is drawn. */
export interface LinePart {
  readonly text: string;
  readonly classes: string;
  /** An address that it leads to; null for plain text. */
  readonly href: string | null;
  readonly isMatch: boolean;
}

export interface DrawnLine {
  readonly parts: readonly LinePart[];
  /** Characters that are left out. */
  readonly hidden: number;
}

/** Of one line. A browser lays out a line of a megabyte for seconds; all of it is in the download. */
export const charactersShownMax = 4_000;
/** Of one line, colours included: to draw it must not take longer than a frame. */
const charactersLookedMax = 65_536;
const matchesShownMax = 200;

// What ends a sentence is not part of an address in it.
const addresses = /\bhttps?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}]/g;

/** A line in parts: its colours, its addresses, and where it has what is searched for. */
export function drawLine(line: string, needle: string): DrawnLine {
  const spans = parseAnsi(line.slice(0, charactersLookedMax));
  const text = spans.map((span) => span.text).join("");
  const shown = text.slice(0, charactersShownMax);
  const marks = marksOf(shown, needle);
  const parts: LinePart[] = [];
  let at = 0;
  for (const span of clipped(spans)) {
    const classes = classesOf(span.style);
    const end = at + span.text.length;
    const cuts = [at, ...marks.flatMap(({ from, to }) => [from, to]).filter((cut) => cut > at && cut < end), end];
    const ordered = [...new Set(cuts)].sort((one, other) => one - other);
    for (const [nth, from] of ordered.slice(0, -1).entries()) {
      const to = ordered[nth + 1] ?? end;
      const inside = marks.filter((mark) => mark.from <= from && mark.to >= to);
      parts.push({
        text: shown.slice(from, to),
        classes,
        href: inside.find(({ href }) => href !== null)?.href ?? null,
        isMatch: inside.some(({ href }) => href === null),
      });
    }
    at = end;
  }
  return { parts, hidden: text.length - shown.length + Math.max(0, line.length - charactersLookedMax) };
}

function clipped(spans: readonly AnsiSpan[]): readonly AnsiSpan[] {
  const kept: AnsiSpan[] = [];
  let left = charactersShownMax;
  for (const { text, style } of spans) {
    if (left <= 0) break;
    kept.push({ text: text.slice(0, left), style });
    left -= text.length;
  }
  return kept;
}

interface Mark {
  readonly from: number;
  readonly to: number;
  /** Null for what was searched for. */
  readonly href: string | null;
}

function marksOf(text: string, needle: string): readonly Mark[] {
  const marks: Mark[] = [];
  for (const { 0: href, index } of text.matchAll(addresses)) {
    if (URL.canParse(href)) marks.push({ from: index, to: index + href.length, href });
  }
  if (needle === "") return marks;
  const [hay, wanted] = [text.toLowerCase(), needle.toLowerCase()];
  // A letter may become two in lower case: then the places are others, and nothing is marked.
  if (hay.length !== text.length) return marks;
  for (
    let at = hay.indexOf(wanted);
    at >= 0 && marks.length < matchesShownMax;
    at = hay.indexOf(wanted, at + wanted.length)
  ) {
    marks.push({ from: at, to: at + wanted.length, href: null });
  }
  return marks;
}
