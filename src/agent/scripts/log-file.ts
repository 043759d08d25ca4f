import { closeSync, constants, openSync, writeSync } from "node:fs";
import path from "node:path";
import { makeFolder } from "../../platform/make-folder.ts";

const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants;
/** Without O_NONBLOCK, a named pipe that nobody reads would hold the whole agent. */
const appending = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK;

/** Where relative ones lie, whatever the folder of temporary files is: so it is in templates that are written for Coder. */
const relativeTo = "/tmp";

/** A script's log path as an absolute one. */
export function logFileOf(logPath: string, home: string): string {
  if (logPath === "~" || logPath.startsWith("~/")) return path.join(home, logPath.slice(2));
  return path.resolve(relativeTo, logPath);
}

/** Appends lines to a file, until it cannot: that is said once, and stops nothing. */
export class LogFile {
  readonly #file: string;
  readonly #onFault: (why: string) => void;
  #isOpen: boolean;

  constructor(file: string, onFault: (why: string) => void) {
    this.#file = file;
    this.#onFault = onFault;
    this.#isOpen = true;
    this.#attempt(() => {
      makeFolder(path.dirname(file));
      this.#append("");
    });
  }

  add(line: string): void {
    if (this.#isOpen) this.#attempt(() => this.#append(`${line}\n`));
  }

  #append(text: string): void {
    const fd = openSync(this.#file, appending, 0o600);
    try {
      writeSync(fd, text);
    } finally {
      closeSync(fd);
    }
  }

  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#isOpen = false;
      this.#onFault(error instanceof Error ? error.message : String(error));
    }
  }
}
