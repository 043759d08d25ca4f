import { type Diagnostic, readDiagnostic, renderDiagnostic } from "./diagnostics.ts";
import { fieldsOf, parseJson, textOf } from "./json-fields.ts";
import type { Mask } from "./secrets.ts";
import type { LogLevel } from "../../driver.ts";

/** A line of Terraform's JSON stream (`-json`), as far as the driver cares. */
export type ProgressEvent =
  | {
      readonly kind: "line";
      readonly level: LogLevel;
      readonly text: string;
      /** The resource that is deleted from here on. */
      readonly deleting?: string;
    }
  | { readonly kind: "diagnostic"; readonly diagnostic: Diagnostic }
  | { readonly kind: "create_begun"; readonly address: string; readonly text: string }
  | { readonly kind: "create_failed"; readonly address: string; readonly text: string };

/** Null for what nobody needs to see: what the plan says stands in its own report, and again before an apply. */
const silent: ReadonlySet<string> = new Set(["version", "planned_change", "resource_drift", "outputs", "log"]);

export function readProgress(line: string): ProgressEvent | null {
  if (line.trim() === "") return null;
  const event = fieldsOf(parseJson(line));
  const text = textOf(event["@message"]);
  const type = textOf(event["type"]);
  // Something that writes to the same output in its own way, such as a provider.
  if (text === "") return { kind: "line", level: "info", text: line };
  if (silent.has(type)) return null;
  if (type === "diagnostic") return { kind: "diagnostic", diagnostic: readDiagnostic(event["diagnostic"]) };
  const hook = fieldsOf(event["hook"]);
  const address = textOf(fieldsOf(hook["resource"])["addr"]);
  if (hook["action"] === "create") {
    if (type === "apply_start") return { kind: "create_begun", address, text };
    if (type === "apply_errored") return { kind: "create_failed", address, text };
  }
  const isDelete = type === "apply_start" && hook["action"] === "delete";
  const shown = { kind: "line", level: type === "apply_errored" ? "error" : "info", text } as const;
  return isDelete ? { ...shown, deleting: address } : shown;
}

/** Addresses whose creation has begun and not failed in an orderly way, of a whole output. */
export function begunCreations(output: string): ReadonlySet<string> {
  const begun = new Set<string>();
  for (const line of output.split("\n")) {
    const event = readProgress(line);
    if (event?.kind === "create_begun") begun.add(event.address);
    if (event?.kind === "create_failed") begun.delete(event.address);
  }
  return begun;
}

/** Writes an event into a job's log. */
export function logProgress(
  event: ProgressEvent,
  options: { readonly log: (level: LogLevel, line: string) => void; readonly mask: Mask },
): void {
  const { log, mask } = options;
  if (event.kind !== "diagnostic") {
    log(event.kind === "line" ? event.level : event.kind === "create_failed" ? "error" : "info", mask(event.text));
    return;
  }
  const { severity } = event.diagnostic;
  log(severity === "error" ? "error" : "warn", mask(renderDiagnostic(event.diagnostic)));
}
