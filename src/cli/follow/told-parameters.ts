import type { Client } from "../../client/client.ts";
import type { CodedError } from "../../contracts/errors.ts";
import type { ManifestParameter } from "../../contracts/manifest-parameter.ts";
import { inOrder } from "../../contracts/parameter-form.ts";
import type { Invocation } from "../invocation.ts";
import { parameterBlock } from "../output/parameter-table.ts";
import { printable } from "../output/printable.ts";

/** For the answer: what was asked for has been answered already. */
const askMs = 2_000;
const problemPrefix = "parameters.";

/** The parameters of a template in the order of its form; none where they cannot be had. */
async function parametersOf(
  client: Client,
  template: string,
  { organization }: Pick<Invocation, "organization">,
): Promise<readonly ManifestParameter[]> {
  try {
    const signal = AbortSignal.timeout(askMs);
    const { manifest } = await client.call("getTemplate", { params: { template }, query: organization, signal });
    return inOrder(manifest?.parameters ?? []);
  } catch {
    return [];
  }
}

/** Says what the parameters that were refused are, and what may be chosen for them. */
export async function tellRefusedParameters(
  client: Client,
  { template, error }: { readonly template: string; readonly error: CodedError },
  invocation: Invocation,
): Promise<void> {
  const { output } = invocation;
  if (output.isStructured || error.code !== "invalid_parameter") return;
  const names = new Set(
    error.problems.flatMap(({ field }) => (field.startsWith(problemPrefix) ? [field.slice(problemPrefix.length)] : [])),
  );
  const refused = (await parametersOf(client, template, invocation)).filter(({ name }) => names.has(name));
  if (refused.length > 0) output.progress(parameterBlock(refused, output));
}

/** The values that a workspace would have, a line each, as its template's form says them. */
export async function valueLines(
  client: Client,
  { template, parameters }: { readonly template: string; readonly parameters: Readonly<Record<string, string>> },
  invocation: Invocation,
): Promise<readonly string[]> {
  if (Object.keys(parameters).length === 0) return [];
  const known = await parametersOf(client, template, invocation);
  const names = [...new Set([...known.map(({ name }) => name), ...Object.keys(parameters)])];
  return names
    .filter((name) => Object.hasOwn(parameters, name))
    .map((name) => {
      const definition = known.find((one) => one.name === name);
      return printable(`${calledAs(name, definition)}: ${valueAs(parameters[name] ?? "", definition)}`);
    });
}

function calledAs(name: string, definition: ManifestParameter | undefined): string {
  const { display_name: title = "" } = definition ?? {};
  return title === "" || title === name ? name : `${title} (${name})`;
}

function valueAs(value: string, definition: ManifestParameter | undefined): string {
  if (definition?.styling?.mask_input === true) return value === "" ? '""' : "(not shown)";
  const label = definition?.options?.find((option) => String(option.value) === value)?.name ?? value;
  return label === value ? (value === "" ? '""' : value) : `${label} (${value})`;
}
