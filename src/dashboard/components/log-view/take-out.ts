import { plainText } from "../../../contracts/ansi.ts";
import type { LineRange } from "./line-range.ts";
import type { LogLines } from "./log-lines.ts";

/** Lines that are read at once while they are taken out. */
const linesAtOnce = 2_000;

/** Walks over lines from first to last; those that are not in memory are asked for. Errors: those of the route. */
async function linesOf(log: LogLines, { first, last }: LineRange, each: (line: string) => void): Promise<void> {
  for (let from = first; from <= last; from += linesAtOnce) {
    const to = Math.min(last, from + linesAtOnce - 1);
    await log.hold(from, to);
    for (let number = from; number <= to; number += 1) each(log.lineAt(number)?.line ?? "");
  }
}

/** Saves the whole log as it was written, colours included. */
export async function saveLog(log: LogLines, fileName: string): Promise<void> {
  const parts: string[] = [];
  await linesOf(log, { first: 1, last: log.count }, (line) => parts.push(`${line}\n`));
  const address = URL.createObjectURL(new Blob(parts, { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** The text of lines as it is shown, without numbers and times. */
export async function textOf(log: LogLines, range: LineRange): Promise<string> {
  const parts: string[] = [];
  await linesOf(log, { first: range.first, last: Math.min(range.last, log.count) }, (line) =>
    parts.push(plainText(line)),
  );
  return parts.join("\n");
}
