/** A command of a document, and what it prints. */
export interface ConsoleStep {
  readonly command: string;
  /** Lines, in which `…` stands for anything, further lines included when it stands alone. */
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

/** Whether the output is what the document says, white space at the ends of lines apart. */
export function matchesConsole(output: string, expected: readonly string[]): boolean {
  if (expected.length === 0) return true;
  const pattern = expected
    .map((line) => (line === "…" ? "[\\s\\S]*" : escapePattern(line.trimEnd()).replaceAll("…", "[\\s\\S]*")))
    .join("\\n");
  return new RegExp(`^${pattern}$`).test(output.replaceAll(/[ \t]+$/gm, "").trim());
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
