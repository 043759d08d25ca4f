import type { PoolImage } from "../../contracts/api/ides.ts";
import type { Preset, Template, TemplateVersion } from "../../contracts/api/templates.ts";
import type { PresetRow } from "../../db/templates/template-presets.ts";
import type { VersionRow } from "../../db/templates/template-versions.ts";
import type { TemplateRow } from "../../db/templates/templates.ts";
import { type Estimates, noEstimates } from "../../db/claims/creation-estimates.ts";
import type { RehearsalRow } from "../../db/jobs/rehearsals.ts";
import { instant } from "../page.ts";
import { rehearsalView } from "../prebuilds/rehearsal-view.ts";

export function versionView(row: VersionRow): TemplateVersion {
  return {
    id: row.id,
    number: row.number,
    name: row.name,
    message: row.message,
    status: row.status,
    error: row.error,
    isActive: row.is_active,
    driver: row.driver,
    claimEffect: row.claim_effect,
    hasDynamicForm: row.has_dynamic_form,
    variables: [...row.variable_names],
    importJobId: row.import_job_id,
    createdAt: instant(row.created_at),
    createdBy: row.created_by,
  };
}

export function templateView(
  row: TemplateRow,
  { active, workspaces = 0 }: { readonly active: VersionRow | undefined; readonly workspaces: number | undefined },
): Template {
  return {
    id: row.id,
    organization: row.organization,
    name: row.name,
    displayName: row.display_name,
    description: row.description,
    activeVersion: active === undefined ? null : versionView(active),
    deprecatedAt: instant(row.deprecated_at),
    deprecationMessage: row.deprecation_message,
    workspaces,
    createdAt: instant(row.created_at),
  };
}

export interface PresetFacts {
  readonly rehearsal: RehearsalRow | undefined;
  readonly images: PoolImage[];
  readonly ready: number;
  readonly estimates: Estimates | undefined;
}

export function presetView(row: PresetRow, { rehearsal, images, ready, estimates }: PresetFacts): Preset {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    icon: row.icon,
    isDefault: row.is_default,
    parameters: row.parameters,
    instances: row.instances,
    ttlSeconds: row.ttl_seconds,
    timezone: row.timezone,
    schedules: row.schedules.map((schedule) => ({ ...schedule })),
    rehearsal: rehearsalView(rehearsal),
    images,
    ready,
    estimates: { ...(estimates ?? noEstimates) },
  };
}
