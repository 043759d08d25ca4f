// Apart from the schemas, because the agent carries none.

const loginShellLine = ["sh", "-c", 'exec "${SHELL:-/bin/sh}" -lc "$0"'] as const;

/** An app's command as a terminal runs it: by the login shell, so that it is found where its owner would find it. */
export function loginShellCommand(line: string): string[] {
  return [...loginShellLine, line];
}

/** What runs, as people wrote it. */
export function commandText(command: readonly string[]): string {
  const isLine =
    command.length === loginShellLine.length + 1 && loginShellLine.every((word, at) => command[at] === word);
  return isLine ? (command.at(-1) ?? "") : command.join(" ");
}
