import { handedOverBefore } from "../../contracts/agent-protocol.ts";
import type { OrganizationId, WorkspaceId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface KeptRow {
  readonly workspace_id: WorkspaceId;
  readonly generation: number;
}

const surplusStatement: Statement<KeptRow> = statement(
  "failed_surplus",
  // A pool is, for people, a template and the name of a preset: its failed ones are counted over all versions.
  // Of a deleted template nothing is kept. What was somebody's before a backup was restored is no evidence but his work,
  // and only a person deletes it.
  `select r.workspace_id, r.generation
from (
  select b.workspace_id, b.generation, t.deleted_at is not null as is_gone,
    row_number() over (partition by p.template_id, p.name order by b.created_at desc, b.workspace_id) as position
  from prebuilds b
  join presets p on p.id = b.preset_id
  join templates t on t.id = p.template_id
  where b.state = 'failed'
    and position('${handedOverBefore}' in coalesce(b.unready_because, '')) = 0) r
where r.position > $1
  or r.is_gone
limit $2`,
  "write",
);

/** Failed prebuilds beyond the newest `keptMax` of each pool, at most `max` of them. */
export async function failedSurplus(sql: Sql, keptMax: number, max: number): Promise<KeptRow[]> {
  return await sql.query(surplusStatement, [keptMax, max]);
}

const cleanableStatement: Statement<KeptRow> = statement(
  "failed_cleanable",
  `select b.workspace_id, b.generation
from prebuilds b
join presets p on p.id = b.preset_id
join templates t on t.id = p.template_id
where b.state in ('failed', 'parked')
  and b.organization_id = $1
  and ($2::text is null or lower(t.name) = lower($2))
  and ($3::text is null or p.name = $3)
limit $4`,
  "long",
);

/** Failed and parked prebuilds, for a clean-up asked for by a person. */
export async function cleanablePrebuilds(
  sql: Sql,
  input: {
    readonly organizationId: OrganizationId;
    readonly template: string | null;
    readonly preset: string | null;
    readonly max: number;
  },
): Promise<KeptRow[]> {
  return await sql.query(cleanableStatement, [input.organizationId, input.template, input.preset, input.max]);
}

const retryStatement: Statement<KeptRow> = statement(
  "deletes_to_retry",
  // A prebuild whose delete build failed is tried again, later each time, until the provider confirms that it is gone.
  `select b.workspace_id, b.generation
from prebuilds b
join workspaces w on w.id = b.workspace_id
join builds l on l.id = w.latest_build_id
join jobs j on j.id = l.job_id
where b.state = 'draining'
  and l.transition = 'delete'
  and j.status in ('failed', 'canceled')
  and j.completed_at < $1::timestamptz - least(
    make_interval(secs => $2::float8 / 1000 * power(2, least(12, (
      select count(*) - 1
      from builds d
      join jobs dj on dj.id = d.job_id
      where d.workspace_id = b.workspace_id
        and d.transition = 'delete'
        and dj.status in ('failed', 'canceled')))::int)),
    make_interval(secs => $3::float8 / 1000))
limit $4`,
  "long",
);

/** Prebuilds whose delete is due again: after `baseMs`, doubled with each failure up to `maxMs`. */
export async function deletesToRetry(
  sql: Sql,
  input: { readonly now: Date; readonly baseMs: number; readonly maxMs: number; readonly max: number },
): Promise<KeptRow[]> {
  return await sql.query(retryStatement, [input.now, input.baseMs, input.maxMs, input.max]);
}
