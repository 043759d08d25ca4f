/** What stands in a log where a secret stood. */
export const redacted = "[redacted]";

// The end of the key decides, so that `sessionToken` and `client_secret` are hidden and `tokenId`, `tokens` are not.
const secretKey = /(token|password|secret|authorization|cookie)$/i;
const urlPassword = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@/]+@/gi;
const depthMax = 6;
const itemsMax = 100;

function errorFields(error: Error, depth: number): unknown {
  const own = Object.fromEntries(Object.entries(error));
  return {
    // An error's own fields (code, detail, constraint of PostgreSQL) are often what explains it.
    ...(redactAt(own, depth) as Record<string, unknown>), // redactAt of a plain object is a plain object
    type: error.name,
    message: redactText(error.message),
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: redactAt(error.cause, depth + 1) }),
  };
}

function redactText(text: string): string {
  return text.includes("://") ? text.replace(urlPassword, `$1${redacted}@`) : text;
}

function redactAt(value: unknown, depth: number): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "invalid date" : value.toISOString();
  if (depth >= depthMax) return "[too deep]";
  if (value instanceof Error) return errorFields(value, depth + 1);
  if (Array.isArray(value)) return value.slice(0, itemsMax).map((item) => redactAt(item, depth + 1));
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    copy[key] = secretKey.test(key) && item !== undefined && item !== null ? redacted : redactAt(item, depth + 1);
  }
  return copy;
}

/**
 * A copy of log fields without secrets: values of keys that end in token, password, secret, authorization or
 * cookie, at any depth, and passwords inside URLs. Errors become plain objects with their cause.
 */
export function redactFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactAt(fields, 0) as Record<string, unknown>; // redactAt of a plain object is a plain object
}
