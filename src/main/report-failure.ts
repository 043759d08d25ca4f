import { CodedError } from "../contracts/errors.ts";
import { ConfigError } from "../platform/config/config-error.ts";

/** Any error of ours with a code, from whichever layer. */
function codeOf(error: unknown): string | undefined {
  const { code } = error as { readonly code?: unknown };
  return error instanceof Error && typeof code === "string" ? code : undefined;
}

/** Tells why a program could not start or finish. @returns its exit code: 2 when it was called wrongly, else 1. */
export function reportFailure(error: unknown): number {
  if (error instanceof ConfigError) {
    process.stderr.write(`error: ${error.message} [config_invalid]\n`);
    return 2;
  }
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (code === undefined) {
    process.stderr.write(`error: ${error instanceof Error ? (error.stack ?? message) : message}\n`);
    return 1;
  }
  process.stderr.write(`error: ${message} [${code}]\n`);
  if (error instanceof CodedError) process.stderr.write(`  → ${error.next}\n`);
  return 1;
}
