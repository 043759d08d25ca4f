import { lifecycleMsMax, lifecycleMsMin } from "../contracts/limits.ts";
import { parseDurationMs } from "../platform/config/duration.ts";
import { UsageError } from "./usage-error.ts";

/** What commander parsed, still untyped: operands in order, options by camel-case name. */
export interface RawInput {
  readonly operands: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
  /** Full name of the command, for messages: `templates push`. */
  readonly command: string;
}

/** Reads the words of a command line into typed values, once; a wrong one is a `UsageError` that names its option. */
export class CommandInput {
  readonly #raw: RawInput;

  constructor(raw: RawInput) {
    this.#raw = raw;
  }

  refuse(message: string): never {
    throw new UsageError(message, `See \`prewarm ${this.#raw.command} --help\`.`);
  }

  /** A required operand; commander has refused the command line already when it is missing. */
  operand(index: number): string {
    return this.optionalOperand(index) ?? this.refuse("An argument is missing.");
  }

  optionalOperand(index: number): string | undefined {
    const value = this.#raw.operands[index];
    return typeof value === "string" ? value : undefined;
  }

  /** The operands of a variadic argument. */
  operands(index: number): readonly string[] {
    const value = this.#raw.operands[index];
    return Array.isArray(value) ? value.map(String) : [];
  }

  text(flag: string): string | undefined {
    const value = this.#value(flag);
    if (value === "") this.refuse(`--${flag} must not be empty.`);
    return typeof value === "string" ? value : undefined;
  }

  requiredText(flag: string): string {
    return this.text(flag) ?? this.refuse(`--${flag} is required.`);
  }

  isOn(flag: string): boolean {
    return this.#value(flag) === true;
  }

  /** Whether a switch that is declared as `--no-x` was given; it is read by `x`. */
  isOff(flag: string): boolean {
    return this.#value(flag) === false;
  }

  choice<const Choice extends string>(flag: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.text(flag);
    if (value === undefined) return undefined;
    const found = choices.find((choice) => choice === value);
    return found ?? this.refuse(`--${flag} is "${value}"; it must be one of ${choices.join(", ")}.`);
  }

  integer(flag: string, bounds: { readonly min: number; readonly max: number }): number | undefined {
    const value = this.text(flag);
    if (value === undefined) return undefined;
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= bounds.min && number <= bounds.max) return number;
    return this.refuse(`--${flag} is "${value}"; it must be a whole number from ${bounds.min} to ${bounds.max}.`);
  }

  /** Milliseconds. */
  duration(flag: string, bounds: { readonly maxMs: number }): number | undefined {
    const value = this.text(flag);
    if (value === undefined) return undefined;
    const durationMs = parseDurationMs(value);
    if (durationMs !== undefined && durationMs >= 0 && durationMs <= bounds.maxMs) return durationMs;
    return this.refuse(
      `--${flag} is "${value}"; it must be a duration such as 500ms, 30s or 2m, at most ${bounds.maxMs / 1000}s.`,
    );
  }

  /** Milliseconds of a lifecycle's length of time such as `8h` or `14d`; null for `none`. */
  length(flag: string): number | null | undefined {
    const value = this.text(flag);
    return value === undefined ? undefined : this.lengthOf(`--${flag}`, value);
  }

  /** The same of a word that is no option. */
  lengthOf(what: string, value: string): number | null {
    if (value === "none" || value === "0") return null;
    const lengthMs = parseDurationMs(value);
    if (lengthMs !== undefined && lengthMs >= lifecycleMsMin && lengthMs <= lifecycleMsMax) return lengthMs;
    return this.refuse(`${what} is "${value}"; it must be a duration such as 30m, 8h or 14d, or none.`);
  }

  /** The words of an option that may be repeated. */
  words(flag: string): readonly string[] {
    const words = this.#value(flag);
    return Array.isArray(words) ? words.map(String) : [];
  }

  /** The `key=value` words of an option that may be repeated. */
  pairs(flag: string): Readonly<Record<string, string>> | undefined {
    const words = this.words(flag);
    if (words.length === 0) return undefined;
    const pairs = new Map<string, string>();
    for (const word of words) {
      const [, written, value] = /^((?:\\[=\\]|\\(?![=\\])|[^=\\])+)=(.*)$/s.exec(word) ?? [];
      if (written === undefined || value === undefined) {
        this.refuse(`--${flag} is "${word}"; it must be key=value, for example --${flag} region=eu.`);
      }
      const key = written.replaceAll(/\\([=\\])/g, "$1");
      if (pairs.has(key)) this.refuse(`--${flag} gives "${key}" twice.`);
      pairs.set(key, value);
    }
    return Object.fromEntries(pairs);
  }

  #value(flag: string): unknown {
    return this.#raw.options[flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
  }
}
