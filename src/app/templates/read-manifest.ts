import { Compile } from "typebox/compile";
import { isMap, isScalar, type LineCounter, type Node } from "yaml";
import { CodedError, type Problem } from "../../contracts/errors.ts";
import { manifestBytesMax } from "../../contracts/limits.ts";
import { Manifest } from "../../contracts/manifest.ts";
import { normalizedManifest } from "../../platform/manifest-parameters.ts";
import { readYaml } from "./yaml-value.ts";

const manifestFile = "template.yaml";
const check = Compile(Manifest);
/** Problems of one manifest that are reported; the rest are usually their echoes. */
const problemsMax = 20;
const valueShownCharsMax = 80;

/** A manifest that has the right shape, with the means to say where in the file a field stands. */
export interface ReadManifest {
  readonly manifest: Manifest;
  /** Adds file, line and column to a problem that names a field. */
  locate(problem: { readonly field: string; readonly reason: string }): Problem;
}

/**
 * Reads `template.yaml`: YAML, then the schema.
 * Errors: `invalid_manifest`, with file, line, column and field of each problem.
 */
export function readManifest(text: string): ReadManifest {
  if (Buffer.byteLength(text) > manifestBytesMax) {
    throw invalidManifest([{ field: "", reason: `it is larger than ${manifestBytesMax} bytes`, file: manifestFile }]);
  }
  const { contents, lines, value, problems } = readYaml(text, isParameterText);
  if (problems.length > 0) {
    throw invalidManifest(
      problems.map(({ offset, reason }) => ({ field: "", reason, file: manifestFile, ...placeOf(lines, offset) })),
    );
  }
  const locate = locator(contents, lines);
  if (!check.Check(value)) throw invalidManifest(schemaProblems(value).map(locate));
  return { manifest: normalizedManifest(value), locate };
}

/**
 * Values of parameters travel as text, so they are what stands in the file: 1.20 is not 1.2, nor 0755 755, and an account
 * of twenty digits keeps all of them.
 */
function isParameterText([section, , field, nth, value]: readonly string[]): boolean {
  if (section === "presets") return field === "parameters" && nth !== undefined;
  if (section !== "parameters") return false;
  return field === "default" || (field === "options" && nth !== undefined && value === "value");
}

function placeOf(lines: LineCounter, offset: number): { readonly line: number; readonly column: number } {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

export function invalidManifest(problems: readonly Problem[]): CodedError {
  const [first] = problems;
  const where = first === undefined || first.field === "" ? manifestFile : `${manifestFile}, ${first.field}`;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  return new CodedError("invalid_manifest", `${where}: ${first?.reason ?? "it is not valid"}${more}.`, { problems });
}

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: Readonly<Record<string, unknown>>;
}

function schemaProblems(value: unknown): { field: string; reason: string }[] {
  const errors = check.Errors(value) as readonly SchemaError[];
  const seen = new Map<string, string>();
  for (const error of errors) {
    // A union that fails reports each branch, and a closed object each unknown key twice: one word a field is enough.
    if (error.keyword === "boolean") continue;
    for (const [field, reason] of wordsOf(error, value)) if (!seen.has(field)) seen.set(field, reason);
  }
  const fields = [...seen.keys()];
  return [...seen]
    .filter(([field]) => !fields.some((other) => other !== field && isBelow(other, field)))
    .slice(0, problemsMax)
    .map(([field, reason]) => ({ field, reason }));
}

function isBelow(field: string, parent: string): boolean {
  return parent === "" || field.startsWith(`${parent}.`) || field.startsWith(`${parent}[`);
}

function wordsOf(error: SchemaError, value: unknown): [field: string, reason: string][] {
  const field = fieldOf(error.instancePath);
  if (error.keyword === "additionalProperties") {
    const names = error.params["additionalProperties"] as readonly string[];
    return names.map((name) => [joined(field, name), "there is no such field"]);
  }
  if (error.keyword === "required") {
    const names = error.params["requiredProperties"] as readonly string[];
    return names.map((name) => [joined(field, name), "it is missing"]);
  }
  const given = valueAt(value, error.instancePath);
  if (error.keyword === "const" || error.keyword === "anyOf" || error.keyword === "enum") {
    return [[field, `${shown(given)} is not one of the values that are allowed here`]];
  }
  const isUnquoted = error.keyword === "type" && error.params["type"] === "string" && typeof given !== "object";
  return [[field, `it ${error.message}, but is ${shown(given)}${isUnquoted ? "; quote it, if it is text" : ""}`]];
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, valueShownCharsMax) ?? "nothing";
}

function joined(field: string, name: string): string {
  return field === "" ? name : `${field}.${name}`;
}

/** `/presets/0/name` as `presets[0].name`. */
function fieldOf(pointer: string): string {
  return segments(pointer).reduce(
    (path, segment) => (/^\d+$/.test(segment) ? `${path}[${segment}]` : joined(path, segment)),
    "",
  );
}

function segments(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function valueAt(value: unknown, pointer: string): unknown {
  return segments(pointer).reduce<unknown>(
    (at, segment) => (typeof at === "object" && at !== null ? (at as Record<string, unknown>)[segment] : undefined),
    value,
  );
}

function locator(contents: unknown, lines: LineCounter): ReadManifest["locate"] {
  return ({ field, reason }) => {
    const path = field.split(/[.[\]]+/).filter((part) => part !== "");
    return { field, reason, file: manifestFile, ...placeOf(lines, offsetOf(contents, path)) };
  };
}

/** Where the deepest node of the path that the file has begins; a missing field is shown at its parent. */
function offsetOf(contents: unknown, path: readonly string[]): number {
  let node: unknown = contents;
  let offset = 0;
  for (const part of path) {
    if (!isNode(node)) break;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === part);
      if (pair === undefined) return node.range?.[0] ?? offset;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value;
    } else {
      node = "items" in node ? node.items[Number(part)] : undefined;
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    }
  }
  return offset;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "range" in value;
}
