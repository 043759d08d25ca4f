import { type TemplateWarning, warningText } from "../../contracts/secret-files.ts";
import type { Output } from "./output.ts";

/** On standard error, a line each; a program finds them in the result. A server of the release before has none to tell. */
export function showWarnings(warnings: readonly TemplateWarning[] | undefined, output: Output): void {
  for (const warning of warnings ?? [])
    output.progress(`${output.errorPaint.yellow("warning:")} ${warningText(warning)}`);
}
