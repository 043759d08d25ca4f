import { activeVersionIdOf } from "../../db/claims/creation-target.ts";
import type { TemplateVersionId } from "../../contracts/ids.ts";
import type { ParameterDefinition, ParameterValues } from "../../contracts/parameter-definition.ts";
import type { WorkspaceView } from "../../db/workspaces/workspace-views.ts";
import { parameterDefinition } from "../../platform/manifest-parameters.ts";
import type { Actor } from "../authorize.ts";
import type { VersionDefinitions } from "../workspaces/version-definitions.ts";
import { type FormsContext, formParameters } from "./evaluate-form.ts";

/** Parameters of versions as they are for one workspace; of a version that is not in it, they are for everybody. */
export type FormsAhead = ReadonlyMap<TemplateVersionId, readonly ParameterDefinition[]>;

/**
 * What a start with other values, or of another version, is held against, where that depends on the values. Known before
 * the transaction that chooses: nobody waits for a provisioner in one. Errors: those of `formParameters`.
 */
export async function formsAhead(
  context: FormsContext & { readonly versions: VersionDefinitions },
  actor: Actor,
  start: {
    readonly workspace: WorkspaceView;
    readonly parameters: ParameterValues | undefined;
    readonly update: boolean | undefined;
  },
): Promise<FormsAhead> {
  const { workspace, parameters, update } = start;
  if (parameters === undefined && update !== true) return new Map();
  const active = update === true ? await activeVersionIdOf(context.db, workspace.id) : undefined;
  const version = await context.versions.get(context.db, active ?? workspace.template_version_id);
  if (version?.hasDynamicForm !== true) return new Map();
  const told = await formParameters(context, {
    version,
    organizationId: workspace.organization_id,
    ownerId: workspace.owner_id,
    askedBy: actor.userId,
    values: { ...workspace.parameters, ...parameters },
    form: null,
  });
  return new Map([[version.id, told.map(parameterDefinition)]]);
}
