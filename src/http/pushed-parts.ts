import { CodedError } from "../contracts/errors.ts";
import type { TemplateVariables } from "../contracts/template-variables.ts";
import { problemsIn } from "./storable-input.ts";

export interface PushedParts {
  readonly archive: Buffer;
  readonly variables?: TemplateVariables;
}

const next = "Send the archive alone as application/gzip, or a form with the parts `archive` and `variables`.";
/** `archive` and `variables`. */
const partsMax = 2;

/**
 * The archive of a push, and the variables that travel beside it where it is a form: what is secret is then in no address.
 * Errors: `invalid_request`, which tells nothing of what the parts hold.
 */
export async function pushedParts(contentType: string | undefined, body: Buffer): Promise<PushedParts> {
  if (!(contentType ?? "").toLowerCase().startsWith("multipart/form-data")) return { archive: body };
  const form = await formOf(contentType ?? "", body);
  const archive = form.get("archive");
  if (archive === null || typeof archive === "string") throw refused("it has no file `archive`");
  const variables = form.get("variables");
  const bytes = Buffer.from(await archive.arrayBuffer());
  if (variables === null) return { archive: bytes };
  return {
    archive: bytes,
    variables: readVariables(typeof variables === "string" ? variables : await variables.text()),
  };
}

async function formOf(contentType: string, body: Buffer): Promise<FormData> {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw refused("its type names no boundary");
  // Counted before it is parsed: a form of a million empty parts would be as many objects.
  if (delimitersIn(body, `--${boundary}`) > partsMax + 1) throw refused(`it has more than ${partsMax} parts`);
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(body), { headers: { "content-type": contentType } }).formData();
  } catch {
    // Its reason would quote what could not be read.
    throw refused("it cannot be read");
  }
  const names = [...form.keys()];
  if (new Set(names).size < names.length) throw refused("it has a part twice");
  if (names.some((name) => name !== "archive" && name !== "variables")) throw refused("it has a part of another name");
  return form;
}

function delimitersIn(body: Buffer, delimiter: string): number {
  let count = 0;
  for (let at = body.indexOf(delimiter); at !== -1 && count <= partsMax + 1; ) {
    count += 1;
    at = body.indexOf(delimiter, at + delimiter.length);
  }
  return count;
}

function readVariables(text: string): TemplateVariables {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // As above: the reason would quote a value.
    throw refused("its `variables` are not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refused("its `variables` are not an object of names and texts");
  }
  const entries = Object.entries(value).map(([name, one]: [string, unknown]): [string, string] => {
    if (typeof one === "string") return [name, one];
    throw refused("each of its `variables` must be a text; lists and objects are written as JSON in one");
  });
  const [fault] = problemsIn(value);
  if (fault !== undefined) throw refused(`one of its \`variables\` cannot be taken: ${fault.reason}`);
  return Object.fromEntries(entries);
}

function refused(why: string): CodedError {
  return new CodedError("invalid_request", `The form is not valid: ${why}.`, { next });
}
