import type { JobId, OrganizationId, PresetId, TemplateId, TemplateVersionId, UserId } from "../../contracts/ids.ts";
import type { Manifest } from "../../contracts/manifest.ts";
import { prebuildsUserId } from "../../contracts/system-ids.ts";
import { type Statement, statement } from "../statement.ts";
import { insertJobs } from "../jobs/insert-job.ts";
import type { Sql, Tx } from "../store.ts";
import { carryLimitMarks } from "../pools/limit-marks.ts";

export interface TemplateRow {
  readonly id: TemplateId;
  readonly organization_id: OrganizationId;
  readonly organization: string;
  readonly name: string;
  readonly display_name: string;
  readonly description: string;
  readonly active_version_id: TemplateVersionId | null;
  readonly deprecated_at: Date | null;
  readonly deprecation_message: string;
  readonly created_at: Date;
  readonly total: number;
}

const templateColumns = `t.id, t.organization_id, o.name as organization, t.name, t.display_name, t.description,
  t.active_version_id, t.deprecated_at, t.deprecation_message, t.created_at`;

const findStatement: Statement<TemplateRow> = statement(
  "template_find",
  `select ${templateColumns}, 1 as total
from templates t
join organizations o on o.id = t.organization_id
where t.organization_id = $1
  and (lower(t.name) = lower($2) or t.id::text = $2)
  and t.deleted_at is null`,
);

export async function findTemplate(
  sql: Sql,
  organizationId: OrganizationId,
  nameOrId: string,
): Promise<TemplateRow | undefined> {
  return (await sql.query(findStatement, [organizationId, nameOrId]))[0];
}

const listStatement: Statement<TemplateRow> = statement(
  "template_list",
  `select ${templateColumns}, count(*) over ()::int as total
from templates t
join organizations o on o.id = t.organization_id
where t.organization_id = $1
  and t.deleted_at is null
  and ($2::text is null or t.name ilike '%' || $2 || '%' or t.display_name ilike '%' || $2 || '%')
order by lower(t.name)
limit $3
offset $4`,
  "long",
);

export async function listTemplates(
  sql: Sql,
  input: {
    readonly organizationId: OrganizationId;
    readonly search: string | null;
    readonly limit: number;
    readonly offset: number;
  },
): Promise<TemplateRow[]> {
  return await sql.query(listStatement, [input.organizationId, input.search, input.limit, input.offset]);
}

const usedStatement: Statement<{ readonly template_id: TemplateId; readonly workspaces: number }> = statement(
  "template_workspaces",
  // One pass over the entries of people's live workspaces in their index, which has the template with it: an index by
  // template would be written by each claim. So it is only asked where the number is shown.
  `select w.template_id, count(*)::int as workspaces
from workspaces w
where w.deleted_at is null
  and w.owner_id > '${prebuildsUserId}'
  and w.template_id = any($1::uuid[])
group by w.template_id`,
);

/** Live workspaces of people by the template; one that has none is left out. */
export async function workspacesOfTemplates(
  sql: Sql,
  templateIds: readonly TemplateId[],
): Promise<ReadonlyMap<TemplateId, number>> {
  const rows = await sql.query(usedStatement, [templateIds]);
  return new Map(rows.map((row) => [row.template_id, row.workspaces]));
}

export interface VersionRow {
  readonly id: TemplateVersionId;
  readonly template_id: TemplateId;
  readonly number: number;
  readonly name: string;
  readonly message: string;
  readonly status: "importing" | "ready" | "failed";
  readonly error: string | null;
  readonly driver: string;
  readonly claim_effect: "none" | "unknown";
  readonly manifest: Manifest;
  readonly import_job_id: JobId | null;
  readonly is_active: boolean;
  readonly created_at: Date;
  readonly created_by: string;
  readonly total: number;
}

const versionColumns = `v.id, v.template_id, v.number, v.name, v.message, v.status, v.error, v.driver, v.claim_effect,
  v.manifest, v.import_job_id, t.active_version_id is not distinct from v.id as is_active, v.created_at,
  u.username as created_by`;

const versionsStatement: Statement<VersionRow> = statement(
  "template_versions_list",
  `select ${versionColumns}, count(*) over ()::int as total
from template_versions v
join templates t on t.id = v.template_id
join users u on u.id = v.created_by
where v.template_id = $1
order by v.number desc
limit $2
offset $3`,
);

export async function listVersions(
  sql: Sql,
  templateId: TemplateId,
  page: { readonly limit: number; readonly offset: number },
): Promise<VersionRow[]> {
  return await sql.query(versionsStatement, [templateId, page.limit, page.offset]);
}

const versionStatement: Statement<VersionRow> = statement(
  "template_version_find",
  `select ${versionColumns}, 1 as total
from template_versions v
join templates t on t.id = v.template_id
join users u on u.id = v.created_by
where v.template_id = $1
  and (v.name = $2 or v.id::text = $2 or v.number::text = $2)
order by v.name = $2 desc
limit 1`,
);

export async function findVersion(sql: Sql, templateId: TemplateId, which: string): Promise<VersionRow | undefined> {
  return (await sql.query(versionStatement, [templateId, which]))[0];
}

const activeStatement: Statement<VersionRow> = statement(
  "template_versions_active",
  `select ${versionColumns}, 1 as total
from templates t
join template_versions v on v.id = t.active_version_id
join users u on u.id = v.created_by
where t.id = any($1::uuid[])`,
);

/** The active versions of templates; none for a template that has none yet. */
export async function activeVersions(sql: Sql, templateIds: readonly TemplateId[]): Promise<VersionRow[]> {
  return await sql.query(activeStatement, [templateIds]);
}

export interface PresetRow {
  readonly id: PresetId;
  readonly name: string;
  readonly description: string;
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
  `select id, name, description, is_default, position, parameters, instances, ttl_seconds, timezone, schedules, created_at
from presets
where template_version_id = $1
order by position`,
);

export async function presetsOfVersion(sql: Sql, versionId: TemplateVersionId): Promise<PresetRow[]> {
  return await sql.query(presetsStatement, [versionId]);
}

const putFileStatement: Statement<object> = statement(
  "file_put",
  // A file that is there already is young again: else it could go, as one that no version names, before this one does.
  `insert into files (hash, bytes, size, created_at)
values ($1, $2, $3, $4)
on conflict (hash) do update
set created_at = excluded.created_at`,
);

export async function putFile(sql: Sql, hash: Buffer, bytes: Buffer, now: Date): Promise<void> {
  await sql.query(putFileStatement, [hash, bytes, bytes.length, now]);
}

const getFileStatement: Statement<{ readonly bytes: Buffer }> = statement(
  "file_get",
  `select bytes
from files
where hash = $1`,
);

export async function getFile(sql: Sql, hash: Buffer): Promise<Buffer | undefined> {
  return (await sql.query(getFileStatement, [hash]))[0]?.bytes;
}

const versionArchiveStatement: Statement<{ readonly bytes: Buffer }> = statement(
  "template_version_archive",
  `select f.bytes
from template_versions v
join files f on f.hash = v.file_hash
where v.id = $1`,
);

/** The folder of a version as it was pushed. */
export async function versionArchive(sql: Sql, versionId: TemplateVersionId): Promise<Buffer | undefined> {
  return (await sql.query(versionArchiveStatement, [versionId]))[0]?.bytes;
}

const ensureTemplateStatement: Statement<{ readonly id: TemplateId }> = statement(
  "template_ensure",
  // The update that changes nothing takes the row's lock, so that two pushes get different version numbers.
  `insert into templates (id, organization_id, name, created_at, created_by)
values ($1, $2, $3, $4, $5)
on conflict (organization_id, lower(name)) where deleted_at is null do update
set name = templates.name
returning id`,
);

export async function ensureTemplate(
  tx: Tx,
  input: {
    readonly id: TemplateId;
    readonly organizationId: OrganizationId;
    readonly name: string;
    readonly by: UserId;
    readonly now: Date;
  },
): Promise<TemplateId> {
  const [row] = await tx.query(ensureTemplateStatement, [
    input.id,
    input.organizationId,
    input.name,
    input.now,
    input.by,
  ]);
  if (row === undefined) throw new Error("An upsert of a template returned no row.");
  return row.id;
}

export interface NewVersion {
  readonly id: TemplateVersionId;
  readonly templateId: TemplateId;
  readonly organizationId: OrganizationId;
  readonly name: string | null;
  readonly message: string;
  readonly manifest: Manifest;
  readonly fileHash: Buffer;
  readonly activate: boolean;
  readonly importJobId: JobId;
  readonly by: UserId;
  readonly now: Date;
}

const insertVersionStatement: Statement<{ readonly number: number }> = statement(
  "template_version_insert",
  `with next as (
  select coalesce(max(number), 0) + 1 as number
  from template_versions
  where template_id = $2
), job as (
  ${insertJobs({
    id: "$9",
    organizationId: "$3",
    kind: "template_import",
    initiatorId: "$10",
    isPrebuild: false,
    templateId: "$2",
    templateVersionId: "$1",
    driver: "$12",
    tags: "$13",
    createdAt: "$11",
  })}
)
insert into template_versions (id, template_id, organization_id, number, name, message, status, driver, manifest,
  file_hash, import_job_id, activate_on_success, created_at, created_by)
select $1, $2, $3, next.number, coalesce($4, 'v' || next.number), $5, 'importing', $12, $6, $7, $9, $8, $11, $10
from next
returning number`,
);

export async function insertVersion(tx: Tx, version: NewVersion): Promise<number> {
  const [row] = await tx.query(insertVersionStatement, [
    version.id,
    version.templateId,
    version.organizationId,
    version.name,
    version.message,
    version.manifest,
    version.fileHash,
    version.activate,
    version.importJobId,
    version.by,
    version.now,
    version.manifest.driver,
    version.manifest.tags ?? {},
  ]);
  tx.emit("jobs");
  if (row === undefined) throw new Error("An insert of a template version returned no row.");
  return row.number;
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

export async function insertPresets(
  tx: Tx,
  version: { readonly id: TemplateVersionId; readonly templateId: TemplateId; readonly organizationId: OrganizationId },
  presets: readonly NewPreset[],
  now: Date,
): Promise<void> {
  if (presets.length === 0) return;
  const rows = JSON.stringify(presets.map((preset, position) => ({ ...preset, position })));
  await tx.query(insertPresetsStatement, [version.organizationId, version.templateId, version.id, rows, now]);
}

const promoteStatement: Statement<{ readonly id: TemplateId }> = statement(
  "template_promote",
  `update templates t
set active_version_id = v.id, active_since = $2, display_name = coalesce(v.manifest ->> 'display_name', ''),
  description = coalesce(v.manifest ->> 'description', ''), icon = coalesce(v.manifest ->> 'icon', '')
from template_versions v
where v.id = $1
  and v.status = 'ready'
  and t.id = v.template_id
  and t.deleted_at is null
  and t.active_version_id is distinct from v.id
returning t.id`,
);

/** Makes a ready version the active one; false when it already is, or is not ready. */
export async function promoteVersion(tx: Tx, versionId: TemplateVersionId, now: Date): Promise<boolean> {
  const rows = await tx.query(promoteStatement, [versionId, now]);
  if (rows.length === 0) return false;
  await carryLimitMarks(tx, versionId, now);
  tx.emit("pools");
  return true;
}

const deprecateStatement: Statement<{ readonly id: TemplateId }> = statement(
  "template_deprecate",
  `update templates
set deprecated_at = $2, deprecation_message = $3
where id = $1
  and (deprecated_at is null) <> ($2::timestamptz is null)
returning id`,
);

/** Deprecates (an instant) or takes it back (null); false when it already stood that way. */
export async function deprecateTemplate(
  tx: Tx,
  templateId: TemplateId,
  at: Date | null,
  message: string,
): Promise<boolean> {
  const rows = await tx.query(deprecateStatement, [templateId, at, message]);
  if (rows.length > 0) tx.emit("pools");
  return rows.length > 0;
}

const deleteStatement: Statement<{ readonly id: TemplateId }> = statement(
  "template_delete",
  `with gone as (
  update templates t
  set deleted_at = $2
  where t.id = $1
    and t.deleted_at is null
    and not exists (
      select 1
      from workspaces w
      where w.template_id = t.id
        and w.deleted_at is null
        and w.owner_id > '${prebuildsUserId}')
  returning t.id
), forgotten as (
  delete from secrets s
  using gone
  where s.holder_id = gone.id
)
select id
from gone`,
  "long",
);

/** Marks a template deleted; false while a person's workspace uses it. */
export async function deleteTemplate(tx: Tx, templateId: TemplateId, now: Date): Promise<boolean> {
  const rows = await tx.query(deleteStatement, [templateId, now]);
  if (rows.length > 0) tx.emit("pools");
  return rows.length > 0;
}
