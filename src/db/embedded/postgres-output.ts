import type { Logger } from "../../platform/logger.ts";

const linesKept = 20;
export const readyLine = "database system is ready to accept connections";

/** The end of a program's output in one sentence, for an error message. */
export function lastLines(output: string): string {
  const lines = output.trim().split("\n").slice(-linesKept);
  return lines[0] === "" ? "It said nothing." : `It said: ${lines.map((line) => line.trim()).join(" | ")}.`;
}

export interface OutputReader {
  push(chunk: string): void;
  /** What was said last, for an error message. */
  tail(): string;
}

/**
 * Splits PostgreSQL's log into lines, passes them on by severity, and tells when it says that it is ready.
 * PostgreSQL runs with `lc_messages=C`, so its words do not depend on the machine.
 */
export function createOutputReader(logger: Logger, onReady: () => void): OutputReader {
  let rest = "";
  const kept: string[] = [];

  const take = (line: string): void => {
    if (line.trim() === "") return;
    kept.push(line);
    if (kept.length > linesKept) kept.shift();
    const severity = /^(\w+):\s+(.*)$/.exec(line);
    const text = severity?.[2] ?? line.trim();
    if (severity?.[1] === "PANIC") logger.error("postgres", { text });
    else if (severity?.[1] === "FATAL") logger.warn("postgres", { text });
    else logger.debug("postgres", { text });
    if (text.startsWith(readyLine)) onReady();
  };

  return {
    push(chunk) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) take(line);
    },
    tail: () => lastLines([...kept, rest].join("\n")),
  };
}
