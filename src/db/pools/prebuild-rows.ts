import type { OrganizationId, WorkspaceId } from "../../contracts/ids.ts";
import type { LedgerState } from "../../contracts/states.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface PrebuildListRow {
  readonly workspace_id: WorkspaceId;
  readonly name: string;
  readonly template: string;
  readonly preset: string;
  readonly version: string;
  readonly state: LedgerState;
  readonly is_expired: boolean;
  readonly error: string | null;
  readonly created_at: Date;
  readonly ready_at: Date | null;
  readonly total: number;
}

const listStatement: Statement<PrebuildListRow> = statement(
  "prebuilds_list",
  `select b.workspace_id, w.name, t.name as template, p.name as preset, v.name as version, b.state,
  b.state in ('starting', 'ready') and (
    (p.ttl_seconds > 0 and b.created_at < $7::timestamptz - make_interval(secs => p.ttl_seconds))
    or coalesce(b.created_at < p.invalidated_at, false)) as is_expired,
  j.error, b.created_at, b.ready_at, count(*) over ()::int as total
from prebuilds b
join workspaces w on w.id = b.workspace_id
join presets p on p.id = b.preset_id
join templates t on t.id = b.template_id
join template_versions v on v.id = b.template_version_id
join builds l on l.id = w.latest_build_id
left join jobs j on j.id = l.job_id
where b.organization_id = $1
  and ($2::text is null or lower(t.name) = lower($2))
  and ($3::text is null or p.name = $3)
  and case when $4::text is null then b.state not in ('claimed', 'deleted') else b.state = $4 end
order by b.created_at desc, b.workspace_id
limit $5
offset $6`,
);

export async function listPrebuildRows(
  sql: Sql,
  input: {
    readonly organizationId: OrganizationId;
    readonly template: string | null;
    readonly preset: string | null;
    readonly state: string | null;
    readonly limit: number;
    readonly offset: number;
    readonly now: Date;
  },
): Promise<PrebuildListRow[]> {
  return await sql.query(listStatement, [
    input.organizationId,
    input.template,
    input.preset,
    input.state,
    input.limit,
    input.offset,
    input.now,
  ]);
}
