import type { AgentId, TemplateId, WorkspaceId } from "../../contracts/ids.ts";
import { isPersons, type PolicyParts } from "../queries/lifecycle.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

const scheduleStatement: Statement<{ readonly id: WorkspaceId }> = statement(
  "lifecycle_set_schedule",
  `update workspaces w
set ttl_ms = $2, autostart_schedule = $3, deadline_at = $4
where w.id = $1
  and (w.ttl_ms is distinct from $2 or w.autostart_schedule is distinct from $3)
  and ${isPersons}
returning w.id`,
);

/** Stores TTL, autostart and the deadline that follows; false when the settings were so already: nothing has changed. */
export async function setSchedule(
  tx: Tx,
  workspaceId: WorkspaceId,
  to: { readonly ttlMs: number | null; readonly autostartSchedule: string | null; readonly deadlineAt: Date | null },
): Promise<boolean> {
  const rows = await tx.query(scheduleStatement, [workspaceId, to.ttlMs, to.autostartSchedule, to.deadlineAt]);
  if (rows.length > 0) tx.emit(`workspace:${workspaceId}`);
  return rows.length > 0;
}

const deadlineStatement: Statement<{ readonly id: WorkspaceId }> = statement(
  "lifecycle_set_deadline",
  `update workspaces w
set deadline_at = $2
where w.id = $1
  and w.deadline_at is distinct from $2
  and ${isPersons}
returning w.id`,
);

export async function setDeadline(tx: Tx, workspaceId: WorkspaceId, deadlineAt: Date): Promise<boolean> {
  const rows = await tx.query(deadlineStatement, [workspaceId, deadlineAt]);
  if (rows.length > 0) tx.emit(`workspace:${workspaceId}`);
  return rows.length > 0;
}

const dormantStatement: Statement<{ readonly id: WorkspaceId }> = statement(
  "lifecycle_set_dormant",
  `update workspaces w
set dormant_at = $2, deleting_at = $3, deletion_noted_at = null
where w.id = $1
  and w.dormant_at is null
  and ${isPersons}
returning w.id`,
);

/** Sets a workspace dormant; false when it is already. */
export async function setDormant(
  tx: Tx,
  workspaceId: WorkspaceId,
  to: { readonly at: Date; readonly deletingAt: Date | null },
): Promise<boolean> {
  const rows = await tx.query(dormantStatement, [workspaceId, to.at, to.deletingAt]);
  if (rows.length > 0) tx.emit(`workspace:${workspaceId}`);
  return rows.length > 0;
}

const wakeStatement: Statement<{ readonly id: WorkspaceId }> = statement(
  "lifecycle_wake",
  `update workspaces w
set dormant_at = null, deleting_at = null, deletion_noted_at = null, last_used_at = $2
where w.id = $1
  and w.dormant_at is not null
  and ${isPersons}
returning w.id`,
);

/** Wakes a dormant workspace, and begins its idle time anew; false when it was awake. */
export async function wake(tx: Tx, workspaceId: WorkspaceId, now: Date): Promise<boolean> {
  const rows = await tx.query(wakeStatement, [workspaceId, now]);
  if (rows.length > 0) tx.emit(`workspace:${workspaceId}`);
  return rows.length > 0;
}

const notedStatement: Statement<{ readonly id: WorkspaceId; readonly deleting_at: Date }> = statement(
  "lifecycle_note_deletion",
  `update workspaces w
set deletion_noted_at = $2
where w.id = $1
  and w.deletion_noted_at is null
  and w.deleting_at is not null
  and ${isPersons}
returning w.id, w.deleting_at`,
);

/** Notes that the owner is told of the deletion; undefined when that was done, or nothing is to be deleted. */
export async function noteDeletion(tx: Tx, workspaceId: WorkspaceId, now: Date): Promise<Date | undefined> {
  return (await tx.query(notedStatement, [workspaceId, now]))[0]?.deleting_at;
}

interface UsedTemplateRow extends PolicyParts {
  readonly id: TemplateId;
}

const usedTemplatesStatement: Statement<UsedTemplateRow> = statement(
  "lifecycle_used_templates",
  `select t.id, v.manifest -> 'lifecycle' as section, t.lifecycle as changes
from templates t
left join template_versions v on v.id = t.active_version_id
where t.id in (
  select w.template_id
  from agents a
  join workspaces w on w.id = a.workspace_id
  where a.id = any($1::uuid[])
    and ${isPersons})`,
);

/** The templates of the workspaces that these agents belong to, with their policies. */
export async function usedTemplates(sql: Sql, agentIds: readonly AgentId[]): Promise<UsedTemplateRow[]> {
  return await sql.query(usedTemplatesStatement, [agentIds]);
}

const bumpStatement: Statement<{ readonly id: WorkspaceId }> = statement(
  "lifecycle_bump",
  // Never back, and never beyond the limit of the run, which begins when its build has ended; a claimed one's, at its
  // claim. Locked by id, so that two servers never wait for each other.
  `with used as (
  select w.id, greatest(w.deadline_at, least($2::timestamptz + p.bump_ms * interval '1 ms',
      case when b.stage = 'claim' then b.created_at else coalesce(j.completed_at, b.created_at) end
        + p.max_ttl_ms * interval '1 ms')) as bumped_at
  from workspaces w
  join builds b on b.id = w.latest_build_id
  left join jobs j on j.id = b.job_id
  join unnest($3::uuid[], $4::bigint[], $5::bigint[]) as p(template_id, bump_ms, max_ttl_ms)
    on p.template_id = w.template_id
  where w.id in (select a.workspace_id from agents a where a.id = any($1::uuid[]) and a.retired_at is null)
    and (w.last_used_at is null or w.last_used_at < $6)
    and b.transition = 'start'
    and ${isPersons}
  order by w.id
  for no key update of w
)
update workspaces w
set last_used_at = $2, deadline_at = case when w.deadline_at is not null then used.bumped_at end
from used
where w.id = used.id
returning w.id`,
);

export interface Bump {
  readonly agentIds: readonly AgentId[];
  readonly now: Date;
  /** Workspaces whose last use was noted since then are left alone: one write a workspace and interval. */
  readonly unlessUsedSince: Date;
  readonly policies: readonly {
    readonly templateId: TemplateId;
    readonly bumpMs: number | null;
    readonly maxTtlMs: number | null;
  }[];
}

/** Notes the use of workspaces and moves their deadlines. @returns how many were written. */
export async function bumpUsed(tx: Tx, bump: Bump): Promise<number> {
  const rows = await tx.query(bumpStatement, [
    bump.agentIds,
    bump.now,
    bump.policies.map((one) => one.templateId),
    bump.policies.map((one) => one.bumpMs),
    bump.policies.map((one) => one.maxTtlMs),
    bump.unlessUsedSince,
  ]);
  for (const row of rows) tx.emit(`workspace:${row.id}`);
  return rows.length;
}
