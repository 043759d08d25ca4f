/** A command of a document, and what it prints. */
export interface ConsoleStep {
  readonly command: string;
  /** Lines, in which `…` stands for anything; alone on a line, for other lines. */
  readonly expected: readonly string[];
}

/** The commands of a document's ```console blocks, in order. */
export function consoleSteps(markdown: string): readonly ConsoleStep[] {
  const steps: { command: string; expected: string[] }[] = [];
  for (const [, block] of markdown.matchAll(/```console\n([\s\S]*?)```/g)) {
    for (const line of (block ?? "").trimEnd().split("\n")) {
      if (line.startsWith("$ ")) steps.push({ command: line.slice(2), expected: [] });
      else steps.at(-1)?.expected.push(line);
    }
  }
  return steps;
}

/**
 * Whether the output has every line that the document shows. Other lines may stand beside them (a document leaves
 * progress out), and the two streams of a program may mix in any order; a list is compared as a whole.
 */
export function matchesConsole(output: string, step: ConsoleStep): boolean {
  const lines = output
    .split("\n")
    .map(oneSpaced)
    .filter((line) => line !== "");
  const patterns = step.expected.filter((line) => line !== "…").map(linePattern);
  const isWhole = / list\b/.test(step.command) && patterns.length === step.expected.length;
  if (isWhole && lines.length !== patterns.length) return false;
  return patterns.every((pattern) => lines.some((line) => pattern.test(line)));
}

/** Columns are as wide as what stands in them, which differs from run to run. */
function oneSpaced(line: string): string {
  return line.trim().replaceAll(/ +/g, " ");
}

function linePattern(line: string): RegExp {
  return new RegExp(`^${escapePattern(oneSpaced(line)).replaceAll("…", ".*")}$`);
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
