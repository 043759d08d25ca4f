import { shellWord } from "../../contracts/shell-word.ts";
import type { TerminalSize } from "../world.ts";

/** Stands around what the command line itself has to know, and in no text that a program would print. */
const mark = "\u001e";
/** Exit code of the wrapper where there is nothing that can make a terminal. */
export const noTerminalExitCode = 125;

export interface TerminalCommand {
  readonly command: readonly string[];
  readonly size: TerminalSize;
  /** Tells the marks of this session from what anybody else prints. */
  readonly nonce: string;
}

/**
 * The command, run in a terminal of the workspace that one of its own programs makes: `script` of util-linux, else
 * Python. The agent only knows pipes; both copy between them and the terminal, and keep the exit code. First of all the
 * terminal's name is printed between marks, by which its size can be changed later.
 */
export function terminalCommand({ command, size, nonce }: TerminalCommand): readonly string[] {
  const inside = [
    setSize(size),
    `printf '\\036${nonce}%s\\036' "$(tty)"`,
    `exec ${command.map(shellWord).join(" ")}`,
  ].join("\n");
  const outside = [
    "SHELL=/bin/sh",
    "export SHELL",
    `if script --version 2>/dev/null | grep -q util-linux; then exec script -qefc "$1" /dev/null; fi`,
    `if command -v python3 >/dev/null 2>&1; then exec python3 -c "$2" "$1"; fi`,
    `exit ${noTerminalExitCode}`,
  ].join("\n");
  return ["/bin/sh", "-c", outside, "prewarm-terminal", inside, pythonTerminal];
}

const pythonTerminal = `import os, pty, sys
status = pty.spawn(["/bin/sh", "-c", sys.argv[1]])
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))`;

function setSize({ rows, columns }: TerminalSize): string {
  return `stty rows ${rows} cols ${columns} 2>/dev/null`;
}

/** Changes the size of a terminal of the workspace; whoever runs in it is told by its kernel. */
export function resizeCommand(terminal: string, { rows, columns }: TerminalSize): readonly string[] {
  return ["stty", "-F", terminal, "rows", String(rows), "cols", String(columns)];
}

/** Takes the terminal's name out of the output. What was typed before stands in front of it, as the terminal echoes it. */
export class TerminalName {
  readonly #begin: string;
  #held = Buffer.alloc(0);
  name: string | undefined;

  constructor(nonce: string) {
    this.#begin = `${mark}${nonce}`;
  }

  /** @returns what is to be shown of it: all but the name with its marks. */
  take(chunk: Buffer): Buffer {
    if (this.name !== undefined) return chunk;
    const all = Buffer.concat([this.#held, chunk]);
    const text = all.toString("latin1");
    const from = this.#beginIn(text);
    const nameFrom = from + this.#begin.length;
    const to = text.indexOf(mark, nameFrom);
    if (to < 0) {
      this.#held = all.subarray(from);
      return all.subarray(0, from);
    }
    this.name = text.slice(nameFrom, to);
    return Buffer.concat([all.subarray(0, from), all.subarray(to + mark.length)]);
  }

  /** Where the name begins, or what may become its beginning; else the end. */
  #beginIn(text: string): number {
    for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) {
      const rest = text.slice(at, at + this.#begin.length);
      if (this.#begin.startsWith(rest)) return at;
    }
    return text.length;
  }
}
