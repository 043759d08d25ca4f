import type { Command } from "commander";
import type { CliWorld } from "../world.ts";
import { bashReply, readBashLine } from "./bash-line.ts";
import { type Candidates, candidatesAt } from "./candidates.ts";
import { cursorOf } from "./cursor.ts";
import { nameFinder } from "./find-names.ts";

/** The word by which the shells' scripts ask; it is no command for people. */
export const completionWord = "__complete";
/** Exit code that asks the shell for its own completion of file names. */
export const filesExitCode = 3;

/**
 * Answers a shell's question: `bash LINE WORDBREAKS`, or `zsh|fish WORD…`, whose last word is being written. Bash gets
 * what it is to put in; the others a word and what it means, apart by a tab. Whatever goes wrong, nothing is said.
 */
export async function complete(program: Command, argv: readonly string[], world: CliWorld): Promise<number> {
  try {
    const [shell, ...rest] = argv;
    return shell === "bash" ? await forBash(program, rest, world) : await forWords(program, rest, world);
  } catch {
    return 0;
  }
}

function ask(program: Command, words: readonly string[], world: CliWorld): Promise<Candidates> {
  return candidatesAt(cursorOf(program, words), nameFinder(world));
}

async function forBash(program: Command, rest: readonly string[], world: CliWorld): Promise<number> {
  const [line = "", wordBreaks = ""] = rest;
  const read = readBashLine(line);
  const { kind, words } = await ask(program, read.words.slice(1), world);
  if (kind === "files") return filesExitCode;
  const replies = words.map(({ value }) => bashReply(value, read, wordBreaks));
  write(
    world,
    replies.filter((reply) => reply !== undefined),
  );
  return 0;
}

async function forWords(program: Command, rest: readonly string[], world: CliWorld): Promise<number> {
  const { kind, words } = await ask(program, rest, world);
  if (kind === "files") return filesExitCode;
  write(
    world,
    words.map(({ value, about }) => (about === "" ? value : `${value}\t${about}`)),
  );
  return 0;
}

function write({ stdout }: CliWorld, lines: readonly string[]): void {
  stdout.write(lines.map((line) => `${line}\n`).join(""));
}
