import { CodedError } from "../../../contracts/errors.ts";
import type { DriverContext } from "../../driver.ts";
import { type DeclaredVariable, takesText } from "./declared-variables.ts";
import type { Diagnostic } from "./diagnostics.ts";
import type { Mask } from "./secrets.ts";

/** Of what was given at a push, what the template declares: as Terraform's file of variables takes it. */
export function valuesGiven(
  given: Readonly<Record<string, string>>,
  declared: readonly DeclaredVariable[],
): Readonly<Record<string, unknown>> {
  const values = declared.flatMap((variable): [string, unknown][] => {
    const { name } = variable;
    const text = Object.hasOwn(given, name) ? given[name] : undefined;
    if (text === undefined) return [];
    return [[name, takesText(variable) ? text : jsonOf(variable, text)]];
  });
  return Object.fromEntries(values);
}

function jsonOf({ name, type }: DeclaredVariable, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Its own reason would quote the value.
    throw new CodedError(
      "invalid_template",
      `The variable "${name}" is a ${type}, and the value that was given for it is not JSON.`,
      {
        next: `Write it as JSON, for example --variable '${name}=["a","b"]', or as a list or object in --variables-file.`,
      },
    );
  }
}

/**
 * Holds what was given at the push against what the template declares, at its import. Answers the names that are used;
 * those that only came from the version before and are not declared any more are let go.
 * Errors: `invalid_template` for a name that was given and is not declared.
 */
export function usedVariables(context: DriverContext, declared: readonly DeclaredVariable[]): readonly string[] {
  const known = new Set(declared.map(({ name }) => name));
  const names = Object.keys(context.variables ?? {});
  const unknown = names.filter((name) => !known.has(name));
  const carried = new Set(context.carriedVariables ?? []);
  const wrong = unknown.filter((name) => !carried.has(name));
  if (wrong.length > 0) throw notDeclared(wrong, declared);
  if (unknown.length > 0) {
    context.log(
      "info",
      "plan",
      `variables of the version before that are not declared any more: ${unknown.join(", ")}`,
    );
  }
  return names.filter((name) => known.has(name));
}

function notDeclared(names: readonly string[], declared: readonly DeclaredVariable[]): CodedError {
  const there = declared.map(({ name }) => name).filter((name) => name !== "prewarm");
  const what = names.map((name) => `"${name}"`).join(", ");
  const those = there.length === 0 ? "It declares none." : `It declares: ${there.toSorted().join(", ")}.`;
  return new CodedError("invalid_template", `The template declares no variable ${what}. ${those}`, {
    next: "Correct the name, or declare the variable in the template's own folder: those of modules are not given from outside.",
  });
}

const missing = /^No value for required variable$/i;
const quotedName = /variable "([^"]+)"/;

/** Our words for a variable that has neither default nor value; null when the diagnostics are about something else. */
export function missingVariables(
  diagnostics: readonly Diagnostic[],
  { code, mask }: { readonly code: "build_failed" | "invalid_template"; readonly mask: Mask },
): CodedError | null {
  const found = diagnostics
    .filter(({ severity, summary }) => severity === "error" && missing.test(summary))
    .flatMap(({ detail, context, file, line, column }) => {
      const name = quotedName.exec(detail)?.[1] ?? quotedName.exec(context ?? "")?.[1];
      return name === undefined ? [] : [{ name, file, line, column }];
    });
  const [first] = found;
  if (first === undefined) return null;
  const names = found.map(({ name }) => name);
  const where =
    first.file === undefined ? "" : ` (${first.file}${first.line === undefined ? "" : `, line ${first.line}`})`;
  const message =
    names.length === 1
      ? `The variable "${first.name}"${where} has no default, and the push gave no value for it.`
      : `The variables ${names.map((name) => `"${name}"`).join(", ")} have no default, and the push gave no values for them.`;
  const flags = names.map((name) => `--variable ${name}=VALUE`).join(" ");
  return new CodedError(code, mask(message), {
    next: `Push it with them: prewarm templates push FOLDER ${flags}`,
    problems: found.map(({ name, file, line, column }) => ({
      field: `variable "${name}"`,
      reason: `it has no default and no value; give one with --variable ${name}=VALUE`,
      ...(file === undefined ? {} : { file }),
      ...(line === undefined ? {} : { line }),
      ...(column === undefined ? {} : { column }),
    })),
  });
}

/** What is to be hidden of the values: each as it is, line by line, within its JSON, and as JSON writes it. */
export function secretsIn(given: Readonly<Record<string, string>>): readonly string[] {
  const texts = Object.values(given).flatMap((text) => [text, ...text.split("\n"), ...textsInJson(text)]);
  return [...new Set(texts.flatMap((text) => [text, text.trim(), JSON.stringify(text).slice(1, -1)]))];
}

function textsInJson(text: string): readonly string[] {
  try {
    return textsOf(JSON.parse(text));
  } catch {
    return [];
  }
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
