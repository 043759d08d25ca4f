import { classNames } from "../class-names.ts";
import type { AnsiStyle } from "../../../contracts/ansi.ts";

// The eight hues of a terminal in colours of ours, which can be read in both themes and on each other. The bright ones
// are the same: what was made to shine on black would not be seen on white.
const texts = [
  "text-muted",
  "text-bad",
  "text-ok",
  "text-warn",
  "text-busy",
  "text-violet",
  "text-accent-text",
  "text-text",
] as const;
const fills = [
  "bg-pressed",
  "bg-bad-soft",
  "bg-ok-soft",
  "bg-warn-soft",
  "bg-busy-soft",
  "bg-violet-soft",
  "bg-accent-soft",
  "bg-pressed",
] as const;

/** Classes of a part of a line; the empty text for one without any style. */
export function classesOf(style: AnsiStyle): string {
  const { isInverse } = style;
  const color = isInverse ? style.background : style.color;
  const background = isInverse ? (style.color ?? 7) : style.background;
  return classNames(
    color !== null && texts[color % texts.length],
    background !== null && fills[background % fills.length],
    style.isBold && "font-semibold",
    style.isFaint && "text-muted",
    style.isItalic && "italic",
    style.isUnderlined && "underline",
    style.isStruck && "line-through",
  );
}
