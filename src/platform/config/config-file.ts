import { readFileSync } from "node:fs";
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { ConfigError } from "./config-error.ts";

export interface FileValue {
  readonly text: string;
  /** Where it stands, in words: the path and the line. */
  readonly place: string;
}

/** Values of a YAML file by option name: nested mappings are joined with dots, so `pg: { url: … }` is `pg.url`. */
export type FileValues = ReadonlyMap<string, FileValue>;

const nestingMax = 8;

interface Reading {
  readonly path: string;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly values: Map<string, FileValue>;
}

function fail(path: string, why: string, cause?: unknown): never {
  const message = `The configuration file ${path} ${why}`;
  throw new ConfigError([{ message }], cause === undefined ? {} : { cause });
}

/** Reads a YAML configuration file. Throws `ConfigError` with the path, and the line that is wrong. */
export function readConfigFile(path: string): FileValues {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    fail(path, `cannot be read (${String(error)}). Check the path and its permissions.`, error);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const first = document.errors[0];
  if (first !== undefined) fail(path, `is not valid YAML: ${first.message}`, first);
  const reading: Reading = { path, document, lines, values: new Map() };
  collect(reading, [], document.contents);
  return reading.values;
}

function collect(reading: Reading, at: readonly string[], given: unknown): void {
  const { path } = reading;
  const name = at.join(".");
  const node = isAlias(given) ? given.resolve(reading.document) : given;
  if (at.length > nestingMax) fail(path, `is nested deeper than ${nestingMax} levels at ${name}.`);
  if (isSeq(node))
    fail(path, `has a list at ${name}, where one value is expected (line ${lineOf(reading, given as Node)}).`);
  if (isMap(node)) {
    for (const { key, value } of node.items) collect(reading, [...at, isScalar(key) ? String(key.value) : ""], value);
    return;
  }
  // Nothing behind the colon is as good as no line at all.
  if (!isScalar(node) || node.value === null || node.value === undefined) return;
  if (at.length === 0) fail(path, "must be a mapping of options to values, such as `http: { port: 7080 }`.");
  const place = `line ${lineOf(reading, given as Node)} of the configuration file ${path}`;
  const other = reading.values.get(name);
  if (other !== undefined) fail(path, `gives ${name} twice: in ${other.place}, and in ${place}.`);
  const { value } = node;
  reading.values.set(name, { text: typeof value === "string" ? value : JSON.stringify(value), place });
}

/** The line on which a value stands, where it is written and not where an anchor defines it. */
function lineOf({ lines }: Reading, node: Node): number {
  return lines.linePos(node.range?.[0] ?? 0).line;
}
