import { type Statement, statement } from "../statement.ts";
import { pruneLines } from "./prune-lines.ts";
import { before, filesKeepMs } from "./retention-keeps.ts";
import { addRemoved, type PruneStep, type RetentionRule, type StepDone } from "./retention-rule.ts";

const versionsPerStepMax = 20;
const templatesPerStepMax = 20;
const filesPerStepMax = 20;
const everyMs = 3_600_000;
const lowestId = "00000000-0000-0000-0000-000000000000";

/**
 * Whether nothing is of the version `v` any more. A preset that was asked for, or that something happened to, keeps its
 * name until that is in the totals.
 */
const isUnused = `not exists (
      select 1
      from builds b
      where b.template_version_id = v.id
        and b.stage <> 'claim')
    and not exists (
      select 1
      from presets p
      where p.template_version_id = v.id
        and (exists (select 1 from creation_outcomes o where o.preset_id = p.id)
          or exists (select 1 from pool_events e where e.preset_id = p.id)))`;

interface LookedRow {
  readonly id: string;
  readonly job_id: string | null;
  readonly is_due: boolean;
}

const lookStatement: Statement<LookedRow> = statement(
  "retention_versions_look",
  // Of a deleted template the active version is the last, and goes with it. Replaced is a version since the next came.
  `with looked as materialized (
  select v.id, v.import_job_id, v.template_id, v.number, v.status, t.deleted_at,
    t.active_version_id is not distinct from v.id as is_active
  from template_versions v
  join templates t on t.id = v.template_id
  where v.id > $1
  order by v.id
  limit $2
)
select v.id, v.import_job_id as job_id, v.status <> 'importing'
    and not v.is_active
    and case when v.deleted_at is null then (
        select min(n.created_at)
        from template_versions n
        where n.template_id = v.template_id
          and n.number > v.number) < $3
      and exists (
        select 1
        from template_versions n
        where n.template_id = v.template_id
          and n.number > v.number
        order by n.number
        offset $4
        limit 1)
      else v.deleted_at < $3
    end
    and ${isUnused} as is_due
from looked v
order by v.id`,
  "long",
);

const removeStatement: Statement<Readonly<Record<string, number>>> = statement(
  "retention_versions",
  // Locked, so that a promotion and this exclude each other; and asked again, as one may have come first.
  `with gone as materialized (
  select v.id, v.import_job_id
  from template_versions v
  where v.id = any($1::uuid[])
    and not exists (
      select 1
      from templates t
      where t.active_version_id = v.id)
    and ${isUnused}
  order by v.id
  for update skip locked
), preset as (
  delete from presets p
  using gone g
  where p.template_version_id = g.id
  returning p.id
), decision as (
  delete from decisions d
  using preset p
  where d.preset_id = p.id
  returning 1
), job as (
  delete from jobs j
  using gone g
  where j.id = g.import_job_id
  returning 1
), version as (
  delete from template_versions v
  using gone g
  where v.id = g.id
  returning 1
)
select (select count(*) from version)::int as template_versions, (select count(*) from preset)::int as presets,
  (select count(*) from decision)::int as decisions, (select count(*) from job)::int as jobs`,
  "long",
);

async function stepVersions({ sql, now, keeps, cursor }: PruneStep): Promise<StepDone> {
  const replacedBefore = before(now, keeps.versionsMs);
  const page = [cursor?.[0] ?? lowestId, versionsPerStepMax];
  const looked = await sql.query(lookStatement, [...page, replacedBefore, Math.max(0, keeps.versionsMax - 1)]);
  const due = looked.filter((row) => row.is_due);
  let removed: Readonly<Record<string, number>> = {};
  if (due.length > 0) {
    const jobIds = due.flatMap((row) => (row.job_id === null ? [] : [row.job_id]));
    removed = await pruneLines(sql, { jobIds, agentIds: [] });
    const [rows] = await sql.query(removeStatement, [due.map((row) => row.id)]);
    removed = addRemoved(removed, rows ?? {});
  }
  const last = looked.at(-1);
  return { removed, next: last === undefined || looked.length < versionsPerStepMax ? null : [last.id] };
}

/** Versions that were replaced and that nothing uses go, with their presets, decisions and imports. */
export const replacedVersionsRule: RetentionRule = { name: "replaced_versions", everyMs, step: stepVersions };

const templatesStatement: Statement<Readonly<Record<string, number>> & { readonly looked: number }> = statement(
  "retention_templates",
  `with gone as materialized (
  select t.id, t.active_version_id
  from templates t
  where t.deleted_at < $1
    and not exists (
      select 1
      from template_versions v
      where v.template_id = t.id
        and (v.id is distinct from t.active_version_id or not (${isUnused})))
  order by t.deleted_at
  limit $2
  for update skip locked
), preset as (
  delete from presets p
  using gone g
  where p.template_version_id = g.active_version_id
  returning p.id
), decision as (
  delete from decisions d
  using preset p
  where d.preset_id = p.id
  returning 1
), version as (
  delete from template_versions v
  using gone g
  where v.template_id = g.id
  returning v.import_job_id
), job as (
  delete from jobs j
  using version v
  where j.id = v.import_job_id
  returning 1
), total as (
  delete from pool_totals t
  using gone g
  where t.template_id = g.id
  returning 1
), demand as (
  delete from demand_hours
  where ctid = any(array(
    select h.ctid
    from gone g
    cross join lateral (
      select ctid
      from demand_hours
      where template_id = g.id
      limit 1000000) h))
  returning 1
), template as (
  delete from templates t
  using gone g
  where t.id = g.id
  returning 1
)
select (select count(*) from gone)::int as looked, (select count(*) from template)::int as templates,
  (select count(*) from version)::int as template_versions, (select count(*) from preset)::int as presets,
  (select count(*) from decision)::int as decisions, (select count(*) from job)::int as jobs,
  (select count(*) from total)::int as pool_totals, (select count(*) from demand)::int as demand_hours`,
  "long",
);

async function stepTemplates({ sql, now, keeps }: PruneStep): Promise<StepDone> {
  const [row] = await sql.query(templatesStatement, [before(now, keeps.versionsMs), templatesPerStepMax]);
  const { looked = 0, ...removed } = row ?? {};
  return { removed, next: looked < templatesPerStepMax ? null : [] };
}

/** Deleted templates go when nothing is left of them but the version that was active. */
export const deletedTemplatesRule: RetentionRule = { name: "deleted_templates", everyMs, step: stepTemplates };

const filesStatement: Statement<{ readonly files: number }> = statement(
  "retention_files",
  `with gone as (
  delete from files
  where hash in (
    select f.hash
    from files f
    where f.created_at < $1
      and not exists (
        select 1
        from template_versions v
        where v.file_hash = f.hash)
    limit $2
    for update skip locked)
  returning 1
)
select count(*)::int as files
from gone`,
  "long",
);

async function stepFiles({ sql, now }: PruneStep): Promise<StepDone> {
  const [row] = await sql.query(filesStatement, [before(now, filesKeepMs), filesPerStepMax]);
  const files = row?.files ?? 0;
  return { removed: { files }, next: files < filesPerStepMax ? null : [] };
}

/** Archives that no version names go. */
export const unnamedFilesRule: RetentionRule = { name: "unnamed_files", everyMs, step: stepFiles };
