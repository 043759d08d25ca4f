import { fillDefaults } from "../calls/fill-defaults.ts";
import { parameterConfig, unknownAttributes } from "../data/parameter-config.ts";
import { presetConfig } from "../data/preset-config.ts";
import { ruleDiagnostic } from "../data/read-parameter.ts";
import type { Diagnostic } from "../protocol/diagnostic.ts";
import { configProblems as parameterProblems } from "../rules/parameter-rules.ts";
import { presetProblems } from "../rules/preset-rules.ts";
import type { TypeSchema } from "../schema/schema-shape.ts";
import { type Fields, isWhollyKnown } from "../values/value.ts";
import { configProblems } from "./validate-config.ts";

/** All that is refused of a configuration: by the schema's table, and by the rules of parameters and presets. */
export function validateConfig(type: string, { block }: TypeSchema, config: Fields): readonly Diagnostic[] {
  const bySchema = configProblems(block, config);
  // Whatever breaks the schema would be told twice, or misread.
  if (bySchema.some(({ severity }) => severity === "error")) return bySchema;
  const filled = fillDefaults(block, config);
  if (type === "coder_parameter") {
    const found = parameterProblems(parameterConfig(filled), unknownAttributes(filled));
    return [...bySchema, ...found.map(ruleDiagnostic)];
  }
  // One whose values are not all known is looked at when it is read.
  if (type === "coder_workspace_preset" && isWhollyKnown(filled)) {
    return [...bySchema, ...presetProblems(presetConfig(filled)).map(ruleDiagnostic)];
  }
  return bySchema;
}
