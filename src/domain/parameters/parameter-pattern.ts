import { RE2JS } from "re2js";

/** Longest pattern that a template may give. */
export const parameterPatternCharsMax = 512;
/**
 * Most steps that a pattern may be compiled into, and all patterns of a template together: each character of a value
 * costs so many steps at worst. A value of the longest length took 75 ms with 1,000 of them.
 */
export const patternStepsMax = 1_000;
export const templatePatternStepsMax = 2_000;
/** How many compiled patterns are remembered; a deployment has some dozens. */
const compiledMax = 500;

export interface ParameterPattern {
  readonly steps: number;
  /** Whether the pattern is found anywhere in the value. */
  matches(value: string): boolean;
}

export type PatternResult =
  | { readonly kind: "ok"; readonly pattern: ParameterPattern }
  /** `reason` ends a sentence that begins with "the pattern". */
  | { readonly kind: "error"; readonly reason: string };

// The outcome depends on the text alone, so that remembering it is invisible.
const compiled = new Map<string, PatternResult>();

/**
 * Compiles a pattern written by a template's author, in RE2 syntax (decision 0034): its time grows with the length of a
 * value and no faster. The engine of JavaScript tries every way to match, and twenty-nine characters were enough to stop
 * the server for seconds. Never throws.
 */
export function compileParameterPattern(source: string): PatternResult {
  const known = compiled.get(source);
  if (known !== undefined) return known;
  const result = compileUncached(source);
  if (compiled.size >= compiledMax) compiled.clear();
  compiled.set(source, result);
  return result;
}

function compileUncached(source: string): PatternResult {
  if (source.length > parameterPatternCharsMax) {
    return refuse(`has ${source.length} characters; at most ${parameterPatternCharsMax} are allowed`);
  }
  try {
    // Reads what JavaScript spells otherwise, such as \u0041 and (?<name>…).
    const pattern = RE2JS.compile(RE2JS.translateRegExp(source));
    const steps = pattern.programSize();
    if (steps > patternStepsMax) {
      return refuse(
        `${source} repeats too much: it unfolds into ${steps} steps, at most ${patternStepsMax} are allowed`,
      );
    }
    return { kind: "ok", pattern: { steps, matches: (value) => pattern.matcher(value).find() } };
  } catch (cause) {
    return refuse(`${source} ${whyNot(source, cause)}`);
  }
}

function refuse(reason: string): PatternResult {
  return { kind: "error", reason };
}

function whyNot(source: string, cause: unknown): string {
  if (/\(\?<?[=!]/.test(source)) {
    return "looks ahead or behind, which patterns here cannot (RE2 syntax); write it without (?=…), (?!…), (?<=…) and (?<!…)";
  }
  if (/\\[1-9]|\\k</.test(source)) return "refers back to a group, which patterns here cannot (RE2 syntax)";
  const said = cause instanceof Error ? cause.message.replace(/^error parsing regexp: /, "") : "unknown";
  return `is no regular expression in RE2 syntax (${said})`;
}
