import { fieldsOf, parseJson, textOf } from "./json-fields.ts";

/** A `variable` block of the root module. */
export interface DeclaredVariable {
  readonly name: string;
  /** As it is written, without spaces; empty when it has none. */
  readonly type: string;
}

/** Those whose value is handed over as the text it was given as; every other one as what its JSON says. */
const textTypes: ReadonlySet<string> = new Set(["", "string", "number", "bool", "any"]);

export function takesText({ type }: DeclaredVariable): boolean {
  return textTypes.has(type);
}

/**
 * The variables that the files of a root module declare. Override files come last, as Terraform reads them.
 * @param files name and text of each
 */
export function declaredVariables(
  files: readonly { readonly name: string; readonly text: string }[],
): readonly DeclaredVariable[] {
  const found = new Map<string, string>();
  const isOverride = ({ name }: { readonly name: string }): boolean => /(^|_)override\.(tf|tofu)(\.json)?$/.test(name);
  for (const { name, text } of [...files.filter((file) => !isOverride(file)), ...files.filter(isOverride)]) {
    for (const variable of name.endsWith(".json") ? inJson(text) : inText(text)) {
      // An override that says nothing of the type leaves it as it is.
      found.set(variable.name, variable.type === "" ? (found.get(variable.name) ?? "") : variable.type);
    }
  }
  return [...found].map(([name, type]) => ({ name, type }));
}

function inJson(text: string): readonly DeclaredVariable[] {
  const { variable } = fieldsOf(parseJson(text));
  // Terraform takes a list of such objects as well.
  const groups: readonly unknown[] = Array.isArray(variable) ? variable : [variable];
  return groups.flatMap((group) =>
    Object.entries(fieldsOf(group)).map(([name, body]: [string, unknown]) => {
      const fields = fieldsOf(Array.isArray(body) ? body[0] : body);
      return { name, type: textOf(fields["type"]).replaceAll(/\s/g, "") };
    }),
  );
}

/** What the scanner of Terraform's language tells apart: words and signs; texts and comments are one thing each. */
interface Token {
  readonly kind: "word" | "text" | "sign" | "newline";
  readonly text: string;
}

const tokenPattern =
  /(?<space>[ \t\r\uFEFF]+)|(?<newline>\n)|(?<comment>#[^\n]*|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$))|(?<heredoc><<-?[ \t]*(?<mark>[\p{L}\p{N}_-]+)[ \t\r]*\n)|(?<quote>")|(?<word>[\p{L}\p{N}_-]+)|(?<sign>[^])/uy;

function inText(text: string): readonly DeclaredVariable[] {
  const tokens = tokensOf(text);
  const found: DeclaredVariable[] = [];
  let depth = 0;
  for (let at = 0; at < tokens.length; at += 1) {
    const [token, label, brace] = [tokens[at], tokens[at + 1], tokens[at + 2]];
    if (depth === 0 && token?.text === "variable" && token.kind === "word" && brace?.text === "{") {
      if (label?.kind === "text" || label?.kind === "word") {
        found.push({ name: label.text, type: typeIn(tokens, at + 3) });
      }
    }
    depth += depthOf(token);
  }
  return found;
}

function depthOf(token: Token | undefined): number {
  if (token?.kind !== "sign") return 0;
  return "{[(".includes(token.text) ? 1 : "}])".includes(token.text) ? -1 : 0;
}

/** What stands after `type =` in a block whose body begins at `from`, up to the end of the line that it closes on. */
function typeIn(tokens: readonly Token[], from: number): string {
  let depth = 0;
  for (let at = from; at < tokens.length && depth >= 0; at += 1) {
    const token = tokens[at];
    const isArgument = depth === 0 && token?.kind === "word" && token.text === "type" && tokens[at + 1]?.text === "=";
    if (isArgument) return expressionAt(tokens, at + 2);
    depth += depthOf(token);
  }
  return "";
}

function expressionAt(tokens: readonly Token[], from: number): string {
  let text = "";
  let depth = 0;
  for (const token of tokens.slice(from)) {
    depth += depthOf(token);
    if (depth < 0 || (token.kind === "newline" && depth === 0)) break;
    if (token.kind !== "newline") text += token.text;
  }
  return text;
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    tokenPattern.lastIndex = at;
    const groups = tokenPattern.exec(text)?.groups ?? {};
    at = Math.max(tokenPattern.lastIndex, at + 1);
    if (groups["quote"] !== undefined) {
      const end = endOfText(text, at);
      tokens.push({ kind: "text", text: text.slice(at, end) });
      at = end + 1;
    } else if (groups["heredoc"] !== undefined) {
      at = endOfHeredoc(text, at, groups["mark"] ?? "");
      tokens.push({ kind: "text", text: "" });
    } else if (groups["word"] !== undefined) tokens.push({ kind: "word", text: groups["word"] });
    else if (groups["newline"] !== undefined) tokens.push({ kind: "newline", text: "\n" });
    else if (groups["sign"] !== undefined) tokens.push({ kind: "sign", text: groups["sign"] });
  }
  return tokens;
}

/** Where the quote stands that closes a text which begins at `from`; texts in its `${ }` have quotes of their own. */
function endOfText(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const [sign, next] = [text[at], text[at + 1]];
    if (depth === 0) {
      if (sign === "\\") at += 1;
      else if (sign === '"') return at;
      else if ((sign === "$" || sign === "%") && next === sign && text[at + 2] === "{") at += 2;
      else if ((sign === "$" || sign === "%") && next === "{") [depth, at] = [1, at + 1];
    } else if (sign === '"') at = endOfText(text, at + 1);
    else if (sign === "{") depth += 1;
    else if (sign === "}") depth -= 1;
  }
  return text.length;
}

/** Behind the line that is the mark alone. */
function endOfHeredoc(text: string, from: number, mark: string): number {
  for (let at = from; at < text.length; ) {
    const newline = text.indexOf("\n", at);
    const end = newline === -1 ? text.length : newline;
    if (text.slice(at, end).trim() === mark) return end;
    at = end + 1;
  }
  return text.length;
}
