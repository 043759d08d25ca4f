import type { ManifestParameter } from "../../contracts/manifest-parameter.ts";
import { inOrder } from "../../contracts/parameter-form.ts";
import type { Output } from "./output.ts";
import { printable } from "./printable.ts";

/** The parameters of a template in the order in which a form asks for them, with what may be chosen beneath. */
export function parameterBlock(parameters: readonly ManifestParameter[], output: Output): string {
  const ordered = inOrder(parameters);
  return [parameterTable(ordered, output), ...ordered.flatMap((parameter) => optionTable(parameter, output))].join(
    "\n\n",
  );
}

function parameterTable(parameters: readonly ManifestParameter[], output: Output): string {
  const isTitled = parameters.some(({ display_name: title }) => title !== undefined && title !== "");
  return output.table(parameters, [
    { title: "PARAMETER", cell: ({ name }) => name },
    ...(isTitled ? [{ title: "SHOWN AS", cell: ({ display_name: title }: ManifestParameter) => title ?? "–" }] : []),
    { title: "TYPE", cell: ({ type }) => type ?? "string" },
    { title: "DEFAULT", cell: defaultText },
    { title: "CHOICES", cell: choicesText },
    { title: "CHANGES", cell: changesText },
    { title: "DESCRIPTION", cell: ({ description }) => firstLine(description ?? "") },
  ]);
}

/** Of a parameter whose options say more than their values do; the others have them in their row. */
function optionTable({ name, options = [] }: ManifestParameter, output: Output): readonly string[] {
  const isTold = options.some(({ name: label, value, description }) => {
    return (label !== undefined && label !== String(value)) || (description !== undefined && description !== "");
  });
  if (!isTold) return [];
  const table = output.table(options, [
    { title: "VALUE", cell: ({ value }) => String(value) },
    { title: "SHOWN AS", cell: ({ name: label, value }) => label ?? String(value) },
    { title: "DESCRIPTION", cell: ({ description }) => firstLine(description ?? "") },
  ]);
  return [`Choices of "${printable(name)}":\n${table}`];
}

function defaultText({ default: value }: ManifestParameter): string {
  if (value === undefined) return "(required)";
  return Array.isArray(value) || value === "" ? JSON.stringify(value) : String(value);
}

function choicesText({ options, validation = {} }: ManifestParameter): string {
  if (options !== undefined) return options.map(({ value }) => String(value)).join(", ");
  const { min, max } = validation;
  if (min === undefined && max === undefined) return "–";
  return max === undefined ? `from ${min}` : min === undefined ? `up to ${max}` : `${min} to ${max}`;
}

/** When another value may be given. */
function changesText({ mutable = true, ephemeral, validation }: ManifestParameter): string {
  if (ephemeral === true) return "asked at each start";
  if (!mutable) return "never";
  if (validation?.monotonic === undefined) return "at a start";
  return validation.monotonic === "increasing" ? "may only grow" : "may only shrink";
}

/** Descriptions may be Markdown of several lines, and a row is one. */
function firstLine(text: string): string {
  return text.trim().split("\n")[0] ?? "";
}
