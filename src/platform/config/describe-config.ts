import type { OptionSet } from "./load-config.ts";
import type { OptionKind } from "./option.ts";

/** One row of `--help` and of the configuration page of the documentation. */
export interface ConfigRow {
  readonly name: string;
  readonly flag: string;
  readonly env: string;
  readonly kind: OptionKind;
  /** Empty when there is none. */
  readonly default: string;
  readonly expected: string;
  readonly description: string;
  /** Of environment variables that name a file with the value: of secrets only. */
  readonly fileEnv: string | null;
}

export interface ConfigSection {
  readonly title: string;
  readonly rows: readonly ConfigRow[];
}

/** Titles of the sections by the first word of their options' names, in their order; others follow under that word. */
const titles: Readonly<Record<string, string>> = {
  http: "Server",
  access_url: "Server",
  data_dir: "Server",
  session: "Server",
  url: "Server",
  log: "Log",
  pg: "Database",
  prebuilds: "Prebuilds",
  quota: "Quota",
  template: "Templates",
  provisioner: "Provisioner daemon",
  state: "Provider states",
  metrics: "Metrics",
  notifications: "Notifications",
};

/** `defaults` as in `ConfigInput`: what the composition root fills in. */
export function describeConfig(
  options: OptionSet,
  defaults: Readonly<Record<string, string>> = {},
): readonly ConfigRow[] {
  return Object.values(options).map((option) => ({
    name: option.name,
    flag: `--${option.flag}`,
    env: option.env,
    kind: option.kind,
    default: defaults[option.name] ?? option.defaultText,
    expected: option.expected,
    description: option.description,
    fileEnv: option.isSecret ? `${option.env}_FILE` : null,
  }));
}

/** The same rows in sections, so that somebody who reads them finds what he looks for. */
export function describeSections(
  options: OptionSet,
  defaults: Readonly<Record<string, string>> = {},
): readonly ConfigSection[] {
  const sections = new Map<string, ConfigRow[]>(Object.values(titles).map((title) => [title, []]));
  for (const row of describeConfig(options, defaults)) {
    const [word = ""] = row.name.split(".");
    const title = titles[word] ?? `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
    sections.set(title, [...(sections.get(title) ?? []), row]);
  }
  return [...sections].flatMap(([title, rows]) => (rows.length === 0 ? [] : [{ title, rows }]));
}
