// Colours and weights of a terminal, which say nothing: programs of a build write them between words.
// oxlint-disable-next-line no-control-regex -- Control characters are what this file is about.
const styles = /\u001b\[[0-9;:]*m/g;
// Control characters but tab and line feed, C1 included; what turns the direction of writing; other ends of a line; what
// takes no room, but for the joiners, which scripts and emoji are written with.
const unseen =
  // oxlint-disable-next-line no-control-regex -- Control characters are what this file is about.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;
const names: Readonly<Record<string, string>> = { "\r": "\\r", "\u0008": "\\b", "\u000c": "\\f", "\u000b": "\\v" };

function nameOf(character: string): string {
  const known = names[character];
  if (known !== undefined) return known;
  const code = character.codePointAt(0) ?? 0;
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

/** Whether `visibleText` would change nothing of it but ends of lines. */
export function isVisible(text: string): boolean {
  return text.search(unseen) < 0;
}

/**
 * Text from elsewhere as it may be shown on a terminal, in a log or in a mail: whatever would steer the terminal, or make
 * a name look like another one, is written out (`\x1b`, `\u202e`). Colours are left out, and so is a carriage return at a
 * line's end. Lines stay lines.
 */
export function visibleText(text: string): string {
  return text.replaceAll(styles, "").replaceAll(/\r+$/gm, "").replaceAll(unseen, nameOf);
}

/** The same for what has to stay on one line. */
export function visibleLine(text: string): string {
  return visibleText(text).replaceAll("\n", "\\n");
}

/** A line of JSON, which stays the same JSON, without what a terminal would obey: JSON itself writes out U+0000 to U+001F only. */
export function visibleJson(json: string): string {
  return json.replaceAll(unseen, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, "0")}`;
  });
}
