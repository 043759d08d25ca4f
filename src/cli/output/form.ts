import { UsageError } from "../usage-error.ts";

/** How a result is written. `wide`: for people too, with all columns and nothing wrapped. */
export const formats = ["text", "wide", "json", "yaml"] as const;
export type Format = (typeof formats)[number];

export interface OutputForm {
  readonly format: Format;
  /** Only names or ids, and no progress. */
  readonly isQuiet: boolean;
  /** With `yaml` only, because its library is loaded only then. */
  readonly toYaml?: (value: unknown) => string;
}

export const plainForm: OutputForm = { format: "text", isQuiet: false };

export interface AskedForm {
  readonly format: Format | undefined;
  readonly isJson: boolean;
  readonly isQuiet: boolean;
}

/** Loads what the format needs. Errors: `UsageError` for options that exclude each other. */
export async function resolveForm({ format: asked, isJson, isQuiet }: AskedForm): Promise<OutputForm> {
  if (isJson && asked !== undefined && asked !== "json") {
    throw new UsageError(`--json and --output ${asked} exclude each other.`, "Leave one of them out.");
  }
  const format = isJson ? "json" : (asked ?? "text");
  if (isQuiet && format !== "text") {
    throw new UsageError("--quiet prints names or ids, and takes no other format.", "Leave one of them out.");
  }
  if (format !== "yaml") return { format, isQuiet };
  const { stringify } = await import("yaml");
  // A reference to what stands elsewhere would surprise the reader of a list in which two rows are alike.
  return { format, isQuiet, toYaml: (value) => stringify(value, { aliasDuplicateObjects: false }) };
}

/**
 * The form that a command line asks for, known also when it cannot be parsed: its error is to have that form. Words after
 * `--` are somebody else's.
 */
export async function formOfWords(argv: readonly string[]): Promise<OutputForm> {
  const end = argv.indexOf("--");
  const words = argv.slice(0, end < 0 ? argv.length : end);
  if (words.includes("--json")) return resolveForm({ format: "json", isJson: true, isQuiet: false });
  for (const [nth, word] of words.entries()) {
    const [, joined] = /^(?:-o|--output=)(.+)$/.exec(word) ?? [];
    const value = word === "-o" || word === "--output" ? words[nth + 1] : joined;
    const format = formats.find((one) => one === value);
    if (format !== undefined) return resolveForm({ format, isJson: false, isQuiet: false });
  }
  return plainForm;
}
