import type { OrganizationId, WorkspaceId } from "../../contracts/ids.ts";
import { pastPrebuildsLookedMax } from "../../contracts/limits.ts";
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

const rowColumns = `b.workspace_id, w.name, t.name as template, p.name as preset, v.name as version, b.state,
  b.state in ('starting', 'ready') and (
    (p.ttl_seconds > 0 and b.created_at < $7::timestamptz - make_interval(secs => p.ttl_seconds))
    or coalesce(b.created_at < p.invalidated_at, false)) as is_expired,
  coalesce(j.error, b.unready_because) as error, b.created_at, b.ready_at`;

/** A page of the rows that `looked` finds; what is shown is worked out for the page alone. */
function listStatement(name: string, looked: string): Statement<PrebuildListRow> {
  return statement(
    name,
    `with asked as materialized (
  select p.id
  from presets p
  join templates t on t.id = p.template_id
  where p.organization_id = $1
    and ($2::text is null or lower(t.name) = lower($2))
    and ($3::text is null or p.name = $3)
), looked as materialized (
${looked}
), page as materialized (
  select o.*, row_number() over () as position
  from (
    select l.workspace_id, count(*) over ()::int as total
    from looked l
    where ($4::text is null or l.state = $4)
    order by l.created_at desc, l.workspace_id
    limit $5
    offset $6) o
)
select x.*, page.total
from page
cross join lateral (
  select ${rowColumns}
  from prebuilds b
  join workspaces w on w.id = b.workspace_id
  join presets p on p.id = b.preset_id
  join templates t on t.id = b.template_id
  join template_versions v on v.id = b.template_version_id
  join builds l on l.id = w.latest_build_id
  left join jobs j on j.id = l.job_id
  where b.workspace_id = page.workspace_id
  limit 1) x
order by page.position`,
  );
}

const liveStatement = listStatement(
  "prebuilds_list",
  // Two parts, each by its own partial index.
  `  select workspace_id, state, created_at
  from prebuilds
  where state in ('building', 'starting', 'ready', 'stopping', 'draining')
    and preset_id in (select id from asked)
  union all
  select workspace_id, state, created_at
  from prebuilds
  where state in ('failed', 'parked')
    and preset_id in (select id from asked)`,
);

const pastStatement = listStatement(
  "prebuilds_list_past",
  // Those that were built, of each preset the newest: by the index of the pools' history, as one for this would be written
  // by each claim.
  `  select b.workspace_id, b.state, b.created_at
  from asked
  cross join lateral (
    select workspace_id, state, created_at
    from prebuilds
    where preset_id = asked.id
      and first_build_result in ('succeeded', 'failed', 'abandoned')
    order by created_at desc
    limit ${pastPrebuildsLookedMax}) b`,
);

/** A page of prebuilds. Of claimed and deleted ones, the newest `pastPrebuildsLookedMax` of each preset are looked through. */
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
  const isPast = input.state === "claimed" || input.state === "deleted";
  return await sql.query(isPast ? pastStatement : liveStatement, [
    input.organizationId,
    input.template,
    input.preset,
    input.state,
    input.limit,
    input.offset,
    input.now,
  ]);
}
