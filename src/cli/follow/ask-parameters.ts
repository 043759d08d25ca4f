import type { Client } from "../../client/client.ts";
import type { TemplateForm } from "../../contracts/api/template-form.ts";
import { parametersMax } from "../../contracts/limits.ts";
import type { ManifestParameter } from "../../contracts/manifest-parameter.ts";
import { formTypeOf } from "../../contracts/parameter-form.ts";
import { definedOnly } from "../defined-only.ts";
import type { Invocation } from "../invocation.ts";
import { askChoice, askChoices, askText, askYes } from "../prompts.ts";
import type { CliWorld } from "../world.ts";

export interface Asking {
  readonly template: string;
  readonly preset: string | undefined;
  readonly owner: string | undefined;
  /** What the command line says. */
  readonly given: Readonly<Record<string, string>>;
  /** Each parameter that nobody has given or fixed; else only those without which there is no workspace. */
  readonly scope: "all" | "needed";
}

/** A form that asks again for what did not fit ends somewhere. */
const questionsMax = 4 * parametersMax;

/**
 * Asks for parameters in the order of the template's form, which is drawn anew after each answer: what is asked next may
 * depend on it. Errors: `canceled` when a question is dismissed; those of the form.
 */
export async function askParameters(
  client: Client,
  asking: Asking,
  { world, organization, output }: Invocation,
): Promise<Record<string, string>> {
  const { template, preset, owner, given } = asking;
  const answers = new Map<string, string>();
  for (let asked = 0; asked < questionsMax; asked += 1) {
    const values = { ...Object.fromEntries(answers), ...given };
    const body = definedOnly({ values, preset, owner });
    const form = await client.call("evaluateTemplateForm", { params: { template }, query: organization, body });
    const next = nextOf(form, { asking, answers });
    if (next === undefined) return { ...given, ...stillAsked(answers, form) };
    const problem = form.problems.find(({ parameter }) => parameter === next.name);
    if (problem !== undefined && problem.kind !== "missing") output.progress(`${next.name}: ${problem.reason}.`);
    answers.set(next.name, await askOne(world, next, form.values[next.name]));
  }
  return { ...given, ...Object.fromEntries(answers) };
}

/** What an earlier answer has asked for and a later one does not is not sent. */
function stillAsked(answers: ReadonlyMap<string, string>, { parameters }: TemplateForm): Record<string, string> {
  const names = new Set(parameters.map(({ name }) => name));
  return Object.fromEntries([...answers].filter(([name]) => names.has(name)));
}

function nextOf(
  { parameters, problems, presets }: TemplateForm,
  { asking, answers }: { readonly asking: Asking; readonly answers: ReadonlyMap<string, string> },
): ManifestParameter | undefined {
  const { given, preset, scope } = asking;
  const fixed = presets.find(({ name }) => name === preset)?.parameters ?? {};
  const isOpen = ({ name }: ManifestParameter): boolean => !Object.hasOwn(given, name) && !Object.hasOwn(fixed, name);
  const isWrong = ({ name }: ManifestParameter): boolean => problems.some(({ parameter }) => parameter === name);
  return parameters.find((one) => isOpen(one) && (isWrong(one) || (scope === "all" && !answers.has(one.name))));
}

async function askOne(world: CliWorld, parameter: ManifestParameter, now: string | undefined): Promise<string> {
  const { display_name: title = "", name, description = "", options } = parameter;
  const about = description.trim().split("\n")[0] ?? "";
  const message = [title === "" ? name : title, ...(about === "" ? [] : [about])].join(" – ");
  const initial = now === undefined ? {} : { initial: now };
  if (options === undefined) {
    if (parameter.type === "bool") return String(await askYes(world, message, now === "true"));
    return await askText(world, message, initial);
  }
  const choices = options.map(({ name: label, value }) => ({ label: label ?? String(value), value: String(value) }));
  if (formTypeOf(parameter) !== "multi-select") return await askChoice(world, message, { ...initial, choices });
  return JSON.stringify(await askChoices(world, message, choices));
}
