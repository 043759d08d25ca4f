import { CodedError } from "../../contracts/errors.ts";
import { visibleLine } from "../../contracts/visible-text.ts";
import { UsageError } from "../usage-error.ts";

/** What happened and what to do next, on standard error of OpenSSH. */
export function renderProxyError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const isOurs = error instanceof CodedError || error instanceof UsageError;
  const next = isOurs ? error.next : "This was not expected; set PREWARM_DEBUG=1 to see where it came from.";
  return [`prewarm: ${visibleLine(message)}`, ...(next === "" ? [] : [`→ ${visibleLine(next)}`])].join("\n");
}
