import type { WorkspaceId } from "../../contracts/ids.ts";
import { buildHistoryMax } from "../pools/load-pools.ts";
import { type Statement, statement } from "../statement.ts";
import { pruneLines } from "./prune-lines.ts";
import { before } from "./retention-keeps.ts";
import { addRemoved, type PruneStep, type RetentionRule, type StepDone } from "./retention-rule.ts";

const workspacesPerStepMax = 200;
const everyMs = 600_000;
const fromTheBeginning = ["-infinity", "00000000-0000-0000-0000-000000000000"] as const;

const finished = `('succeeded', 'failed', 'abandoned')`;

/**
 * What a pool still counts by: the ledger rows of an active preset that are as young as its newest success, which is
 * what a hard limit is judged by, or within the look-back of its backoff.
 */
const isCounted = `exists (
    select 1
    from presets p
    join templates t on t.id = p.template_id and t.active_version_id = p.template_version_id
    where p.id = b.preset_id
      and t.deleted_at is null
      and b.first_build_result in ${finished}
      and (b.created_at >= $5
        or (not exists (
            select 1
            from prebuilds s
            where s.preset_id = b.preset_id
              and s.first_build_result in ${finished}
              and s.first_build_result = 'succeeded'
              and s.created_at > b.created_at)
          and not exists (
            select 1
            from prebuilds n
            where n.preset_id = b.preset_id
              and n.first_build_result in ${finished}
              and n.created_at > b.created_at
            offset $6
            limit 1))))`;

interface LookedRow {
  readonly id: WorkspaceId;
  /** As text: a `Date` has no microseconds, and the walk would come to the same row again. */
  readonly deleted_at: string;
  readonly lag_ms: number;
  readonly job_ids: readonly string[];
  readonly agent_ids: readonly string[];
  readonly is_due: boolean;
}

const lookStatement: Statement<LookedRow> = statement(
  "retention_workspaces_look",
  // One whose job is still open is not over yet, and one of which something still exists on a host is not gone.
  `with looked as materialized (
  select w.id, w.deleted_at
  from workspaces w
  where w.deleted_at < $1
    and (w.deleted_at, w.id) > ($2::text::timestamptz, $3::uuid)
  order by w.deleted_at, w.id
  limit $4
), jobs_of as materialized (
  select l.id as workspace_id, j.id, j.status
  from looked l
  cross join lateral (
    select o.id, o.status
    from builds b
    join jobs o on o.id = b.job_id
    where b.workspace_id = l.id
    union all
    select r.id, r.status
    from jobs r
    where r.workspace_id = l.id
      and r.kind = 'rehearsal') j
)
select l.id, l.deleted_at::text as deleted_at, (extract(epoch from $1 - l.deleted_at) * 1000)::float8 as lag_ms,
  array(select j.id::text from jobs_of j where j.workspace_id = l.id) as job_ids,
  array(select a.id::text from agents a where a.workspace_id = l.id) as agent_ids,
  not exists (select 1 from jobs_of j where j.workspace_id = l.id and j.status in ('pending', 'running', 'canceling'))
    and not exists (select 1 from strangers s where s.workspace_id = l.id)
    and not ${isCounted} as is_due
from looked l
left join prebuilds b on b.workspace_id = l.id
order by l.deleted_at, l.id`,
  "long",
);

type RemovedRow = Readonly<Record<string, number>>;

const removeStatement: Statement<RemovedRow> = statement(
  "retention_workspaces",
  // A second server that is at the same rows passes over them. Who had the workspace stays in the audit log: it is asked
  // whose a deleted workspace was for as long as its entries are kept.
  `with gone as materialized (
  select w.id, w.owner_id
  from workspaces w
  where w.id = any($1::uuid[])
    and w.deleted_at < $2
  order by w.id
  for update skip locked
), noted as (
  update audit_log a
  set owner_id = g.owner_id
  from gone g
  where a.target_id = g.id
    and a.target_kind = 'workspace'
), build as (
  delete from builds b
  using gone g
  where b.workspace_id = g.id
  returning b.id, b.job_id
), report as (
  delete from build_reports r
  using build b
  where r.build_id = b.id
  returning 1
), job as (
  delete from jobs j
  where j.id in (
    select b.job_id
    from build b
    where b.job_id is not null
    union all
    select r.id
    from gone g
    cross join lateral (
      select id
      from jobs
      where workspace_id = g.id
        and kind = 'rehearsal'
      limit 100) r)
  returning 1
), agent as (
  delete from agents a
  using gone g
  where a.workspace_id = g.id
  returning 1
), version as (
  delete from provider_state_versions v
  using gone g
  where v.workspace_id = g.id
  returning 1
), state as (
  delete from provider_states s
  using gone g
  where s.workspace_id = g.id
  returning 1
), ledger as (
  delete from prebuilds p
  using gone g
  where p.workspace_id = g.id
  returning 1
), workspace as (
  delete from workspaces w
  using gone g
  where w.id = g.id
  returning 1
)
select (select count(*) from workspace)::int as workspaces, (select count(*) from ledger)::int as prebuilds,
  (select count(*) from build)::int as builds, (select count(*) from report)::int as build_reports,
  (select count(*) from job)::int as jobs, (select count(*) from agent)::int as agents,
  (select count(*) from state)::int as provider_states,
  (select count(*) from version)::int as provider_state_versions`,
  "long",
);

async function step({ sql, now, keeps, cursor }: PruneStep): Promise<StepDone> {
  const deletedBefore = before(now, keeps.workspacesMs);
  const looked = await sql.query(lookStatement, [
    deletedBefore,
    ...(cursor ?? fromTheBeginning),
    workspacesPerStepMax,
    before(now, keeps.backoffLookbackMs),
    buildHistoryMax - 1,
  ]);
  const due = looked.filter((row) => row.is_due);
  let removed: Readonly<Record<string, number>> = {};
  if (due.length > 0) {
    removed = await pruneLines(sql, {
      jobIds: due.flatMap((row) => row.job_ids),
      agentIds: due.flatMap((row) => row.agent_ids),
    });
    const [rows] = await sql.query(removeStatement, [due.map((row) => row.id), deletedBefore]);
    removed = addRemoved(removed, rows ?? {});
  }
  const last = looked.at(-1);
  if (last === undefined || looked.length < workspacesPerStepMax) return { removed, next: null, lagMs: 0 };
  return { removed, next: [last.deleted_at, last.id], lagMs: last.lag_ms };
}

/** Workspaces go a while after their deletion, and all that hangs on them with them. */
export const deletedWorkspacesRule: RetentionRule = { name: "deleted_workspaces", everyMs, step };
