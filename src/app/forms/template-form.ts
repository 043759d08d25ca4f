import type { TemplateForm, TemplateFormQuestion } from "../../contracts/api/template-form.ts";
import { CodedError } from "../../contracts/errors.ts";
import { inOrder } from "../../contracts/parameter-form.ts";
import { findVersion } from "../../db/templates/template-versions.ts";
import { effectiveValues, resolveParameters } from "../../domain/parameters/resolve-parameters.ts";
import { parameterDefinition } from "../../platform/manifest-parameters.ts";
import type { Actor } from "../authorize.ts";
import { activeVersion, findPreset, findTarget, type FoundTarget, ownerOf } from "../workspaces/creation-request.ts";
import type { VersionDefinition, VersionDefinitions } from "../workspaces/version-definitions.ts";
import { type FormsContext, formParameters } from "./evaluate-form.ts";

type Context = FormsContext & { readonly versions: VersionDefinitions };
type Input = TemplateFormQuestion & { readonly template: string; readonly organization?: string };

/**
 * The form of a template as it is for a person and what he has chosen so far. Makes nothing.
 * Errors: `not_found`, `forbidden` for somebody else's, `template_deprecated`, `template_not_ready`; those of
 * `formParameters`.
 */
export async function templateForm(context: Context, actor: Actor, input: Input): Promise<TemplateForm> {
  const { template, organization } = input;
  const asked = { name: "", template, ...(organization === undefined ? {} : { organization }) };
  const { target } = await findTarget(context, actor, asked);
  const owner = await ownerOf(context, actor, input.owner);
  const version = await versionOf(context, { target }, input.version);
  const preset = input.preset === undefined ? undefined : findPreset(version, input.preset);
  const parameters = await formParameters(context, {
    version,
    organizationId: target.organization_id,
    ownerId: owner.id,
    askedBy: actor.userId,
    values: { ...input.values, ...preset?.parameters },
    form: `${actor.userId} ${target.template_id}`,
  });
  const definitions = parameters.map(parameterDefinition);
  const names = new Set(definitions.map(({ name }) => name));
  const presetValues = Object.fromEntries(Object.entries(preset?.parameters ?? {}).filter(([name]) => names.has(name)));
  const values = { definitions, presetValues, userValues: input.values ?? {} };
  const resolved = resolveParameters(values);
  return {
    version: { id: version.id, name: version.name },
    isDynamic: version.hasDynamicForm,
    parameters: [...inOrder(parameters)],
    values: { ...effectiveValues(values) },
    presets: version.presets.map(({ presetName, isDefault, parameters: fixed }) => ({
      name: presetName,
      isDefault,
      parameters: { ...fixed },
    })),
    problems: resolved.kind === "ok" ? [] : resolved.problems.map((problem) => ({ ...problem })),
  };
}

/** The version that is named, else the active one. */
async function versionOf(
  context: Context,
  { target }: Pick<FoundTarget, "target">,
  which: string | undefined,
): Promise<VersionDefinition> {
  if (which === undefined) return await activeVersion(context, target);
  const row = await findVersion(context.db, target.template_id, which);
  if (row === undefined) {
    throw new CodedError("not_found", `The template "${target.template_name}" has no version "${which}".`);
  }
  if (row.status !== "ready") {
    throw new CodedError("template_not_ready", `The version "${row.name}" is not ready: it is ${row.status}.`);
  }
  const version = await context.versions.get(context.db, row.id, target.pools_revision);
  if (version === undefined) throw new Error(`The version ${row.id} is not there.`);
  return version;
}
