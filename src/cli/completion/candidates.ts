import type { Argument, Command, Option } from "commander";
import { SpecOption } from "../spec-option.ts";
import type { Cursor } from "./cursor.ts";
import { kindOfWord, type NamedKind } from "./named-kinds.ts";

export interface Candidate {
  readonly value: string;
  readonly about: string;
}

export interface Candidates {
  /** `files`: those of this host, which the shell knows best. */
  readonly kind: "words" | "files";
  readonly words: readonly Candidate[];
}

/** Names of things of a kind, from the server or from what is kept here. */
export type FindNames = (kind: NamedKind, cursor: Cursor) => Promise<readonly string[]>;

const none: Candidates = { kind: "words", words: [] };
// oxlint-disable-next-line no-control-regex -- A name with one would be more than one word to the shell, or steer the terminal.
const control = /[\u0000-\u001f\u007f-\u009f]/;

/** What may stand at the cursor. Every command, option and value of it comes from the tree of commands. */
export async function candidatesAt(cursor: Cursor, findNames: FindNames): Promise<Candidates> {
  const found = await allAt(cursor, findNames);
  const fitting = found.words.filter(({ value }) => value.startsWith(cursor.text) && !control.test(value));
  return { ...found, words: fitting.map((one) => ({ ...one, value: `${cursor.before}${one.value}` })) };
}

async function allAt(cursor: Cursor, findNames: FindNames): Promise<Candidates> {
  const { expected, command } = cursor;
  switch (expected.kind) {
    case "nothing":
      return none;
    case "subcommand":
      return { kind: "words", words: subcommands(command) };
    case "flag":
      return { kind: "words", words: command.createHelp().visibleOptions(command).flatMap(flagsOf) };
    case "value":
      return await valuesOf(expected.option, cursor, findNames);
    case "operand":
      return await operandsOf(expected.argument, cursor, findNames);
  }
}

function subcommands(command: Command): readonly Candidate[] {
  const visible = command.createHelp().visibleCommands(command);
  return visible.map((one) => ({ value: one.name(), about: one.summary() || one.description() }));
}

function flagsOf({ long, short, description }: Option): readonly Candidate[] {
  return [long, short].filter((flag) => flag !== undefined).map((value) => ({ value, about: description }));
}

async function valuesOf(option: Option, cursor: Cursor, findNames: FindNames): Promise<Candidates> {
  const choices = option instanceof SpecOption ? option.valueChoices : undefined;
  if (choices !== undefined) return wordsOf(choices);
  const placeholder = /<(.+)>/.exec(option.flags)?.[1] ?? "";
  // `--template <name>`: what it is the name of is the option's own name.
  return await named(kindOfWord(placeholder) ?? kindOfWord(option.name()), cursor, findNames);
}

async function operandsOf(argument: Argument, cursor: Cursor, findNames: FindNames): Promise<Candidates> {
  if (argument.argChoices !== undefined) return wordsOf(argument.argChoices);
  return await named(kindOfWord(argument.name()), cursor, findNames);
}

async function named(kind: NamedKind | undefined, cursor: Cursor, findNames: FindNames): Promise<Candidates> {
  if (kind === undefined) return none;
  return kind === "file" ? { kind: "files", words: [] } : wordsOf(await findNames(kind, cursor));
}

function wordsOf(values: readonly string[]): Candidates {
  return { kind: "words", words: values.map((value) => ({ value, about: "" })) };
}
