import type { OrganizationId, TemplateId, UserId, WorkspaceId } from "../../contracts/ids.ts";
import type { LifecyclePolicyChanges, LifecycleSection } from "../../contracts/lifecycle.ts";
import type { BuildStage, JobStatus, Transition } from "../../contracts/states.ts";
import { connectTimeoutSecondsDefault } from "../../contracts/limits.ts";
import { lifecycleUserId, prebuildsUserId } from "../../contracts/system-ids.ts";
import { hookSeconds } from "../agents/hook-seconds.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

/**
 * The one place that says whom lifecycle concerns (spec §6): a live workspace `w` of a person. Every lifecycle
 * statement has it, so that none of them ever sees an unclaimed prebuild, whatever its columns hold.
 *
 * "Greater than" the owner of the prebuilds, whose id is the lowest of all: it makes people's live workspaces one range
 * of `workspaces_owner_name`, and no other index is needed, which every claim would have to write. The ledger is asked
 * for each by itself: as a join it became a scan of every prebuild that ever was.
 */
export const isPersons = `w.deleted_at is null
    and w.owner_id > '${prebuildsUserId}'
    and coalesce((select u.state from prebuilds u where u.workspace_id = w.id), 'claimed') = 'claimed'`;

/**
 * SQL: whether a workspace `w` with its latest build `b` and that build's job `j` is still on its way to being usable at
 * `now`: an agent has not said that it runs for its owner, and the time that it and its hooks have is not over. Until then
 * it is not idle: nobody could use it.
 */
export function isBooting(now: string): string {
  return `(b.transition = 'start'
    and coalesce((
      select true
      from agents g
      where g.workspace_id = w.id
        and g.retired_at is null
        and g.acknowledged_generation = 0
      limit 1), false)
    and coalesce(j.completed_at, b.created_at) + (
      select coalesce(max(coalesce((m ->> 'connect_timeout')::float8, ${connectTimeoutSecondsDefault})
        + ${hookSeconds("prewarm", "start", "claim")}), 0)
      from template_versions bv
      cross join jsonb_array_elements(bv.manifest -> 'agents') m
      where bv.id = b.template_version_id) * interval '1 s' > ${now})`;
}

export interface PolicyParts {
  readonly section: LifecycleSection | null;
  readonly changes: LifecyclePolicyChanges;
}

export interface SubjectRow extends PolicyParts {
  readonly id: WorkspaceId;
  readonly organization_id: OrganizationId;
  readonly owner_id: UserId;
  readonly name: string;
  readonly template: string;
  readonly transition: Transition;
  readonly stage: BuildStage;
  readonly status: JobStatus;
  readonly is_build_ours: boolean;
  readonly is_booting: boolean;
  readonly build_created_at: Date;
  readonly build_ended_at: Date | null;
  readonly failures: number;
  readonly ttl_ms: number | null;
  readonly autostart_schedule: string | null;
  /** Moments up to here are not made up for. */
  readonly autostart_from: Date | null;
  readonly deadline_at: Date | null;
  readonly last_used_at: Date;
  readonly dormant_at: Date | null;
  readonly deleting_at: Date | null;
}

const subjectStatement: Statement<SubjectRow> = statement(
  "lifecycle_subject",
  `select w.id, w.organization_id, w.owner_id, w.name, t.name as template, b.transition, b.stage,
  coalesce(j.status, 'succeeded') as status, b.initiator_id = '${lifecycleUserId}' as is_build_ours,
  ${isBooting("$2::timestamptz")} as is_booting,
  b.created_at as build_created_at,
  case when b.job_id is null then b.created_at else j.completed_at end as build_ended_at,
  case when j.status = 'failed' then (
    select count(*)::int
    from builds f
    where f.workspace_id = w.id
      and f.number > coalesce((
        select max(s.number)
        from builds s
        left join jobs sj on sj.id = s.job_id
        where s.workspace_id = w.id
          and coalesce(sj.status, 'succeeded') <> 'failed'), 0)) else 0 end as failures,
  w.ttl_ms, w.autostart_schedule, greatest(w.autostart_from, t.autostart_from) as autostart_from, w.deadline_at,
  coalesce(w.last_used_at, w.created_at) as last_used_at, w.dormant_at, w.deleting_at,
  v.manifest -> 'lifecycle' as section, t.lifecycle as changes
from workspaces w
join templates t on t.id = w.template_id
join builds b on b.id = w.latest_build_id
left join jobs j on j.id = b.job_id
left join template_versions v on v.id = t.active_version_id
where w.id = $1
    and ${isPersons}`,
);

/** A person's workspace as the rules see it; undefined for an unclaimed prebuild, and for what is deleted. */
export async function lifecycleSubject(sql: Sql, workspaceId: WorkspaceId, now: Date): Promise<SubjectRow | undefined> {
  return (await sql.query(subjectStatement, [workspaceId, now]))[0];
}

const policiesStatement: Statement<PolicyParts & { readonly id: TemplateId }> = statement(
  "lifecycle_policies",
  `select t.id, v.manifest -> 'lifecycle' as section, t.lifecycle as changes
from templates t
left join template_versions v on v.id = t.active_version_id
where t.deleted_at is null
  and (v.manifest -> 'lifecycle' is not null or t.lifecycle <> '{}')
order by t.id
limit $1`,
  "long",
);

/** The policies of the templates that have any. */
export async function lifecyclePolicies(
  sql: Sql,
  max: number,
): Promise<readonly (PolicyParts & { readonly id: TemplateId })[]> {
  return await sql.query(policiesStatement, [max]);
}

const changeStatement: Statement<{ readonly id: TemplateId }> = statement(
  "template_lifecycle_change",
  `update templates
set lifecycle = $2, autostart_from = coalesce($3, autostart_from)
where id = $1
  and lifecycle <> $2
returning id`,
);

/**
 * Stores what an admin changed beside the manifest; false when it was so already (then nothing is to be audited).
 * `autostartFrom`: when autostart is allowed otherwise than before, from now; else null.
 */
export async function changeTemplateLifecycle(
  tx: Tx,
  templateId: TemplateId,
  to: { readonly changes: LifecyclePolicyChanges; readonly autostartFrom: Date | null },
): Promise<boolean> {
  return (await tx.query(changeStatement, [templateId, to.changes, to.autostartFrom])).length > 0;
}

const templateStatement: Statement<PolicyParts> = statement(
  "template_lifecycle",
  `select v.manifest -> 'lifecycle' as section, t.lifecycle as changes
from templates t
left join template_versions v on v.id = t.active_version_id
where t.id = $1`,
);

export async function templatePolicy(sql: Sql, templateId: TemplateId): Promise<PolicyParts | undefined> {
  return (await sql.query(templateStatement, [templateId]))[0];
}

const lockTemplateStatement: Statement<PolicyParts> = statement(
  "template_lifecycle_lock",
  `select v.manifest -> 'lifecycle' as section, t.lifecycle as changes
from templates t
left join template_versions v on v.id = t.active_version_id
where t.id = $1
for no key update of t`,
);

export async function lockTemplatePolicy(tx: Tx, templateId: TemplateId): Promise<PolicyParts | undefined> {
  return (await tx.query(lockTemplateStatement, [templateId]))[0];
}

const deletionsStatement: Statement<{ readonly id: WorkspaceId }> = statement(
  "template_lifecycle_deletions",
  `update workspaces w
set deleting_at = greatest(w.dormant_at + $2::bigint * interval '1 ms', case when $2 is not null then $3::timestamptz end),
  deletion_noted_at = null
where w.template_id = $1
  and w.dormant_at is not null
  and w.deleting_at is distinct from w.dormant_at + $2::bigint * interval '1 ms'
  and ${isPersons}
returning w.id`,
);

/**
 * Moves the deletion of a template's dormant workspaces to what the policy says now, and not before `notBefore`: a
 * shorter policy deletes nothing whose owner could not be told.
 */
export async function rescheduleDeletions(
  tx: Tx,
  templateId: TemplateId,
  to: { readonly keepMs: number | null; readonly notBefore: Date },
): Promise<void> {
  const rows = await tx.query(deletionsStatement, [templateId, to.keepMs, to.notBefore]);
  for (const row of rows) tx.emit(`workspace:${row.id}`);
}
