import type { OrganizationId, TemplateVersionId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

/** Variables of a version, sealed. */
export interface VersionVariablesRow {
  readonly id: TemplateVersionId;
  readonly template: string;
  readonly number: number;
  readonly names: readonly string[];
  readonly sealed: Buffer;
  readonly key_id: string;
}

const columns = `v.id, t.name as template, v.number, v.variable_names as names, v.variables_sealed as sealed,
  v.variables_key_id as key_id`;

const lastStatement: Statement<VersionVariablesRow> = statement(
  "version_variables_last",
  // The version counts, not the variables: one that was pushed without any leaves nothing to take over.
  `select ${columns}
from (
  select o.id
  from template_versions o
  join templates p on p.id = o.template_id
  where p.organization_id = $1
    and lower(p.name) = lower($2)
    and p.deleted_at is null
    and o.status <> 'failed'
  order by o.number desc
  limit 1) newest
join template_versions v on v.id = newest.id
join templates t on t.id = v.template_id
where v.variables_sealed is not null`,
);

/** Those of the newest version of a template that has not failed; undefined when that has none. */
export async function lastVariables(
  sql: Sql,
  template: { readonly organizationId: OrganizationId; readonly name: string },
): Promise<VersionVariablesRow | undefined> {
  return (await sql.query(lastStatement, [template.organizationId, template.name]))[0];
}

const keysStatement: Statement<{ readonly key_id: string; readonly count: number }> = statement(
  "version_variables_keys",
  `select variables_key_id as key_id, count(*)::int as count
from template_versions
where variables_sealed is not null
group by variables_key_id`,
  "long",
);

/** By which keys variables of versions are sealed, and of how many versions by each. */
export async function variableKeys(sql: Sql): Promise<readonly { readonly key_id: string; readonly count: number }[]> {
  return await sql.query(keysStatement, []);
}

const sealedByStatement: Statement<VersionVariablesRow> = statement(
  "version_variables_sealed_by",
  `select ${columns}
from template_versions v
join templates t on t.id = v.template_id
where v.variables_key_id = any($1)
  and v.id > $2
order by v.id
limit $3`,
  "long",
);

/** A page of the versions whose variables are sealed by these keys. */
export async function variablesSealedBy(
  sql: Sql,
  by: { readonly keyIds: readonly string[]; readonly after: string; readonly limit: number },
): Promise<readonly VersionVariablesRow[]> {
  return await sql.query(sealedByStatement, [by.keyIds, by.after, by.limit]);
}

const resealStatement: Statement<object> = statement(
  "version_variables_reseal",
  `update template_versions
set variables_sealed = $3, variables_key_id = $4
where id = $1
  and variables_key_id = $2`,
);

export async function resealVariables(
  sql: Sql,
  { id, key_id: before }: Pick<VersionVariablesRow, "id" | "key_id">,
  by: { readonly sealed: Buffer; readonly keyId: string },
): Promise<void> {
  await sql.query(resealStatement, [id, before, by.sealed, by.keyId]);
}
