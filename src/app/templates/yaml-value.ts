import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { manifestDepthMax, manifestNodesMax } from "../../contracts/limits.ts";
import { textFault } from "../../contracts/text-fault.ts";

/** A problem with its place in the text; offsets count characters. */
export interface YamlProblem {
  readonly offset: number;
  readonly reason: string;
}

export interface YamlText {
  readonly contents: unknown;
  readonly lines: LineCounter;
  readonly value: unknown;
  readonly problems: readonly YamlProblem[];
}

/** Whether what stands at a path is text, whatever it looks like: `1.20` stays `1.20`. */
export type IsText = (path: readonly string[]) => boolean;

/** Found problems beyond which the rest of the text is not looked at. */
const problemsMax = 20;

/**
 * Reads YAML into plain values, within limits, in time that grows with the text and no faster. The library itself
 * compares each key with every other one (60,000 keys took two minutes), looks for an alias through the whole document,
 * and makes numbers of what was meant as text.
 */
export function readYaml(text: string, isText: IsText): YamlText {
  const lines = new LineCounter();
  const unreadable = textFault(text);
  if (unreadable !== null) return { contents: null, lines, value: null, problems: [{ offset: 0, reason: unreadable }] };
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, logLevel: "silent" });
  if (document.errors.length > 0) {
    // The parser may run out of its stack more than once, depending on how much of it there was: it is one fault.
    const problems = new Map<string, YamlProblem>();
    for (const error of document.errors) {
      const reason = reasonOf(error.message);
      const key = isTooDeep(error.message) ? reason : `${error.pos[0]} ${reason}`;
      if (!problems.has(key) && problems.size < problemsMax) problems.set(key, { offset: error.pos[0], reason });
    }
    return { contents: null, lines, value: null, problems: [...problems.values()] };
  }
  const reader = new YamlReader(isText);
  const value = reader.read(document.contents);
  return { contents: document.contents, lines, value, problems: reader.problems };
}

const isTooDeep = (message: string): boolean => /call stack/.test(message);

function reasonOf(message: string): string {
  if (isTooDeep(message)) return `it is nested more than ${manifestDepthMax} deep`;
  return message.split(" at line")[0] ?? message;
}

/** Ends the reading: what follows would only repeat it. */
class TooMuch extends Error {}

class YamlReader {
  readonly problems: YamlProblem[] = [];
  readonly #isText: IsText;
  readonly #anchors = new Map<string, Node>();
  #nodes = 0;
  /** Aliases that are being unfolded, so that one that holds itself is found. */
  readonly #unfolding = new Set<Node>();

  constructor(isText: IsText) {
    this.#isText = isText;
  }

  read(contents: ParsedNode | null): unknown {
    try {
      return contents === null ? null : this.#valueOf(contents, []);
    } catch (error) {
      if (error instanceof TooMuch) return null;
      throw error;
    }
  }

  #found(node: unknown, reason: string): null {
    this.problems.push({ offset: offsetOf(node), reason });
    if (this.problems.length >= problemsMax) throw new TooMuch();
    return null;
  }

  #valueOf(node: unknown, path: readonly string[]): unknown {
    this.#nodes += 1;
    if (this.#nodes > manifestNodesMax) {
      this.#found(node, `it has more than ${manifestNodesMax} keys and values, aliases unfolded`);
      throw new TooMuch();
    }
    if (path.length > manifestDepthMax) {
      this.#found(node, `it is nested more than ${manifestDepthMax} deep`);
      throw new TooMuch();
    }
    if (isAlias(node)) return this.#aliased(node, path);
    if (isMap(node) || isSeq(node) || isScalar(node)) {
      if (node.anchor !== undefined && this.#unfolding.size === 0) this.#anchors.set(node.anchor, node);
    }
    if (isMap(node)) return this.#mapOf(node, path);
    if (isSeq(node)) return node.items.map((item, index) => this.#valueOf(item, [...path, String(index)]));
    return isScalar(node) ? this.#scalarOf(node, path) : null;
  }

  #aliased(node: { readonly source: string }, path: readonly string[]): unknown {
    const target = this.#anchors.get(node.source);
    if (target === undefined) return this.#found(node, `*${node.source} names an anchor that does not come before it`);
    if (this.#unfolding.has(target)) return this.#found(node, `*${node.source} holds itself`);
    this.#unfolding.add(target);
    const value = this.#valueOf(target, path);
    this.#unfolding.delete(target);
    return value;
  }

  #mapOf(node: YAMLMap, path: readonly string[]): unknown {
    const entries = new Map<string, unknown>();
    for (const { key, value } of node.items) {
      const name = this.#keyOf(key);
      if (name === null) continue;
      if (entries.has(name)) this.#found(key, `the key "${name.slice(0, 64)}" is there twice`);
      else entries.set(name, this.#valueOf(value, [...path, name]));
    }
    // Own properties, so that a key named __proto__ is only a name.
    return Object.fromEntries(entries);
  }

  #keyOf(key: unknown): string | null {
    if (!isScalar(key)) return this.#found(key, "a key must be text");
    const name = writtenText(key);
    const fault = textFault(name);
    return fault === null ? name : this.#found(key, `this key cannot be stored: ${fault}`);
  }

  #scalarOf(node: Scalar, path: readonly string[]): unknown {
    const { value } = node;
    if (typeof value === "string") {
      const fault = textFault(value);
      return fault === null ? value : this.#found(node, `this text cannot be stored: ${fault}`);
    }
    if (value === null || value === undefined) return null;
    if (this.#isText(path)) return writtenText(node);
    if (typeof value === "boolean") return value;
    if (typeof value !== "number") return this.#found(node, `${writtenText(node)} is of no kind that is known here`);
    const fault = numberFault(value, writtenText(node));
    return fault === null ? value : this.#found(node, fault);
  }
}

/** Why a number that was written would not be the one that is meant. */
function numberFault(value: number, written: string): string | null {
  if (!Number.isFinite(value)) return `${written} is no number that can be stored`;
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return `${written} has more digits than a number keeps; if it is text, quote it: "${written}"`;
  }
  if (!/^[-+]?0\d/.test(written)) return null;
  return `${written} begins with 0, which some read as octal: write it without; if it is text, quote it: "${written}"`;
}

/** A plain scalar as it stands in the file. */
function writtenText({ value, source }: Scalar): string {
  return typeof value === "string" ? value : (source ?? String(value));
}

function offsetOf(node: unknown): number {
  if (typeof node !== "object" || node === null || !("range" in node) || !Array.isArray(node.range)) return 0;
  return Number(node.range[0]);
}
