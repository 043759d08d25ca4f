import type { UserId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import { pruneLines } from "./prune-lines.ts";
import { addRemoved, type PruneStep, type RetentionRule, type StepDone } from "./retention-rule.ts";

const workspacesPerStepMax = 500;
const buildsPerStatementMax = 200;
/** A walk looks at every living workspace, and its builds come one at a time. */
const everyMs = 3_600_000;
const fromTheBeginning = ["00000000-0000-0000-0000-000000000000", ""] as const;

interface LookedRow {
  readonly owner_id: UserId;
  readonly name: string;
  /** Null where there are no more builds than are kept. */
  readonly id: string | null;
}

const lookStatement: Statement<LookedRow> = statement(
  "retention_builds_look",
  // By the index of living workspaces, whose order it takes: the number of the newest build says how many there are.
  `select w.owner_id, lower(w.name) as name, case when b.number > $4 + 1 then w.id end as id
from workspaces w
left join builds b on b.id = w.latest_build_id
where w.deleted_at is null
  and (w.owner_id, lower(w.name)) > ($1, $2)
order by w.owner_id, lower(w.name)
limit $3`,
  "long",
);

interface OldBuildRow {
  readonly build_id: string;
  readonly job_id: string | null;
  readonly agent_ids: readonly string[];
}

const oldStatement: Statement<OldBuildRow> = statement(
  "retention_builds_old",
  // Not the first build, which says what version and preset the workspace came from. Not what something that lives names:
  // the build of an agent, of a claim, and the job that made a provider state.
  `select o.id as build_id, o.job_id, array(
    select a.id::text
    from agents a
    where a.workspace_id = w.id
      and a.build_id = o.id) as agent_ids
from unnest($1::uuid[]) as u(id)
join workspaces w on w.id = u.id
join builds l on l.id = w.latest_build_id
cross join lateral (
  select b.id, b.job_id
  from builds b
  where b.workspace_id = w.id
    and b.number > 1
    and b.number <= l.number - $2
    and not exists (
      select 1
      from agents a
      where a.workspace_id = w.id
        and a.build_id = b.id
        and a.retired_at is null)
    and not exists (
      select 1
      from prebuilds p
      where p.workspace_id = w.id
        and p.claim_build_id = b.id)
    and not exists (
      select 1
      from provider_states s
      where s.workspace_id = w.id
        and s.job_id = b.job_id)
    and not exists (
      select 1
      from provider_state_versions v
      where v.workspace_id = w.id
        and v.job_id = b.job_id)
    and not exists (
      select 1
      from jobs j
      where j.id = b.job_id
        and j.completed_at is null)
  order by b.number
  limit $3) o
where w.deleted_at is null
limit $3`,
  "long",
);

const removeStatement: Statement<Readonly<Record<string, number>>> = statement(
  "retention_builds",
  `with report as (
  delete from build_reports
  where build_id = any($1::uuid[])
  returning 1
), agent as (
  delete from agents
  where id = any($3::uuid[])
    and retired_at is not null
  returning 1
), build as (
  delete from builds
  where id = any($1::uuid[])
  returning 1
), job as (
  delete from jobs
  where id = any($2::uuid[])
  returning 1
)
select (select count(*) from build)::int as builds, (select count(*) from report)::int as build_reports,
  (select count(*) from agent)::int as agents, (select count(*) from job)::int as jobs`,
  "long",
);

async function step({ sql, keeps, cursor }: PruneStep): Promise<StepDone> {
  const looked = await sql.query(lookStatement, [
    ...(cursor ?? fromTheBeginning),
    workspacesPerStepMax,
    keeps.buildsMax,
  ]);
  const ids = looked.flatMap((row) => (row.id === null ? [] : [row.id]));
  const old = ids.length === 0 ? [] : await sql.query(oldStatement, [ids, keeps.buildsMax, buildsPerStatementMax]);
  let removed: Readonly<Record<string, number>> = {};
  if (old.length > 0) {
    const jobIds = old.flatMap((row) => (row.job_id === null ? [] : [row.job_id]));
    const agentIds = old.flatMap((row) => row.agent_ids);
    removed = await pruneLines(sql, { jobIds, agentIds });
    const [rows] = await sql.query(removeStatement, [old.map((row) => row.build_id), jobIds, agentIds]);
    removed = addRemoved(removed, rows ?? {});
  }
  // As many as one statement takes: the same workspaces may have more.
  if (old.length === buildsPerStatementMax) return { removed, next: cursor ?? fromTheBeginning };
  const last = looked.at(-1);
  if (last === undefined || looked.length < workspacesPerStepMax) return { removed, next: null };
  return { removed, next: [last.owner_id, last.name] };
}

/** Of a living workspace, the newest builds stay, and the first. */
export const oldBuildsRule: RetentionRule = { name: "old_builds", everyMs, step };
