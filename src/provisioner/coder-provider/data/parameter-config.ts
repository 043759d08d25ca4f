import type { OptionConfig, ParameterConfig, ValidationConfig } from "../rules/parameter-config.ts";
import { parameterConfigTypes } from "../rules/parameter-config.ts";
import { fieldOf, type Fields, isFields, isList, isWhollyKnown, textOf, type Value } from "../values/value.ts";

/** The attributes by the names that the rules have for them. */
const attributes: Readonly<Record<string, keyof ParameterConfig>> = {
  name: "name",
  type: "type",
  form_type: "formType",
  mutable: "mutable",
  default: "default",
  ephemeral: "ephemeral",
  option: "options",
  validation: "validation",
};

/** Which attributes are not known yet, wholly or in part. */
export function unknownAttributes(config: Fields): ReadonlySet<keyof ParameterConfig> {
  const unknown = Object.entries(attributes).filter(([name]) => !isWhollyKnown(fieldOf(config, name)));
  return new Set(unknown.map(([, attribute]) => attribute));
}

/** A block `coder_parameter` as its rules look at it; it comes with its defaults. What is unknown is as if it were left out. */
export function parameterConfig(config: Fields): ParameterConfig {
  const type = textOf(config, "type");
  const formType = textOf(config, "form_type");
  const [validation] = blocksOf(fieldOf(config, "validation"));
  return {
    name: textOf(config, "name"),
    type: parameterConfigTypes.find((known) => known === type) ?? "string",
    ...(formType === "" ? {} : { formType }),
    mutable: fieldOf(config, "mutable") === true,
    default: textOrNull(fieldOf(config, "default")),
    ephemeral: fieldOf(config, "ephemeral") === true,
    options: blocksOf(fieldOf(config, "option")).map(optionConfig),
    validation: validation === undefined ? null : validationConfig(validation),
  };
}

function optionConfig(option: Fields): OptionConfig {
  return { name: textOf(option, "name"), value: textOf(option, "value") };
}

function validationConfig(validation: Fields): ValidationConfig {
  const [monotonic, regex, error] = ["monotonic", "regex", "error"].map((name) =>
    textOrNull(fieldOf(validation, name)),
  );
  return {
    min: numberOrNull(fieldOf(validation, "min")),
    max: numberOrNull(fieldOf(validation, "max")),
    monotonic: monotonic ?? null,
    regex: regex ?? null,
    error: error ?? null,
  };
}

/** Nested blocks of a kind, as far as they are known. */
export function blocksOf(blocks: Value): readonly Fields[] {
  return isList(blocks) ? blocks.filter((block) => isFields(block)) : [];
}

export function numberOrNull(value: Value): number | null {
  return typeof value === "number" ? value : null;
}

function textOrNull(value: Value): string | null {
  return typeof value === "string" ? value : null;
}
