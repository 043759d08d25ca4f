import { ConfigError } from "./config-error.ts";
import type { OptionSet } from "./load-config.ts";

export interface ParsedFlags {
  /** Text by flag name, without the dashes. */
  readonly flags: ReadonlyMap<string, string>;
  /** Path of `--config`, when it was given. */
  readonly configPath: string | undefined;
  readonly isHelpWanted: boolean;
}

type FlagKind = "boolean" | "value";

function kindsOf(options: OptionSet): ReadonlyMap<string, FlagKind> {
  const kinds = new Map<string, FlagKind>([["config", "value"]]);
  for (const option of Object.values(options)) kinds.set(option.flag, option.kind === "boolean" ? "boolean" : "value");
  return kinds;
}

function problem(message: string): never {
  throw new ConfigError([{ message }]);
}

/**
 * Reads `--flag value`, `--flag=value`, `--boolean-flag`, `--no-boolean-flag` and `--help`.
 * Anything else is refused by name: a mistyped option must not start a server with its default.
 */
export function parseFlags(options: OptionSet, args: readonly string[]): ParsedFlags {
  const kinds = kindsOf(options);
  const flags = new Map<string, string>();
  let isHelpWanted = false;
  const rest = args[Symbol.iterator]();
  for (const arg of rest) {
    if (arg === "--help" || arg === "-h") {
      isHelpWanted = true;
      continue;
    }
    const match = /^--([a-z0-9-]+)(?:=(.*))?$/s.exec(arg);
    if (match === null) problem(`"${arg}" is not an option. Options look like --http-port 7080; see --help.`);
    const name = match[1] ?? "";
    const negated = name.startsWith("no-") ? name.slice(3) : undefined;
    if (negated !== undefined && kinds.get(negated) === "boolean" && match[2] === undefined) {
      flags.set(negated, "false");
      continue;
    }
    const kind = kinds.get(name);
    if (kind === undefined) problem(`--${name} is not an option. See --help for all of them.`);
    let value = match[2] ?? (kind === "boolean" ? "true" : undefined);
    if (value === undefined) {
      const next = rest.next();
      if (next.done === true) problem(`--${name} needs a value, as in --${name}=VALUE.`);
      value = next.value;
    }
    flags.set(name, value);
  }
  const configPath = flags.get("config");
  flags.delete("config");
  return { flags, configPath, isHelpWanted };
}
