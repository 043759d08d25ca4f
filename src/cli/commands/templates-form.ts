import type { TemplateForm } from "../../contracts/api/template-form.ts";
import type { ManifestParameter } from "../../contracts/manifest-parameter.ts";
import { defineCommand } from "../command.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output/output.ts";
import { parameterBlock } from "../output/parameter-table.ts";

interface FormOptions {
  readonly template: string;
  readonly version: string | undefined;
  readonly values: Record<string, string> | undefined;
  readonly preset: string | undefined;
  readonly owner: string | undefined;
}

export const templateFormCommand = defineCommand<FormOptions>({
  usage: "parameters <template>",
  summary: "show what a template asks for, with what was chosen so far",
  notes:
    "Of a template whose parameters depend on each other or on you, a provisioner works out what they are with these values. Nothing is made. The exit code is 1 " +
    "when a workspace with these values would be refused.",
  example: "prewarm templates parameters node --parameter region=eu",
  options: [
    { flags: "--parameter <key=value>", about: "value of a parameter; may be repeated", isRepeatable: true },
    { flags: "--preset <name>", about: "preset that fixes some of them" },
    { flags: "--template-version <name>", about: "by name, number or id; the active one unless said" },
    { flags: "--owner <username>", about: "as somebody else would have it (administrators)" },
  ],
  isOrganizational: true,
  read: (input) => ({
    template: input.operand(0),
    version: input.text("template-version"),
    values: input.pairs("parameter"),
    preset: input.text("preset"),
    owner: input.text("owner"),
  }),
  async run({ template, ...question }, { output, connect, organization }) {
    const client = await connect();
    const body = definedOnly(question);
    const form = await client.call("evaluateTemplateForm", { params: { template }, query: organization, body });
    output.result(form, () => formText(form, output));
    return form.problems.length === 0 ? exitCodes.done : exitCodes.failed;
  },
});

function formText(form: TemplateForm, output: Output): string {
  const { parameters, problems, isDynamic, version } = form;
  const of = `version ${version.name}`;
  if (parameters.length === 0 && problems.length === 0) return `It asks for nothing (${of}).`;
  const values = output.table(parameters, [
    { title: "PARAMETER", cell: ({ name }) => name },
    { title: "VALUE", cell: (parameter) => valueText(form, parameter) },
    { title: "", cell: ({ name }) => problems.find(({ parameter }) => parameter === name)?.reason ?? "" },
  ]);
  const names = new Set(parameters.map(({ name }) => name));
  const strange = problems.filter(({ parameter }) => !names.has(parameter));
  return [
    isDynamic
      ? `As it is with these values (${of}); with others it may ask otherwise.`
      : `The same for everybody (${of}).`,
    ...(parameters.length === 0 ? [] : [parameterBlock(parameters, output), values]),
    ...strange.map(({ parameter, reason }) => `${parameter}: ${reason}.`),
  ].join("\n\n");
}

function valueText({ values }: TemplateForm, { name, styling }: ManifestParameter): string {
  const value = values[name];
  if (value === undefined) return "–";
  if (value === "") return '""';
  return styling?.mask_input === true ? "(not shown)" : value;
}
