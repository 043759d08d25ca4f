import type { OrganizationId, TemplateId, TemplateVersionId, UserId } from "../../contracts/ids.ts";
import { prebuildsUserId } from "../../contracts/system-ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

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
  if (rows.length > 0) {
    tx.emit("pools");
    tx.emit("templates");
  }
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
  if (rows.length > 0) {
    tx.emit("pools");
    tx.emit("templates");
  }
  return rows.length > 0;
}
