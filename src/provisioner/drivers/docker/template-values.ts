import { CodedError } from "../../../contracts/errors.ts";

/** `$${` stands for a plain `${`; everything else in braces must name a parameter. */
const placeholder = /\$\$\{|\$\{([^}]*)\}/g;
/** Names have no space at their ends, and those with a `}` cannot be named here. */
const parameterReference = /^parameters\.([^}]+)$/;

/** What is in the braces of a text: names of parameters, and what is no such name. */
export function referencesIn(text: string): {
  readonly parameters: readonly string[];
  readonly others: readonly string[];
} {
  const parameters: string[] = [];
  const others: string[] = [];
  for (const [whole, inner] of text.matchAll(placeholder)) {
    if (inner === undefined) continue;
    const name = parameterReference.exec(inner.trim())?.[1];
    if (name === undefined) others.push(whole);
    else parameters.push(name);
  }
  return { parameters, others };
}

/** The text with the values of the parameters it names. Errors: `build_failed` for one that has no value. */
export function withParameters(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(placeholder, (whole, inner: string | undefined) => {
    if (inner === undefined) return "${";
    const name = parameterReference.exec(inner.trim())?.[1] ?? "";
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value !== undefined) return value;
    throw new CodedError("build_failed", `The template uses ${whole}, and this build has no such parameter.`);
  });
}
