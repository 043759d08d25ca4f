/** What a template's icon is drawn as. None is fetched: what it names may lie anywhere, and would learn who looks. */
export type IconLook =
  | { readonly kind: "glyph"; readonly glyph: Glyph }
  | { readonly kind: "emoji"; readonly text: string }
  | { readonly kind: "letter"; readonly letter: string };

export const glyphs = [
  "box",
  "cloud",
  "code",
  "cpu",
  "database",
  "disk",
  "folder",
  "git",
  "globe",
  "image",
  "key",
  "memory",
  "monitor",
  "network",
  "server",
  "terminal",
  "user",
] as const;
export type Glyph = (typeof glyphs)[number];

/** Other names of the same things, as templates have them. */
const otherNames: Readonly<Record<string, Glyph>> = {
  chip: "cpu",
  container: "box",
  desktop: "monitor",
  docker: "box",
  files: "folder",
  filesystem: "folder",
  "hard-drive": "disk",
  harddrive: "disk",
  language: "code",
  location: "globe",
  package: "box",
  ram: "memory",
  region: "globe",
  repo: "git",
  repository: "git",
  shell: "terminal",
  ssd: "disk",
  storage: "disk",
  web: "globe",
};

/** Code points of one emoji, with all that makes it another one. */
const emojiCodePointsMax = 12;
const hexName = /^[0-9a-f]{2,6}(-[0-9a-f]{2,6})*$/;
const wholeEmoji =
  /^(?:[\p{Emoji}\p{Emoji_Modifier}\p{Regional_Indicator}\u{e0020}-\u{e007f}]|\u200d|\u20e3|\ufe0f)+$/u;
const emojiPart = /[\p{Extended_Pictographic}\p{Regional_Indicator}]|\u20e3/u;

/** Null for no icon. Names are those of files, such as `/icon/docker.svg` and `/emojis/1f427.png`, or emoji themselves. */
export function iconLook(icon: string | undefined): IconLook | null {
  const text = (icon ?? "").trim();
  if (text === "") return null;
  if (isEmoji(text)) return { kind: "emoji", text };
  const name = nameOf(text);
  const emoji = hexName.test(name) ? ofCodePoints(name) : null;
  if (emoji !== null) return { kind: "emoji", text: emoji };
  const glyph = glyphs.find((one) => one === name) ?? (Object.hasOwn(otherNames, name) ? otherNames[name] : undefined);
  if (glyph !== undefined) return { kind: "glyph", glyph };
  return { kind: "letter", letter: /[\p{L}\p{N}]/u.exec(name)?.[0].toUpperCase() ?? "•" };
}

/** The last part of a path or of an address, without what comes after its dot. */
function nameOf(text: string): string {
  const path = text.split(/[?#]/)[0] ?? "";
  const file = path.split("/").findLast((part) => part !== "") ?? "";
  return file.replace(/\.[a-z0-9]+$/i, "").toLowerCase();
}

function ofCodePoints(name: string): string | null {
  const codes = name.split("-").map((part) => Number.parseInt(part, 16));
  if (codes.length > emojiCodePointsMax || codes.some((code) => code > 0x10ffff)) return null;
  const text = String.fromCodePoint(...codes);
  return isEmoji(text) ? text : null;
}

function isEmoji(text: string): boolean {
  return Array.from(text).length <= emojiCodePointsMax && wholeEmoji.test(text) && emojiPart.test(text);
}
