import { CodedError } from "../contracts/errors.ts";

/**
 * The `name` that a manifest gives, undefined when it gives none; the server checks everything else.
 * Errors: `invalid_manifest` with line and column for what is not YAML at all.
 */
export async function readManifestName(text: string, file: string): Promise<string | undefined> {
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: false, logLevel: "silent" });
  if (document.errors.length > 0) {
    throw new CodedError("invalid_manifest", `${file} is not valid YAML.`, {
      problems: document.errors.map((error) => {
        const [at] = error.linePos ?? [];
        const [reason = error.message] = error.message.split(" at line ");
        return { field: "", reason, file, ...(at === undefined ? {} : { line: at.line, column: at.col }) };
      }),
    });
  }
  const name: unknown = document.get("name");
  return typeof name === "string" && name !== "" ? name : undefined;
}
