import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { ConfigError } from "./config-error.ts";

/** Values of a YAML file by option name: nested mappings are joined with dots, so `pg: { url: … }` is `pg.url`. */
export type FileValues = ReadonlyMap<string, string>;

const nestingMax = 8;

function fail(path: string, why: string, cause?: unknown): never {
  const message = `The configuration file ${path} ${why}`;
  throw new ConfigError([{ message }], cause === undefined ? {} : { cause });
}

function collect(path: string, at: readonly string[], value: unknown, into: Map<string, string>): void {
  if (at.length > nestingMax) fail(path, `is nested deeper than ${nestingMax} levels at ${at.join(".")}.`);
  if (value === null || value === undefined) return;
  if (Array.isArray(value)) fail(path, `has a list at ${at.join(".")}, where one value is expected.`);
  if (typeof value === "object") {
    for (const [key, item] of Object.entries(value)) collect(path, [...at, key], item, into);
    return;
  }
  if (at.length === 0) fail(path, "must be a mapping of options to values, such as `http: { port: 7080 }`.");
  into.set(at.join("."), typeof value === "string" ? value : JSON.stringify(value));
}

/** Reads a YAML configuration file. Throws `ConfigError` with the path, and the line where the text is not YAML. */
export function readConfigFile(path: string): FileValues {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    fail(path, `cannot be read (${String(error)}). Check the path and its permissions.`, error);
  }
  const document = parseDocument(text);
  const first = document.errors[0];
  if (first !== undefined) fail(path, `is not valid YAML: ${first.message}`, first);
  const values = new Map<string, string>();
  collect(path, [], document.toJS(), values);
  return values;
}
