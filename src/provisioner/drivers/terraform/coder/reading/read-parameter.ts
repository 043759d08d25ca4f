import type { ManifestParameter } from "../../../../../contracts/manifest-parameter.ts";
import { descriptionLengthMax } from "../../../../../contracts/limits.ts";
import { formTypes } from "../../../../../contracts/parameter-definition.ts";
import { fieldsOf, type Fields, itemsOf, numberOf, parseJson, textOf } from "../../json-fields.ts";

/** Longest texts that a manifest takes; longer ones are for people alone, and are cut. */
const displayNameLengthMax = 64;
const errorLengthMax = 256;

/** A `coder_parameter` as a parameter of a manifest, from the values of its data source. */
export function readParameter(values: Fields): ManifestParameter {
  const type = typeOf(textOf(values["type"]));
  const fallback = values["default"];
  const formType = formTypes.find((one) => one === values["form_type"]);
  const options = itemsOf(values["option"]).map(fieldsOf);
  const [validation] = itemsOf(values["validation"]).map(fieldsOf);
  const styling = readStyling(textOf(values["styling"]));
  return {
    name: textOf(values["name"]),
    ...text("display_name", values["display_name"], displayNameLengthMax),
    ...text("description", values["description"], descriptionLengthMax),
    ...text("icon", values["icon"]),
    ...(numberOf(values["order"]) === undefined ? {} : { order: numberOf(values["order"]) ?? 0 }),
    type,
    ...(formType === undefined ? {} : { form_type: formType }),
    ...(styling === null ? {} : { styling }),
    ...(typeof fallback === "string"
      ? { default: type === "bool" && options.length === 0 ? truthOf(fallback) : fallback }
      : {}),
    mutable: values["mutable"] === true,
    ...(values["ephemeral"] === true ? { ephemeral: true } : {}),
    ...(options.length === 0 ? {} : { options: options.map(readOption) }),
    ...(validation === undefined ? {} : { validation: readValidation(validation) }),
  };
}

/** What the provider has accepted; `string` where nothing is said. */
function typeOf(type: string): NonNullable<ManifestParameter["type"]> {
  return type === "number" || type === "bool" ? type : type === "list(string)" ? "list" : "string";
}

/** The provider takes more ways to write a truth than a manifest has. */
function truthOf(text: string): string {
  if (/^(?:1|t|true)$/i.test(text)) return "true";
  return /^(?:0|f|false)$/i.test(text) ? "false" : text;
}

function readOption(option: Fields): NonNullable<ManifestParameter["options"]>[number] {
  return {
    ...text("name", option["name"], displayNameLengthMax),
    value: textOf(option["value"]),
    ...text("description", option["description"], descriptionLengthMax),
    ...text("icon", option["icon"]),
  };
}

function readValidation(validation: Fields): NonNullable<ManifestParameter["validation"]> {
  const { min, max, monotonic } = validation;
  return {
    ...(validation["min_disabled"] !== true && typeof min === "number" ? { min } : {}),
    ...(validation["max_disabled"] !== true && typeof max === "number" ? { max } : {}),
    ...(monotonic === "increasing" || monotonic === "decreasing" ? { monotonic } : {}),
    ...text("regex", validation["regex"]),
    ...text("error", validation["error"], errorLengthMax),
  };
}

/** Looks of the control, as JSON text; what is not known of it decides nothing, and is left out. */
function readStyling(json: string): NonNullable<ManifestParameter["styling"]> | null {
  const { disabled, placeholder, mask_input: masks } = fieldsOf(parseJson(json));
  const styling = {
    ...(typeof disabled === "boolean" ? { disabled } : {}),
    ...text("placeholder", placeholder, errorLengthMax),
    ...(typeof masks === "boolean" ? { mask_input: masks } : {}),
  };
  return Object.keys(styling).length === 0 ? null : styling;
}

/** A text under its name, cut where it is longer than that; nothing where it is empty or absent. */
function text<Name extends string>(
  name: Name,
  value: unknown,
  lengthMax?: number,
): { readonly [Key in Name]?: string } {
  if (typeof value !== "string" || value === "") return {};
  const named: { [Key in Name]?: string } = {};
  named[name] = value.slice(0, lengthMax);
  return named;
}
