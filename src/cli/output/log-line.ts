import type { LogEntry } from "../../contracts/api/logs.ts";
import type { Paint } from "./paint.ts";
import { printable } from "./printable.ts";

const stageWidth = 8;

/** `14:03:07 apply    the line`, in UTC as all instants are; a line that is an error is red. */
export function renderLogLine(entry: LogEntry, paint: Paint): string {
  const stage = printable(entry.stage).padEnd(stageWidth);
  const line = printable(entry.line);
  const coloured = entry.level === "error" ? paint.red(line) : entry.level === "warn" ? paint.yellow(line) : line;
  return `${paint.dim(`${entry.at.slice(11, 19)} ${stage}`)} ${coloured}`.trimEnd();
}
