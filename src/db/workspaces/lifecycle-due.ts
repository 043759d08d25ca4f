import type { TemplateId, WorkspaceId } from "../../contracts/ids.ts";
import { lifecycleUserId, prebuildsUserId } from "../../contracts/system-ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";
import { isBooting, isPersons } from "./lifecycle.ts";

/** A workspace that looks as if something were to be done. Whether it is so is asked again under its lock. */
interface CandidateRow {
  readonly id: WorkspaceId;
}

/** How many are wanted at most, and which are not: those that a look before has taken in vain. */
export interface Take {
  readonly max: number;
  readonly except: readonly WorkspaceId[];
}

// Each by itself, which the limits see to: of many workspaces on which something may be due, a join reads all builds.
const latestBuild = `cross join lateral (
  select id, transition, initiator_id, job_id, created_at, template_version_id
  from builds
  where id = w.latest_build_id
  limit 1) b
left join lateral (
  select status, completed_at
  from jobs
  where id = b.job_id
  limit 1) j on true`;

/** Which kinds of act may be due at all. */
export interface DueKinds {
  readonly stops: boolean;
  readonly starts: boolean;
  readonly failures: boolean;
  readonly deletions: boolean;
  readonly notices: boolean;
}

const kindsStatement: Statement<DueKinds> = statement(
  "lifecycle_due_kinds",
  // A claim would have to write any index that found these, so every look reads all live workspaces: once, and not once
  // for each kind. Mostly nothing is due.
  `select coalesce(bool_or(w.deadline_at <= $1), false) as stops,
  coalesce(bool_or(w.autostart_schedule is not null), false) as starts,
  coalesce(bool_or(w.failed_at is not null), false) as failures,
  coalesce(bool_or(w.deleting_at <= $1), false) as deletions,
  coalesce(bool_or(w.deleting_at <= $2 and w.deletion_noted_at is null), false) as notices
from workspaces w
where w.deleted_at is null
  and w.owner_id > '${prebuildsUserId}'`,
  "long",
);

export async function dueKinds(
  sql: Sql,
  asOf: { readonly now: Date; readonly noticesUntil: Date },
): Promise<DueKinds | undefined> {
  return (await sql.query(kindsStatement, [asOf.now, asOf.noticesUntil]))[0];
}

const autostopStatement: Statement<CandidateRow> = statement(
  "lifecycle_due_autostop",
  `select w.id
from workspaces w
${latestBuild}
where w.deadline_at <= $1
  and b.transition = 'start'
  and coalesce(j.status, 'succeeded') = 'succeeded'
  and w.id <> all($3::uuid[])
  and not ${isBooting("$1")}
  and ${isPersons}
order by w.deadline_at
limit $2`,
  "long",
);

export async function dueAutostops(sql: Sql, now: Date, take: Take): Promise<CandidateRow[]> {
  return await sql.query(autostopStatement, [now, take.max, take.except]);
}

const schedulesStatement: Statement<{ readonly schedule: string }> = statement(
  "lifecycle_schedules",
  `select distinct w.autostart_schedule as schedule
from workspaces w
where w.autostart_schedule is not null
    and ${isPersons}
order by 1
limit $1`,
  "long",
);

/** The schedules that anybody's workspace has. */
export async function autostartSchedules(sql: Sql, max: number): Promise<string[]> {
  return (await sql.query(schedulesStatement, [max])).map((row) => row.schedule);
}

const autostartStatement: Statement<CandidateRow> = statement(
  "lifecycle_due_autostart",
  // In pages by id, as some of a page may be held back by their template.
  `select w.id
from unnest($1::text[], $2::timestamptz[]) as f(schedule, fired_at)
join workspaces w on w.autostart_schedule = f.schedule
${latestBuild}
where b.transition = 'stop'
  and b.created_at < f.fired_at
  and coalesce(w.autostart_from, '-infinity') < f.fired_at
  and j.status = 'succeeded'
  and w.dormant_at is null
  and w.id > $3
  and w.id <> all($5::uuid[])
  and not coalesce((select o.suspended_at is not null from users o where o.id = w.owner_id), false)
  and ${isPersons}
order by w.id
limit $4`,
  "long",
);

/** Stopped workspaces whose schedule has fired since they were stopped; nothing is started for a suspended owner. */
export async function dueAutostarts(
  sql: Sql,
  fired: readonly { readonly schedule: string; readonly at: Date }[],
  page: Take & { readonly after: WorkspaceId },
): Promise<CandidateRow[]> {
  return await sql.query(autostartStatement, [
    fired.map((one) => one.schedule),
    fired.map((one) => one.at),
    page.after,
    page.max,
    page.except,
  ]);
}

const failedStatement: Statement<CandidateRow> = statement(
  "lifecycle_due_failed",
  // What a start left behind, by its template's policy; and our own stops and deletes that are worth another try.
  `select w.id
from workspaces w
${latestBuild}
left join unnest($2::uuid[], $3::bigint[]) as p(template_id, failure_ttl_ms) on p.template_id = w.template_id
where w.failed_at is not null
  and j.status = 'failed'
  and w.id <> all($8::uuid[])
  and ${isPersons}
  and case
    when b.transition = 'start' then w.failed_at + p.failure_ttl_ms * interval '1 ms' <= $1
    else b.initiator_id = '${lifecycleUserId}' and w.failed_at <= $4
      and w.failed_at + least($6::bigint, $5::bigint * power(2, least((
        select count(*)
        from builds f
        where f.workspace_id = w.id
          and f.number > coalesce((
            select max(s.number)
            from builds s
            left join jobs sj on sj.id = s.job_id
            where s.workspace_id = w.id
              and coalesce(sj.status, 'succeeded') <> 'failed'), 0)) - 1, 10))) * interval '1 ms' <= $1
  end
order by w.failed_at
limit $7`,
  "long",
);

export interface FailedQuery extends Take {
  readonly now: Date;
  readonly failureTtls: readonly { readonly templateId: TemplateId; readonly ms: number }[];
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
}

export async function dueFailures(sql: Sql, query: FailedQuery): Promise<CandidateRow[]> {
  return await sql.query(failedStatement, [
    query.now,
    query.failureTtls.map((one) => one.templateId),
    query.failureTtls.map((one) => one.ms),
    new Date(query.now.getTime() - query.retryBaseMs),
    query.retryBaseMs,
    query.retryMaxMs,
    query.max,
    query.except,
  ]);
}

const deletionStatement: Statement<CandidateRow> = statement(
  "lifecycle_due_deletion",
  `select w.id
from workspaces w
${latestBuild}
where w.deleting_at <= $1
  and w.dormant_at is not null
  and coalesce(j.status, 'succeeded') in ('succeeded', 'failed', 'canceled')
  and not (b.transition = 'delete' and j.status = 'failed' and b.initiator_id = '${lifecycleUserId}')
  and w.id <> all($3::uuid[])
  and ${isPersons}
order by w.deleting_at
limit $2`,
  "long",
);

export async function dueDeletions(sql: Sql, now: Date, take: Take): Promise<CandidateRow[]> {
  return await sql.query(deletionStatement, [now, take.max, take.except]);
}

const dormancyStatement: Statement<CandidateRow> = statement(
  "lifecycle_due_dormancy",
  `select w.id
from unnest($1::uuid[], $2::timestamptz[]) as p(template_id, used_before)
join workspaces w on w.template_id = p.template_id
${latestBuild}
where w.last_used_at <= p.used_before
  and w.dormant_at is null
  and coalesce(j.status, 'succeeded') in ('succeeded', 'failed', 'canceled')
  and w.id <> all($4::uuid[])
  and ${isPersons}
order by w.last_used_at
limit $3`,
  "long",
);

/** Workspaces that nobody has used for as long as their template allows. */
export async function dueDormancy(
  sql: Sql,
  policies: readonly { readonly templateId: TemplateId; readonly usedBefore: Date }[],
  take: Take,
): Promise<CandidateRow[]> {
  if (policies.length === 0) return [];
  return await sql.query(dormancyStatement, [
    policies.map((one) => one.templateId),
    policies.map((one) => one.usedBefore),
    take.max,
    take.except,
  ]);
}

const noticeStatement: Statement<CandidateRow> = statement(
  "lifecycle_due_notice",
  `select w.id
from workspaces w
where w.deleting_at <= $1
  and w.deletion_noted_at is null
  and w.id <> all($3::uuid[])
  and ${isPersons}
order by w.deleting_at
limit $2`,
  "long",
);

/** Dormant workspaces that are deleted before `until`, whose owner has not been told. */
export async function dueDeletionNotices(sql: Sql, until: Date, take: Take): Promise<CandidateRow[]> {
  return await sql.query(noticeStatement, [until, take.max, take.except]);
}
