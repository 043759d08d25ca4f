import { Compile } from "typebox/compile";
import { isMap, isScalar, LineCounter, type Node, parseDocument, type Document as YamlDocument } from "yaml";
import { CodedError, type Problem } from "../../contracts/errors.ts";
import { manifestBytesMax } from "../../contracts/limits.ts";
import { Manifest } from "../../contracts/manifest.ts";

const manifestFile = "template.yaml";
const check = Compile(Manifest);
/** Problems of one manifest that are reported; the rest are usually their echoes. */
const problemsMax = 20;

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
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw invalidManifest(
      document.errors.slice(0, problemsMax).map((error) => ({
        field: "",
        reason: error.message.split(" at line")[0] ?? error.message,
        file: manifestFile,
        line: error.linePos?.[0].line ?? 1,
        column: error.linePos?.[0].col ?? 1,
      })),
    );
  }
  // Aliases are limited, so that a few lines cannot unfold into gigabytes.
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  const locate = locator(document, lines);
  if (!check.Check(value)) throw invalidManifest(schemaProblems(value).map(locate));
  return { manifest: value, locate };
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
    return [[field, `${JSON.stringify(given)} is not one of the values that are allowed here`]];
  }
  return [[field, `it ${error.message}, but is ${JSON.stringify(given)?.slice(0, 80) ?? "nothing"}`]];
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

function locator(document: YamlDocument, lines: LineCounter): ReadManifest["locate"] {
  return ({ field, reason }) => {
    const path = field.split(/[.[\]]+/).filter((part) => part !== "");
    const offset = offsetOf(document, path);
    const position = lines.linePos(offset);
    return { field, reason, file: manifestFile, line: position.line, column: position.col };
  };
}

/** Where the deepest node of the path that the file has begins; a missing field is shown at its parent. */
function offsetOf(document: YamlDocument, path: readonly string[]): number {
  let node: unknown = document.contents;
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
