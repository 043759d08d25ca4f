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
}

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
  }));
}
