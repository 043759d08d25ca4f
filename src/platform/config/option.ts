import { formatBytes, parseBytes } from "./bytes.ts";
import { formatDurationMs, parseDurationMs } from "./duration.ts";

export type OptionKind = "duration" | "integer" | "number" | "bytes" | "boolean" | "string" | "url" | "enum";

/** One option, defined once: loading, `--help` and the documentation all read this. */
export interface Option<Value> {
  /** As in the YAML file and in messages: `prebuilds.reconciliation_interval`. */
  readonly name: string;
  /** Without the dashes: `prebuilds-reconciliation-interval`. */
  readonly flag: string;
  readonly env: string;
  /** Older or friendlier names of the environment variable; the first one that is set counts. */
  readonly envAliases: readonly string[];
  readonly kind: OptionKind;
  readonly isSecret: boolean;
  readonly description: string;
  /** The shape of a value in words, for errors and help. */
  readonly expected: string;
  readonly default: Value;
  /** The default as it would be written; empty when there is none. */
  readonly defaultText: string;
  /** The value, or undefined when the text is not as `expected` says. */
  readonly parse: (text: string) => Value | undefined;
}

interface Named {
  readonly name: string;
  readonly description: string;
  readonly envAliases?: readonly string[];
  readonly isSecret?: boolean;
}

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

function named(spec: Named) {
  const words = spec.name.split(/[._]/);
  return {
    name: spec.name,
    flag: words.join("-"),
    env: `PREWARM_${words.join("_").toUpperCase()}`,
    envAliases: spec.envAliases ?? [],
    isSecret: spec.isSecret ?? false,
    description: spec.description,
  };
}

function boundsText(bounds: Bounds, format: (value: number) => string): string {
  const least = bounds.min === undefined ? [] : [`at least ${format(bounds.min)}`];
  const most = bounds.max === undefined ? [] : [`at most ${format(bounds.max)}`];
  const both = [...least, ...most].join(" and ");
  return both === "" ? "" : `, ${both}`;
}

function numeric(
  spec: Named & Bounds & { readonly default: number },
  shape: {
    readonly kind: OptionKind;
    readonly words: string;
    readonly format: (value: number) => string;
    readonly parse: (text: string) => number | undefined;
  },
): Option<number> {
  return {
    ...named(spec),
    kind: shape.kind,
    default: spec.default,
    expected: `${shape.words}${boundsText(spec, shape.format)}`,
    defaultText: shape.format(spec.default),
    parse(text) {
      const value = shape.parse(text);
      if (value === undefined) return undefined;
      return value >= (spec.min ?? -Infinity) && value <= (spec.max ?? Infinity) ? value : undefined;
    },
  };
}

/** The value is in milliseconds. */
export function durationOption(spec: Named & Bounds & { readonly default: number }): Option<number> {
  return numeric(spec, {
    kind: "duration",
    words: "a duration such as 500ms, 30s, 1m, 1h30m or 2d",
    format: formatDurationMs,
    parse: parseDurationMs,
  });
}

export function integerOption(spec: Named & Bounds & { readonly default: number }): Option<number> {
  return numeric(spec, {
    kind: "integer",
    words: "a whole number",
    format: String,
    parse: (text) => (/^-?\d{1,15}$/.test(text.trim()) ? Number(text) : undefined),
  });
}

/** A number with a fraction, such as a share. */
export function numberOption(spec: Named & Bounds & { readonly default: number }): Option<number> {
  return numeric(spec, {
    kind: "number",
    words: "a number",
    format: String,
    parse: (text) => (/^\d{1,9}(\.\d{1,9})?$/.test(text.trim()) ? Number(text) : undefined),
  });
}

/** The value is in bytes. */
export function bytesOption(spec: Named & Bounds & { readonly default: number }): Option<number> {
  return numeric(spec, {
    kind: "bytes",
    words: "a number of bytes such as 1048576, 512KiB or 10MiB",
    format: formatBytes,
    parse: parseBytes,
  });
}

const booleanWords: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  "1": true,
  false: false,
  no: false,
  off: false,
  "0": false,
};

export function booleanOption(spec: Named & { readonly default: boolean }): Option<boolean> {
  return {
    ...named(spec),
    kind: "boolean",
    default: spec.default,
    expected: "true or false",
    defaultText: String(spec.default),
    parse: (text) => booleanWords[text.trim().toLowerCase()],
  };
}

export function stringOption(spec: Named & { readonly default: string }): Option<string> {
  return {
    ...named(spec),
    kind: "string",
    default: spec.default,
    expected: "text that is not empty",
    defaultText: spec.default,
    parse: (text) => (text.trim() === "" ? undefined : text.trim()),
  };
}

export function enumOption<const Choice extends string>(
  spec: Named & { readonly default: Choice; readonly choices: readonly Choice[] },
): Option<Choice> {
  return {
    ...named(spec),
    kind: "enum",
    default: spec.default,
    expected: `one of ${spec.choices.join(", ")}`,
    defaultText: spec.default,
    parse: (text) => spec.choices.find((choice) => choice === text.trim()),
  };
}

/** A URL that may be left out; undefined then. */
export function urlOption(spec: Named & { readonly protocols: readonly string[] }): Option<string | undefined> {
  return {
    ...named(spec),
    kind: "url",
    default: undefined,
    expected: `a URL that starts with ${spec.protocols.map((protocol) => `${protocol}://`).join(" or ")}`,
    defaultText: "",
    parse(text) {
      const trimmed = text.trim();
      const url = URL.canParse(trimmed) ? new URL(trimmed) : undefined;
      return url !== undefined && spec.protocols.includes(url.protocol.slice(0, -1)) ? trimmed : undefined;
    },
  };
}
