import { readFileSync } from "node:fs";
import { ConfigError, type ConfigProblem } from "./config-error.ts";
import { readConfigFile, type FileValues } from "./config-file.ts";
import type { Option } from "./option.ts";

/** Definitions by the property name that their value gets. */
export type OptionSet = Readonly<Record<string, Option<unknown>>>;

export type ConfigValues<Options> = {
  readonly [Key in keyof Options]: Options[Key] extends Option<infer Value> ? Value : never;
};

export type ConfigSource = "flag" | "environment" | "file" | "default";

export interface LoadedConfig<Options> {
  readonly values: ConfigValues<Options>;
  /** Where each value came from, by property name. */
  readonly sources: Readonly<Record<keyof Options, ConfigSource>>;
  /** Each value as it was written, or as its default would be; empty where there is none. By property name. */
  readonly texts: Readonly<Record<keyof Options, string>>;
}

export interface ConfigInput {
  readonly flags: ReadonlyMap<string, string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Path of the YAML file; `PREWARM_CONFIG` of `env` when it is not given. */
  readonly configPath?: string | undefined;
  /** Defaults that only the caller knows, such as a folder below the working directory: text by option name. */
  readonly defaults?: Readonly<Record<string, string>>;
}

interface Given {
  readonly source: ConfigSource;
  readonly text: string;
  /** Where it was written, in words. */
  readonly place: string;
}

/** Behind the name of a secret's environment variable: the variable that names a file with the value instead. */
const fileSuffix = "_FILE";

function findGiven(option: Option<unknown>, input: ConfigInput, file: FileValues): Given | undefined {
  const flag = input.flags.get(option.flag);
  if (flag !== undefined) return { source: "flag", text: flag, place: `the flag --${option.flag}` };
  for (const name of [option.env, ...option.envAliases]) {
    const text = input.env[name];
    // Compose files and unit files set variables to nothing when they mean "not set".
    if (text !== undefined && text !== "")
      return { source: "environment", text, place: `the environment variable ${name}` };
    const path = option.isSecret ? input.env[`${name}${fileSuffix}`] : undefined;
    if (path !== undefined && path !== "") return fromSecretFile(option, `${name}${fileSuffix}`, path);
  }
  const inFile = file.get(option.name);
  if (inFile !== undefined) return { source: "file", ...inFile };
  const fallback = input.defaults?.[option.name];
  return fallback === undefined ? undefined : { source: "default", text: fallback, place: "the default" };
}

/** The value without the line's end that every editor adds. */
function fromSecretFile(option: Option<unknown>, variable: string, path: string): Given {
  const place = `the file ${path}, which the environment variable ${variable} names,`;
  try {
    return { source: "environment", text: readFileSync(path, "utf8").replace(/\r?\n$/, ""), place };
  } catch (cause) {
    const message = `${option.name} is invalid: ${place} cannot be read (${String(cause)}). Check the path and its permissions.`;
    throw new ConfigError([{ option: option.name, message }], { cause });
  }
}

function problemOf(option: Option<unknown>, given: Given): ConfigProblem {
  const value = option.isSecret ? "a value that is not shown, because it is a secret" : JSON.stringify(given.text);
  return {
    option: option.name,
    message: `${option.name} is invalid: ${given.place} gives ${value}. Expected ${option.expected}.`,
  };
}

function unknownNames(options: readonly Option<unknown>[], file: FileValues): ConfigProblem[] {
  const known = new Set(options.map((option) => option.name));
  return [...file]
    .filter(([name]) => !known.has(name))
    .map(([name, { place }]) => ({ option: name, message: `${name} in ${place} is not an option. See --help.` }));
}

/**
 * The value of every option: flag, else environment, else YAML file, else default (spec §10).
 * Throws one `ConfigError` that names every invalid option, where its value came from and what was expected.
 */
export function loadConfig<Options extends OptionSet>(options: Options, input: ConfigInput): LoadedConfig<Options> {
  const configPath = input.configPath ?? (input.env["PREWARM_CONFIG"] || undefined);
  const file: FileValues = configPath === undefined ? new Map() : readConfigFile(configPath);
  const entries: readonly (readonly [string, Option<unknown>])[] = Object.entries(options);
  const problems = unknownNames(
    entries.map(([, option]) => option),
    file,
  );
  const values: Record<string, unknown> = {};
  const sources: Record<string, ConfigSource> = {};
  const texts: Record<string, string> = {};
  for (const [key, option] of entries) {
    const given = findGiven(option, input, file);
    const value = given === undefined ? option.default : option.parse(given.text);
    if (given !== undefined && value === undefined) problems.push(problemOf(option, given));
    values[key] = value;
    sources[key] = given?.source ?? "default";
    texts[key] = given?.text ?? option.defaultText;
  }
  if (problems.length > 0) throw new ConfigError(problems);
  // The loop above filled one of each for each key of `options`, each value parsed by its own definition.
  return { values, sources, texts } as LoadedConfig<Options>;
}
