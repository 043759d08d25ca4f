import type { JobId, OrganizationId, TemplateId, TemplateVersionId, UserId } from "../../contracts/ids.ts";
import type { Manifest } from "../../contracts/manifest.ts";
import { type Statement, statement } from "../statement.ts";
import { insertJobs } from "../jobs/insert-job.ts";
import type { Sql, Tx } from "../store.ts";
import { carryLimitMarks } from "../pools/limit-marks.ts";

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
  readonly has_dynamic_form: boolean;
  readonly manifest: Manifest;
  readonly variable_names: readonly string[];
  readonly import_job_id: JobId | null;
  readonly is_active: boolean;
  readonly created_at: Date;
  readonly created_by: string;
  readonly total: number;
}

const versionColumns = `v.id, v.template_id, v.number, v.name, v.message, v.status, v.error, v.driver, v.claim_effect,
  v.has_dynamic_form, v.manifest, v.variable_names, v.import_job_id, t.active_version_id is not distinct from v.id as is_active, v.created_at,
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

const previousStatement: Statement<VersionRow> = statement(
  "template_version_previous",
  `select ${versionColumns}, 1 as total
from template_versions v
join templates t on t.id = v.template_id
join users u on u.id = v.created_by
where v.template_id = $1
  and v.number < $2
order by v.number desc
limit 1`,
);

/** The one that was pushed before it, and is still there. */
export async function previousVersion(
  sql: Sql,
  { template_id, number }: Pick<VersionRow, "template_id" | "number">,
): Promise<VersionRow | undefined> {
  return (await sql.query(previousStatement, [template_id, number]))[0];
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

export interface NewVersion {
  readonly id: TemplateVersionId;
  readonly templateId: TemplateId;
  readonly organizationId: OrganizationId;
  readonly name: string | null;
  readonly message: string;
  readonly manifest: Manifest;
  readonly fileHash: Buffer;
  /** Null: it is given no variables. */
  readonly variables: { readonly names: readonly string[]; readonly sealed: Buffer; readonly keyId: string } | null;
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
  file_hash, import_job_id, activate_on_success, created_at, created_by, variable_names, variables_sealed,
  variables_key_id)
select $1, $2, $3, next.number, coalesce($4, 'v' || next.number), $5, 'importing', $12, $6, $7, $9, $8, $11, $10, $14,
  $15, $16
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
    version.variables?.names ?? [],
    version.variables?.sealed ?? null,
    version.variables?.keyId ?? null,
  ]);
  tx.emit("jobs");
  tx.emit("templates");
  if (row === undefined) throw new Error("An insert of a template version returned no row.");
  return row.number;
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
