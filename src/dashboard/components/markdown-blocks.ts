export type MarkdownBlock =
  | { readonly kind: "heading"; readonly level: number; readonly text: string }
  | { readonly kind: "paragraph" | "quote" | "code"; readonly text: string }
  | { readonly kind: "list"; readonly isOrdered: boolean; readonly items: readonly string[] }
  | { readonly kind: "rule" };

export type Inline =
  | { readonly kind: "text" | "code" | "strong" | "emphasis"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly to: string };

/** More than so many characters of a readme are not looked at. */
const readmeLengthMax = 200_000;
const bullet = /^\s{0,3}[-*+]\s+(.*)$/;
const numbered = /^\s{0,3}\d{1,9}[.)]\s+(.*)$/;
const fence = /^\s{0,3}(```|~~~)/;
const heading = /^(#{1,6})\s+(.*)$/;
const rule = /^\s{0,3}(-{3,}|\*{3,}|_{3,})\s*$/;

/** The part of Markdown that readmes of templates are written in; whatever else there is, is text. */
export function blocksOf(text: string): readonly MarkdownBlock[] {
  const lines = text.slice(0, readmeLengthMax).replaceAll("\r\n", "\n").split("\n");
  const blocks: MarkdownBlock[] = [];
  let at = 0;
  const take = (isIn: (line: string) => boolean): string[] => {
    const start = at;
    while (at < lines.length && isIn(lines[at] ?? "")) at += 1;
    return lines.slice(start, at);
  };
  while (at < lines.length) {
    const line = lines[at] ?? "";
    const title = heading.exec(line);
    if (line.trim() === "") at += 1;
    else if (fence.test(line)) {
      at += 1;
      blocks.push({ kind: "code", text: take((next) => !fence.test(next)).join("\n") });
      at += 1;
    } else if (title !== null) {
      blocks.push({ kind: "heading", level: title[1]?.length ?? 1, text: title[2] ?? "" });
      at += 1;
    } else if (rule.test(line)) {
      blocks.push({ kind: "rule" });
      at += 1;
    } else if (line.startsWith(">")) {
      const quoted = take((next) => next.startsWith(">"));
      blocks.push({ kind: "quote", text: quoted.map((one) => one.replace(/^>\s?/, "")).join(" ") });
    } else if (bullet.test(line) || numbered.test(line)) {
      const isOrdered = !bullet.test(line);
      const item = isOrdered ? numbered : bullet;
      const taken = take((next) => item.test(next) || /^\s{2,}\S/.test(next));
      blocks.push({ kind: "list", isOrdered, items: itemsOf(taken, item) });
    } else {
      const isOther = (next: string): boolean =>
        next.trim() === "" || fence.test(next) || heading.test(next) || next.startsWith(">") || bullet.test(next);
      blocks.push({ kind: "paragraph", text: take((next) => !isOther(next)).join(" ") });
    }
  }
  return blocks;
}

/** An indented line goes on with the item before it. */
function itemsOf(lines: readonly string[], item: RegExp): readonly string[] {
  const items: string[] = [];
  for (const line of lines) {
    const begun = item.exec(line);
    if (begun === null) items.push(`${items.pop() ?? ""} ${line.trim()}`);
    else items.push(begun[1] ?? "");
  }
  return items;
}

const inlinePattern =
  /`([^`\n]+)`|\*\*([^*\n]+)\*\*|(?<![\w*])[*_]([^*_\n]+)[*_](?!\w)|!?\[([^\]\n]*)\]\(([^)\s]+)[^)\n]*\)/g;

export function inlinesOf(text: string): readonly Inline[] {
  const found: Inline[] = [];
  let after = 0;
  for (const match of text.matchAll(inlinePattern)) {
    if (match.index > after) found.push({ kind: "text", text: text.slice(after, match.index) });
    found.push(inlineOf(match));
    after = match.index + match[0].length;
  }
  if (after < text.length) found.push({ kind: "text", text: text.slice(after) });
  return found;
}

function inlineOf([whole, code, strong, emphasis, label, to]: RegExpExecArray): Inline {
  if (code !== undefined) return { kind: "code", text: code };
  if (strong !== undefined) return { kind: "strong", text: strong };
  if (emphasis !== undefined) return { kind: "emphasis", text: emphasis };
  // A picture would be fetched from elsewhere, and an address that is no web page is none to click.
  if (whole.startsWith("!") || to === undefined || !/^https?:\/\//i.test(to)) {
    return { kind: "text", text: label === undefined || label === "" ? whole : label };
  }
  return { kind: "link", text: label === undefined || label === "" ? to : label, to };
}
