/**
 * What a `coder_parameter` block says, as its rules look at it. Plain data: whoever read it has replaced absent blocks
 * by empty lists and null. Attributes that no rule reads are here too, so that one shape serves reading and judging.
 */

export const parameterConfigTypes = ["string", "number", "bool", "list(string)"] as const;
export type ParameterConfigType = (typeof parameterConfigTypes)[number];

export interface OptionConfig {
  readonly name: string;
  readonly value: string;
  readonly description?: string;
  readonly icon?: string;
}

export interface ValidationConfig {
  readonly min: number | null;
  readonly max: number | null;
  readonly monotonic: string | null;
  readonly regex: string | null;
  readonly error: string | null;
}

export interface ParameterConfig {
  readonly name: string;
  readonly displayName?: string;
  readonly description?: string;
  readonly type: ParameterConfigType;
  readonly formType?: string;
  readonly styling?: string;
  readonly mutable: boolean;
  readonly default: string | null;
  readonly icon?: string;
  readonly order?: number;
  readonly ephemeral: boolean;
  readonly options: readonly OptionConfig[];
  readonly validation: ValidationConfig | null;
}

/** What a build gives to a parameter. */
export interface ParameterInput {
  /** Given, even where it is empty. */
  readonly value?: string;
  /** The value of the build before; only monotony looks at it. */
  readonly previous?: string;
}

/** A rule that is broken; `path` leads to the attribute, as in `["validation", 0, "min"]`. Empty: the block itself. */
export interface RuleProblem {
  readonly path: readonly (string | number)[];
  readonly summary: string;
  /** One sentence or more: what is wrong, and what to write instead. */
  readonly detail: string;
}

/** A value as a message shows it: quoted, and cut where it would drown the rest. */
export function shown(value: string): string {
  const shownCharsMax = 80;
  return JSON.stringify(value.length <= shownCharsMax ? value : `${value.slice(0, shownCharsMax)}…`);
}
