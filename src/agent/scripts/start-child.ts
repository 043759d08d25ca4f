import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";

/**
 * `spawn`, with an error for a value where the system refuses at once. Node tells some of these by an event, as that a
 * program is not there, and throws the others, as that a folder is a file or a text longer than an argument may be.
 */
export function startChild(program: string, args: readonly string[], options: SpawnOptions): ChildProcess | Error {
  try {
    return spawn(program, args, options);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** A sentence's second half without its full stop. */
export function notStarted({ message }: Error): string {
  return `it could not be started: ${message}`;
}
