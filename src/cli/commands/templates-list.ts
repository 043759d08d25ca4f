import type { ResponseOf } from "../../contracts/api/route.ts";
import type { Routes } from "../../contracts/api/routes.ts";
import type { Preset, Template, TemplateVersion } from "../../contracts/api/templates.ts";
import type { ManifestSecret } from "../../contracts/manifest.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output/output.ts";
import { parameterBlock } from "../output/parameter-table.ts";
import { relativeTime } from "../output/time-text.ts";
import { type Page, pageOptions, readPage } from "../paging.ts";

const listTemplates = defineCommand<Page & { readonly search: string | undefined }>({
  usage: "list",
  summary: "list templates",
  example: "prewarm templates list",
  options: [{ flags: "--search <text>", about: "whose name contains the text" }, ...pageOptions],
  isOrganizational: true,
  read: (input) => ({ ...readPage(input), search: input.text("search") }),
  async run(options, { output, world, connect, organization }) {
    const client = await connect();
    const answer = await client.call("listTemplates", { query: { ...definedOnly(options), ...organization } });
    const now = world.clock.now();
    output.result(answer, () =>
      answer.templates.length === 0
        ? "No templates. `prewarm templates init` writes an example to push."
        : output.table<Template>(answer.templates, [
            { title: "NAME", cell: ({ name }) => name },
            { title: "ACTIVE VERSION", cell: ({ activeVersion }) => activeVersion?.name ?? "–" },
            { title: "DRIVER", cell: ({ activeVersion }) => activeVersion?.driver ?? "–" },
            { title: "WORKSPACES", cell: ({ workspaces }) => String(workspaces), align: "right" },
            { title: "CREATED", cell: ({ createdAt }) => relativeTime(createdAt, now) },
            {
              title: "VERSION NUMBER",
              cell: ({ activeVersion }) => String(activeVersion?.number ?? "–"),
              isWide: true,
            },
            { title: "ORGANIZATION", cell: ({ organization }) => organization, isWide: true },
            { title: "ID", cell: ({ id }) => id, isWide: true },
            { title: "DESCRIPTION", cell: describe },
          ]),
    );
    output.noteRest({ shown: answer.templates.length, offset: options.offset ?? 0, total: answer.total });
    return exitCodes.done;
  },
});

function describe(template: Template): string {
  if (template.deprecatedAt === null) return template.description;
  return template.deprecationMessage === "" ? "deprecated" : `deprecated: ${template.deprecationMessage}`;
}

function secretTable(secrets: readonly ManifestSecret[], output: Output): string {
  return output.table(secrets, [
    { title: "SECRET", cell: ({ name }) => name },
    { title: "REQUIRED", cell: ({ required }) => (required === true ? "yes" : "no") },
    { title: "SET BY", cell: ({ from }) => (from === "template" ? "the template's admins" : "you, for this template") },
    { title: "DESCRIPTION", cell: ({ description }) => description ?? "" },
  ]);
}

/** What a claim does: known of the driver, else from the preset's rehearsal, else not known yet. */
function claimText(rehearsal: Preset["rehearsal"], isHarmless: boolean): string {
  if (isHarmless || rehearsal?.effect === "nothing") return "changes nothing";
  if (rehearsal === null) return "–";
  if (rehearsal.effect === "in_place") return "updates in place";
  const what = rehearsal.replacements.map(({ address }) => address).join(", ");
  return `replaces ${what}${rehearsal.isBlocking ? " (blocked)" : ""}`;
}

function presetTable(presets: readonly Preset[], isHarmless: boolean, output: Output): string {
  return output.table(presets, [
    { title: "PRESET", cell: ({ name, isDefault }) => (isDefault ? `${name} (default)` : name) },
    { title: "DESCRIPTION", cell: ({ description }) => description, isWide: true },
    { title: "POOL", cell: ({ instances }) => (instances === null ? "–" : String(instances)), align: "right" },
    { title: "EXPIRES", cell: ({ ttlSeconds }) => (ttlSeconds === 0 ? "never" : `after ${ttlSeconds} s`) },
    { title: "A CLAIM", cell: ({ rehearsal }) => claimText(rehearsal, isHarmless) },
    {
      title: "SCHEDULES",
      cell: ({ schedules }) => schedules.map((one) => `${one.cron} → ${one.instances}`).join("; "),
    },
    {
      title: "PARAMETERS",
      cell: ({ parameters }) =>
        Object.entries(parameters)
          .map(([key, value]) => `${key}=${value}`)
          .join(" "),
    },
  ]);
}

function renderDetail(detail: ResponseOf<Routes["getTemplate"]>, output: Output, now: Date): string {
  const { template, manifest, presets } = detail;
  const version = template.activeVersion;
  const blocks = [
    output.fields([
      ["name", template.name],
      ["description", template.description],
      ["active version", version === null ? "none yet" : `${version.name} (number ${version.number})`],
      ["driver", version?.driver ?? "–"],
      ...(version?.variables?.length ? [["variables", version.variables.join(", ")] as const] : []),
      ["deprecated", template.deprecatedAt === null ? "no" : describe(template)],
      ["workspaces", String(template.workspaces)],
      ["created", relativeTime(template.createdAt, now)],
      ["id", template.id],
    ]),
  ];
  if (manifest?.parameters?.length) blocks.push(parameterBlock(manifest.parameters, output));
  if (manifest?.secrets?.length) blocks.push(secretTable(manifest.secrets, output));
  if (presets.length > 0) blocks.push(presetTable(presets, version?.claimEffect === "none", output));
  for (const { name, rehearsal } of presets) {
    if (rehearsal?.effect === "replaces") blocks.push([`Preset "${name}":`, ...rehearsal.sentences].join("\n"));
  }
  return blocks.join("\n\n");
}

const showTemplate = defineCommand<{ readonly template: string }>({
  usage: "show <template>",
  summary: "show a template with its parameters, secrets and presets",
  example: "prewarm templates show node",
  isOrganizational: true,
  read: (input) => ({ template: input.operand(0) }),
  async run({ template }, { output, world, connect, organization }) {
    const client = await connect();
    const detail = await client.call("getTemplate", { params: { template }, query: organization });
    output.result(detail, () => renderDetail(detail, output, world.clock.now()));
    return exitCodes.done;
  },
});

const listVersions = defineCommand<Page & { readonly template: string }>({
  usage: "versions <template>",
  summary: "list the versions of a template, newest first",
  example: "prewarm templates versions node",
  options: pageOptions,
  isOrganizational: true,
  isWatchable: true,
  read: (input) => ({ ...readPage(input), template: input.operand(0) }),
  async run({ template, ...page }, { output, world, connect, organization }) {
    const client = await connect();
    const query = { ...definedOnly(page), ...organization };
    const answer = await client.call("listTemplateVersions", { params: { template }, query });
    const now = world.clock.now();
    output.result(answer, () =>
      output.table<TemplateVersion>(answer.versions, [
        { title: "NUMBER", cell: ({ number }) => String(number), align: "right" },
        { title: "NAME", cell: ({ name }) => name },
        { title: "STATUS", cell: ({ status, isActive }) => (isActive ? `${status}, active` : status) },
        { title: "CREATED", cell: ({ createdAt }) => relativeTime(createdAt, now) },
        { title: "BY", cell: ({ createdBy }) => createdBy },
        { title: "VARIABLES", cell: ({ variables }) => variables?.join(", ") ?? "", isWide: true },
        { title: "MESSAGE", cell: ({ message, error }) => error ?? message },
      ]),
    );
    output.noteRest({ shown: answer.versions.length, offset: page.offset ?? 0, total: answer.total });
    return exitCodes.done;
  },
});

export const templateReadCommands: readonly CliCommand[] = [listTemplates, showTemplate, listVersions];
