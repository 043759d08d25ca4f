import { sensitiveText } from "../../../domain/replacement/plan-report.ts";
import { fieldsOf, itemsOf } from "./json-fields.ts";

/** A shorter text may be part of anything: hiding it would make the log unreadable and hide nothing. */
const secretLengthMin = 8;

/** What hides secrets that the driver itself has given to Terraform, wherever they come out again. */
export type Mask = (text: string) => string;

export function maskOf(secrets: readonly string[]): Mask {
  // The longest first: one may be part of another.
  const hidden = [...new Set(secrets)]
    .filter((secret) => secret.length >= secretLengthMin)
    .toSorted((one, other) => other.length - one.length);
  return (text) => hidden.reduce((shown, secret) => shown.replaceAll(secret, sensitiveText), text);
}

/** The texts in a value that its marks call sensitive. `marks` is `true`, or has the value's shape with `true` in it. */
export function sensitiveTexts(value: unknown, marks: unknown): readonly string[] {
  if (typeof value === "string") return marks === true ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  const marksOf = Array.isArray(marks) ? itemsOf(marks) : Object.values(fieldsOf(marks));
  if (marks !== true && marksOf.length === 0) return [];
  return Object.entries(value).flatMap(([key, part]: [string, unknown]) => {
    const mark: unknown = marks === true ? true : Array.isArray(marks) ? marks[Number(key)] : fieldsOf(marks)[key];
    return sensitiveTexts(part, mark);
  });
}
