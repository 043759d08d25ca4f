import type { AgentId, UserId, WorkspaceId } from "../../contracts/ids.ts";
import { isPersons, type PolicyParts } from "./lifecycle.ts";
import { type Statement, statement } from "../statement.ts";
import type { Tx } from "../store.ts";

const scheduleStatement: Statement<{ readonly id: WorkspaceId }> = statement(
  "lifecycle_set_schedule",
  `update workspaces w
set ttl_ms = $2, autostart_schedule = $3, deadline_at = $4,
  autostart_from = case when w.autostart_schedule is distinct from $3 then $5 else w.autostart_from end
where w.id = $1
  and (w.ttl_ms is distinct from $2 or w.autostart_schedule is distinct from $3)
  and ${isPersons}
returning w.id`,
);

/**
 * Stores TTL, autostart and the deadline that follows; false when the settings were so already: nothing has changed.
 * An autostart counts from `now` on: a moment that has just passed is not made up for.
 */
export async function setSchedule(
  tx: Tx,
  workspaceId: WorkspaceId,
  to: {
    readonly ttlMs: number | null;
    readonly autostartSchedule: string | null;
    readonly deadlineAt: Date | null;
    readonly now: Date;
  },
): Promise<boolean> {
  const { ttlMs, autostartSchedule, deadlineAt, now } = to;
  const rows = await tx.query(scheduleStatement, [workspaceId, ttlMs, autostartSchedule, deadlineAt, now]);
  if (rows.length > 0) tx.emit(`workspace:${workspaceId}`);
  return rows.length > 0;
}

const haltStatement: Statement<object> = statement(
  "lifecycle_halt_autostarts",
  `update workspaces w
set autostart_from = $2
where w.owner_id = $1
  and w.autostart_schedule is not null
  and ${isPersons}`,
);

/** Moments of a person's autostarts up to now are not made up for. */
export async function haltAutostarts(tx: Tx, ownerId: UserId, now: Date): Promise<void> {
  await tx.query(haltStatement, [ownerId, now]);
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
set dormant_at = null, deleting_at = null, deletion_noted_at = null, last_used_at = $2, autostart_from = $2
where w.id = $1
  and w.dormant_at is not null
  and ${isPersons}
returning w.id`,
);

/**
 * Wakes a dormant workspace, and begins its idle time anew; false when it was awake. What autostart has passed over
 * while it was dormant stays so.
 */
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

export interface UsedRow extends PolicyParts {
  readonly id: WorkspaceId;
  /** Whether somebody did something there; else he is only connected. */
  readonly is_used: boolean;
  readonly deadline_at: Date | null;
  /** When the run began: at its claim, or when its build had ended. */
  readonly started_at: Date;
}

const lockUsedStatement: Statement<UsedRow> = statement(
  "lifecycle_lock_used",
  // Locked by id, so that two servers never wait for each other. What was noted a moment ago is skipped, and so is where
  // somebody is only connected and that is no use: a lock is a write, and he may be connected all day.
  `select w.id, w.deadline_at,
  exists (select from agents a where a.workspace_id = w.id and a.id = any($3::uuid[])) as is_used,
  case when b.stage = 'claim' then b.created_at else coalesce(j.completed_at, b.created_at) end as started_at,
  v.manifest -> 'lifecycle' as section, t.lifecycle as changes
from workspaces w
join templates t on t.id = w.template_id
left join template_versions v on v.id = t.active_version_id
join builds b on b.id = w.latest_build_id
left join jobs j on j.id = b.job_id
where w.id in (select a.workspace_id from agents a where a.id = any($1::uuid[]) and a.retired_at is null)
  and (w.last_used_at is null or w.last_used_at < $2)
  and (exists (select from agents a where a.workspace_id = w.id and a.id = any($3::uuid[]))
    or coalesce(t.lifecycle ->> 'activity', v.manifest -> 'lifecycle' ->> 'activity') = 'connected')
  and b.transition = 'start'
  and ${isPersons}
order by w.id
for no key update of w`,
);

/** Locks the running workspaces of agents, used or with somebody connected, whose use has not been noted since. */
export async function lockUsed(
  tx: Tx,
  { agentIds, used }: { readonly agentIds: readonly AgentId[]; readonly used: readonly AgentId[] },
  notedBefore: Date,
): Promise<UsedRow[]> {
  return await tx.query(lockUsedStatement, [agentIds, notedBefore, used]);
}

const useStatement: Statement<object> = statement(
  "lifecycle_note_use",
  `update workspaces w
set last_used_at = $1, deadline_at = u.deadline_at
from unnest($2::uuid[], $3::timestamptz[]) as u(id, deadline_at)
where w.id = u.id
  and ${isPersons}`,
);

/** Notes the use of locked workspaces, with the deadlines that follow from it. */
export async function noteUse(
  tx: Tx,
  now: Date,
  used: readonly { readonly id: WorkspaceId; readonly deadlineAt: Date | null }[],
): Promise<void> {
  if (used.length === 0) return;
  await tx.query(useStatement, [now, used.map((one) => one.id), used.map((one) => one.deadlineAt)]);
  for (const one of used) tx.emit(`workspace:${one.id}`);
}
