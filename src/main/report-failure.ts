import { CodedError } from "../contracts/errors.ts";
import { visibleText } from "../contracts/visible-text.ts";
import { ConfigError } from "../platform/config/config-error.ts";

/** Any error of ours with a code, from whichever layer. */
function codeOf(error: unknown): string | undefined {
  const { code } = error as { readonly code?: unknown };
  return error instanceof Error && typeof code === "string" ? code : undefined;
}

/** What it says may come from a file, a database or another machine. */
function say(text: string): void {
  process.stderr.write(`${visibleText(text)}\n`);
}

/** Tells why a program could not start or finish. @returns its exit code: 2 when it was called wrongly, else 1. */
export function reportFailure(error: unknown): number {
  if (error instanceof ConfigError) {
    say(`error: ${error.message} [config_invalid]`);
    return 2;
  }
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (code === undefined) {
    say(`error: ${error instanceof Error ? (error.stack ?? message) : message}`);
    return 1;
  }
  say(`error: ${message} [${code}]`);
  if (error instanceof CodedError) say(`  → ${error.next}`);
  return 1;
}
