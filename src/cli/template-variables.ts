import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { Node } from "yaml";
import { CodedError, type Problem } from "../contracts/errors.ts";
import { templateVariablesLengthMax } from "../contracts/limits.ts";
import { type TemplateVariables, variableFaults } from "../contracts/template-variables.ts";
import type { CommandInput } from "./command-input.ts";
import type { CliWorld } from "./world.ts";

/** What such a file may have beside the values: names, comments, and how JSON writes what is no plain letter. */
const fileBytesMax = 8 * templateVariablesLengthMax;

/** Those of `--variable`. What is wrong is said without the words themselves, which may be secret. */
export function variablesOfFlags(input: CommandInput): TemplateVariables {
  const found = new Map<string, string>();
  for (const word of input.words("variable")) {
    const at = word.indexOf("=");
    if (at < 1) input.refuse("--variable must be NAME=VALUE, for example --variable namespace=dev.");
    const name = word.slice(0, at);
    if (found.has(name)) input.refuse(`--variable gives "${name}" twice.`);
    found.set(name, word.slice(at + 1));
  }
  const variables = Object.fromEntries(found);
  const [fault] = variableFaults(variables);
  if (fault !== undefined) input.refuse(`--variable: ${fault.field.replace(/^variables\./, "")}: ${fault.reason}.`);
  return variables;
}

/** Those of the file, and over them those of the flags. Errors: `invalid_request`, with the file's line. */
export async function variablesGiven(
  options: { readonly variables: TemplateVariables; readonly variablesFile: string | undefined },
  world: Pick<CliWorld, "workingDirectory">,
): Promise<TemplateVariables> {
  if (options.variablesFile === undefined) return options.variables;
  const file = path.resolve(world.workingDirectory, options.variablesFile);
  const variables = { ...(await readVariables(await textOf(file), file)), ...options.variables };
  const problems = variableFaults(variables);
  if (problems.length > 0) throw refused(file, "it gives variables that cannot be taken", problems);
  return variables;
}

async function textOf(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size <= fileBytesMax) return await readFile(file, "utf8");
  } catch (cause) {
    throw new CodedError("invalid_request", `There is no readable ${file}.`, {
      cause,
      next: "--variables-file names a YAML or JSON file with a name and a value on each line.",
    });
  }
  throw refused(file, `it has more than ${fileBytesMax} bytes`, []);
}

/**
 * A mapping of names to values: what is plain counts as it is written (`1.10`, `yes`, `007`), lists and mappings as JSON.
 * Errors: `invalid_request`, which quotes nothing of the file.
 */
export async function readVariables(text: string, file: string): Promise<TemplateVariables> {
  const { isMap, isScalar, LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "silent" });
  const placed = (offset: number): Pick<Problem, "file" | "line" | "column"> => {
    const { line, col: column } = lines.linePos(offset);
    return { file, line, column };
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ code, pos }) => ({
      field: "",
      reason: code.toLowerCase().replaceAll("_", " "),
      ...placed(pos[0]),
    }));
    throw refused(file, "it is not valid YAML", problems);
  }
  const root = document.contents as Node | null;
  if (root === null) return {};
  if (!isMap(root)) throw refused(file, "it must be a mapping of names to values", []);
  const entries = root.items.map(({ key, value: one }): [string, string] => {
    const name = isScalar(key) ? (key.source ?? String(key.value)) : "";
    const value = (one as Node | null)?.toJS(document) as unknown;
    const at = (one as Node | null)?.range?.[0] ?? (key as Node | null)?.range?.[0] ?? 0;
    if (value === null || value === undefined) {
      throw refused(file, `"${name}" has no value`, [{ field: name, reason: "it has no value", ...placed(at) }]);
    }
    if (isScalar(one) && typeof value !== "string") return [name, one.source ?? String(value)];
    return [name, typeof value === "string" ? value : JSON.stringify(value)];
  });
  return Object.fromEntries(entries);
}

function refused(file: string, why: string, problems: readonly Problem[]): CodedError {
  return new CodedError("invalid_request", `${file} is no file of variables: ${why}.`, {
    problems,
    next: "Write one `name: value` a line; lists and mappings are handed over as JSON.",
  });
}
