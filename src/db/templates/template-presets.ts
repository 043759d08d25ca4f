import type { OrganizationId, PresetId, TemplateId, TemplateVersionId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

export interface PresetRow {
  readonly id: PresetId;
  readonly name: string;
  readonly description: string;
  readonly icon: string;
  readonly is_default: boolean;
  readonly position: number;
  readonly parameters: Record<string, string>;
  readonly instances: number | null;
  readonly ttl_seconds: number;
  readonly timezone: string | null;
  readonly schedules: { readonly cron: string; readonly instances: number }[];
  readonly created_at: Date;
}

const presetsStatement: Statement<PresetRow> = statement(
  "presets_of_version",
  `select id, name, description, icon, is_default, position, parameters, instances, ttl_seconds, timezone, schedules, created_at
from presets
where template_version_id = $1
order by position`,
);

export async function presetsOfVersion(sql: Sql, versionId: TemplateVersionId): Promise<PresetRow[]> {
  return await sql.query(presetsStatement, [versionId]);
}

export interface NewPreset {
  readonly id: PresetId;
  readonly name: string;
  readonly description: string;
  readonly icon: string;
  readonly isDefault: boolean;
  readonly parameters: Readonly<Record<string, string>>;
  readonly instances: number | null;
  readonly ttlSeconds: number;
  readonly timezone: string | null;
  readonly schedules: readonly { readonly cron: string; readonly instances: number }[];
  /** Cost units as declared; null: not declared. */
  readonly cost: number | null;
}

const insertPresetsStatement: Statement<object> = statement(
  "presets_insert",
  `insert into presets (id, organization_id, template_id, template_version_id, name, description, icon, is_default,
  position, parameters, instances, ttl_seconds, timezone, schedules, cost, created_at)
select p.id, $1, $2, $3, p.name, p.description, p.icon, p."isDefault", p.position, p.parameters, p.instances,
  p."ttlSeconds", p.timezone, p.schedules, p.cost, $5
from jsonb_to_recordset($4::jsonb) as p(id uuid, name text, description text, icon text, "isDefault" boolean,
  position int, parameters jsonb, instances int, "ttlSeconds" int, timezone text, schedules jsonb, cost int)`,
);

/** A version that presets are given to. */
export interface PresetsVersion {
  readonly id: TemplateVersionId;
  readonly templateId: TemplateId;
  readonly organizationId: OrganizationId;
  /** Place of the first of them among those that the version has; 0 unless said. */
  readonly firstPosition?: number;
}

export async function insertPresets(
  tx: Tx,
  version: PresetsVersion,
  presets: readonly NewPreset[],
  now: Date,
): Promise<void> {
  if (presets.length === 0) return;
  const first = version.firstPosition ?? 0;
  const rows = JSON.stringify(presets.map((preset, nth) => ({ ...preset, position: first + nth })));
  await tx.query(insertPresetsStatement, [version.organizationId, version.templateId, version.id, rows, now]);
}

const organizationOfPresetStatement: Statement<{ readonly organization_id: OrganizationId }> = statement(
  "preset_organization",
  `select organization_id
from presets
where id = $1`,
  "look",
);

export async function organizationOfPreset(sql: Sql, presetId: PresetId): Promise<OrganizationId | undefined> {
  return (await sql.query(organizationOfPresetStatement, [presetId]))[0]?.organization_id;
}
