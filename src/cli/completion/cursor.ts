import type { Argument, Command, Option } from "commander";

/** What stands before the cursor, as far as the tree of commands explains it. */
export interface Cursor {
  /** The command whose words follow. */
  readonly command: Command;
  /** What is being written: a subcommand, an option's name, its value, an operand, or a word of somebody else's. */
  readonly expected:
    | { readonly kind: "subcommand" | "flag" | "nothing" }
    | { readonly kind: "value"; readonly option: Option }
    | { readonly kind: "operand"; readonly argument: Argument };
  /** What the candidates are compared with. */
  readonly text: string;
  /** What stands before `text` in the same word, and stays: `--output=`. */
  readonly before: string;
  /** Values of options before the cursor, by the option's long name without dashes. */
  readonly given: ReadonlyMap<string, string>;
}

function findOption(command: Command, flag: string): Option | undefined {
  return command.options.find(({ long, short }) => long === flag || short === flag);
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

function nameOf({ long }: Option): string {
  return (long ?? "").replace(/^--/, "");
}

/** @param words what was typed after the program's name; the last one is the one being written, and may be empty. */
export function cursorOf(program: Command, words: readonly string[]): Cursor {
  const given = new Map<string, string>();
  let command = program;
  let operands = 0;
  let isOperandsOnly = false;
  let waiting: Option | undefined;
  for (const word of words.slice(0, -1)) {
    if (waiting !== undefined) {
      given.set(nameOf(waiting), word);
      waiting = undefined;
    } else if (isOperandsOnly || !word.startsWith("-") || word === "-") {
      const below = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
      if (below === undefined && command.commands.length > 0) return nothing(command, given);
      if (below === undefined) operands += 1;
      else command = below;
    } else if (word === "--") isOperandsOnly = true;
    else {
      const [flag = "", ...rest] = word.split("=");
      const option = findOption(command, flag);
      if (option === undefined || !takesValue(option)) continue;
      if (rest.length > 0) given.set(nameOf(option), rest.join("="));
      else waiting = option;
    }
  }
  const text = words.at(-1) ?? "";
  const common = { command, text, before: "", given };
  if (waiting !== undefined) return { ...common, expected: { kind: "value", option: waiting } };
  if (!isOperandsOnly && text.startsWith("-")) return flagAt(common);
  if (command.commands.length > 0) return { ...common, expected: { kind: "subcommand" } };
  const argument = argumentAt(command, operands);
  return { ...common, expected: argument === undefined ? { kind: "nothing" } : { kind: "operand", argument } };
}

function nothing(command: Command, given: ReadonlyMap<string, string>): Cursor {
  return { command, text: "", before: "", given, expected: { kind: "nothing" } };
}

function flagAt(common: Omit<Cursor, "expected">): Cursor {
  const [, flag = "", text = ""] = /^(--[^=]+)=(.*)$/s.exec(common.text) ?? [];
  if (flag === "") return { ...common, expected: { kind: "flag" } };
  const option = findOption(common.command, flag);
  if (option === undefined || !takesValue(option)) return { ...common, expected: { kind: "nothing" } };
  return { ...common, text, before: `${flag}=`, expected: { kind: "value", option } };
}

/** The last one may take all that follow. */
function argumentAt(command: Command, nth: number): Argument | undefined {
  const known = command.registeredArguments;
  const last = known.at(-1);
  return known[nth] ?? (last?.variadic === true ? last : undefined);
}
