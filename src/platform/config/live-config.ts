import { type ConfigRow, describeSections } from "./describe-config.ts";
import type { ConfigSource, ConfigValues, LoadedConfig, OptionSet } from "./load-config.ts";
import type { Option } from "./option.ts";

interface Stored {
  readonly text: string;
  readonly value: unknown;
}

export interface LiveSetting extends Omit<ConfigRow, "fileEnv"> {
  readonly section: string;
  readonly isSecret: boolean;
  readonly isLive: boolean;
  /** As it would be written; null of a secret, and where there is none. */
  readonly value: string | null;
  readonly source: ConfigSource | "stored";
}

/** What use cases see of the server's options. */
export interface SettingsHolder {
  /** All options, in the order of their sections. */
  list(): readonly LiveSetting[];
  /** Whether the text is a value of the option. */
  accepts(name: string, text: string): boolean;
  /** Takes over what is stored, by option name. A value that this release cannot read is passed over. */
  hold(stored: ReadonlyMap<string, string>): void;
  /** Names of the options that may be stored. */
  readonly liveNames: readonly string[];
}

interface LiveConfigInput<Options extends OptionSet> {
  readonly options: Options;
  readonly loaded: LoadedConfig<Options>;
  /** Property names of the values that may change. */
  readonly live: readonly (keyof Options & string)[];
  /** As in `ConfigInput`. */
  readonly defaults?: Readonly<Record<string, string>>;
}

/**
 * Options of which some may change while the server runs: flag, environment and file win over what is stored, as their
 * operator can see no other, and what is stored wins over the default.
 */
export class LiveConfig<Options extends OptionSet> implements SettingsHolder {
  readonly #input: LiveConfigInput<Options>;
  readonly #live: ReadonlySet<string>;
  /** By property name: those that count. */
  #stored: ReadonlyMap<string, Stored> = new Map();

  constructor(input: LiveConfigInput<Options>) {
    this.#input = input;
    this.#live = new Set(input.live);
  }

  /** The values in force; a property of one that may change gives the newest each time that it is read. */
  get values(): ConfigValues<Options> {
    const { loaded, live } = this.#input;
    const values: Record<string, unknown> = { ...loaded.values };
    for (const key of live) {
      Object.defineProperty(values, key, { enumerable: true, get: () => this.#inForce(key) });
    }
    return values as ConfigValues<Options>;
  }

  get liveNames(): readonly string[] {
    return this.#input.live.map((key) => this.#option(key).name);
  }

  accepts(name: string, text: string): boolean {
    return this.#input.live.some((key) => {
      const option = this.#option(key);
      return option.name === name && option.parse(text) !== undefined;
    });
  }

  hold(stored: ReadonlyMap<string, string>): void {
    const values = new Map<string, Stored>();
    for (const key of this.#input.live) {
      const option = this.#option(key);
      const text = stored.get(option.name);
      const value = text === undefined ? undefined : option.parse(text);
      if (text !== undefined && value !== undefined) values.set(key, { text, value });
    }
    this.#stored = values;
  }

  list(): readonly LiveSetting[] {
    const { options, defaults } = this.#input;
    const keys = new Map(Object.entries(options).map(([key, option]) => [option.name, key]));
    return describeSections(options, defaults).flatMap(({ title, rows }) =>
      rows.map(({ fileEnv: _, ...row }) => this.#setting({ key: keys.get(row.name) ?? "", section: title, row })),
    );
  }

  #setting({ key, section, row }: { key: string; section: string; row: Omit<ConfigRow, "fileEnv"> }): LiveSetting {
    const option = this.#option(key);
    const text = this.#countsStored(key)
      ? (this.#stored.get(key)?.text ?? "")
      : this.#input.loaded.texts[key as keyof Options];
    return {
      ...row,
      section,
      isSecret: option.isSecret,
      isLive: this.#isLive(key),
      value: option.isSecret || text === "" ? null : text,
      source: this.#countsStored(key) ? "stored" : this.#input.loaded.sources[key as keyof Options],
    };
  }

  #isLive(key: string): boolean {
    return this.#live.has(key);
  }

  #countsStored(key: string): boolean {
    return this.#stored.has(key) && this.#input.loaded.sources[key as keyof Options] === "default";
  }

  #inForce(key: string): unknown {
    return this.#countsStored(key) ? this.#stored.get(key)?.value : this.#input.loaded.values[key as keyof Options];
  }

  #option(key: string): Option<unknown> {
    const option = this.#input.options[key];
    if (option === undefined) throw new Error(`There is no option ${key}.`);
    return option;
  }
}
