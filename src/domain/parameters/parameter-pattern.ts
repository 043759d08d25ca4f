/** Longest pattern that a template may give. */
export const parameterPatternCharsMax = 512;

export type PatternResult =
  | { readonly kind: "ok"; readonly pattern: RegExp }
  /** `reason` ends a sentence that begins with "the pattern". */
  | { readonly kind: "error"; readonly reason: string };

/** Compiles a pattern written by a template's author. Never throws. */
export function compileParameterPattern(source: string): PatternResult {
  if (source.length > parameterPatternCharsMax) {
    return {
      kind: "error",
      reason: `has ${source.length} characters; at most ${parameterPatternCharsMax} are allowed`,
    };
  }
  try {
    return { kind: "ok", pattern: new RegExp(source, "u") };
  } catch (cause) {
    return {
      kind: "error",
      reason: `is no regular expression (${cause instanceof Error ? cause.message : "unknown"})`,
    };
  }
}
