import { CodedError, type ErrorCode, type Problem } from "../../../contracts/errors.ts";
import { fieldsOf, itemsOf, numberOf, parseJson, textOf } from "./json-fields.ts";
import type { Mask } from "./secrets.ts";

/** What Terraform has to say about a configuration or a run. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly summary: string;
  readonly detail: string;
  /** Of the resource, when it is about one. */
  readonly address: string;
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly column?: number;
  /** The lines of the file, the first of them with its number `snippetLine`. */
  readonly snippet?: string;
  readonly snippetLine?: number;
  /** What the snippet stands in, for example `resource "terraform_data" "home"`. */
  readonly context?: string;
}

/** Reads the object that Terraform's JSON calls `diagnostic`. */
export function readDiagnostic(value: unknown): Diagnostic {
  const fields = fieldsOf(value);
  const range = fieldsOf(fields["range"]);
  const start = fieldsOf(range["start"]);
  const snippet = fieldsOf(fields["snippet"]);
  const [line, column] = [numberOf(start["line"]), numberOf(start["column"])];
  return {
    severity: fields["severity"] === "warning" ? "warning" : "error",
    summary: textOf(fields["summary"]),
    detail: textOf(fields["detail"]),
    address: textOf(fields["address"]),
    ...(textOf(range["filename"]) === "" ? {} : { file: textOf(range["filename"]) }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
    ...(textOf(snippet["code"]) === ""
      ? {}
      : { snippet: textOf(snippet["code"]), snippetLine: numberOf(snippet["start_line"]) ?? line ?? 1 }),
    ...(textOf(snippet["context"]) === "" ? {} : { context: textOf(snippet["context"]) }),
  };
}

/** The errors in the answer of `validate -json`. */
export function validationErrors(answer: string): readonly Diagnostic[] {
  const found = itemsOf(fieldsOf(parseJson(answer))["diagnostics"]).map(readDiagnostic);
  return found.filter(({ severity }) => severity === "error");
}

/** As Terraform itself shows it: summary, place, the lines of the file, detail. */
export function renderDiagnostic(diagnostic: Diagnostic): string {
  const { severity, summary, detail, file, line, snippet, snippetLine, context, address } = diagnostic;
  const within = context === undefined ? "" : `, in ${context}`;
  const place =
    file === undefined ? (address === "" ? [] : [`  with ${address}`]) : [`  on ${file} line ${line}${within}:`];
  const code = snippet?.split("\n").map((text, index) => `  ${(snippetLine ?? 1) + index}: ${text}`) ?? [];
  const title = severity === "error" ? "Error" : "Warning";
  return [`${title}: ${summary}`, ...place, ...code, ...(detail === "" ? [] : detail.split("\n"))].join("\n");
}

export interface DiagnosticErrorOptions {
  readonly code: ErrorCode;
  /** What failed, for example `terraform plan`. */
  readonly action: string;
  readonly diagnostics: readonly Diagnostic[];
  /** What it printed elsewhere; used when there is no diagnostic. */
  readonly otherwise: string;
  readonly mask: Mask;
}

/** The failure of a command, with Terraform's own words: in the message the first error, as problems all of them. */
export function diagnosticError(options: DiagnosticErrorOptions): CodedError {
  const { code, action, mask } = options;
  const errors = options.diagnostics.filter(({ severity }) => severity === "error");
  const [first] = errors;
  const text = first === undefined ? options.otherwise.trim() : renderDiagnostic(first);
  const more = errors.length > 1 ? `\n(and ${errors.length - 1} more errors)` : "";
  const message = text === "" ? `${action} failed and did not say why.` : `${action} failed.\n${mask(text)}${more}`;
  return new CodedError(code, message, { problems: errors.map((error) => problemOf(error, mask)) });
}

function problemOf(diagnostic: Diagnostic, mask: Mask): Problem {
  const { summary, detail, address, context, file, line, column } = diagnostic;
  return {
    field: address === "" ? (context ?? file ?? "terraform") : address,
    reason: mask(detail === "" ? summary : `${summary}: ${detail}`),
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
}
