import { visibleLine, visibleText } from "../../contracts/visible-text.ts";

/**
 * One line of text from elsewhere, with what would steer the terminal written out: a build log is written by whoever wrote
 * the template, and is read by administrators.
 */
export function printable(text: string): string {
  return visibleLine(text);
}

/** The styles of `paint.ts`. */
// oxlint-disable-next-line no-control-regex -- These are control characters.
const ownStyles = /(\u001b\[(?:1|2|22|31|32|33|39)m)/;

/** Everything that is printed goes through this last, for what was not made printable where it was put together. */
export function printableWithStyles(text: string): string {
  return text
    .split(ownStyles)
    .map((part, nth) => (nth % 2 === 1 ? part : visibleText(part)))
    .join("");
}
