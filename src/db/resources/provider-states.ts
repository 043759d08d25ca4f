import { providerStateVersionsKept } from "../../contracts/limits.ts";
import type { JobId, WorkspaceId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

/** Drivers whose workspaces exist on the host of the daemon that made them, and can be reached by no other. */
const hostBoundDrivers: readonly string[] = ["process", "fake"];

interface StoredRow {
  readonly workspace_id: WorkspaceId;
}

/**
 * Stores the newest version over the one before, which is kept as one of the `providerStateVersionsKept`. Expects the
 * CTE `holder` (workspace_id, daemon_id) with the job's row locked, and the condition under which `c`, what is stored,
 * gives way. The last `where` makes PostgreSQL read `current` before the insert changes it: without, the parts of a
 * statement run in whatever order they are needed, and what a statement has changed itself its other parts cannot lock.
 */
const store = (givesWay: string): string => `, current as materialized (
  select c.*
  from provider_states c
  join holder h on h.workspace_id = c.workspace_id
  for update of c
), kept as (
  insert into provider_state_versions (workspace_id, job_id, attempt, serial, sealed, key_id, stored_at)
  select c.workspace_id, c.job_id, c.attempt, c.serial, c.sealed, c.key_id, c.updated_at
  from current c
  where c.sealed is not null
    and (${givesWay})
    and (c.job_id, c.attempt, c.serial) is distinct from ($1, $2, $3)
), forgotten as (
  delete from provider_state_versions v
  using current c
  where v.workspace_id = c.workspace_id
    and (${givesWay})
    and v.id not in (
      select o.id
      from provider_state_versions o
      where o.workspace_id = c.workspace_id
      order by o.id desc
      limit $8 - 2)
)
insert into provider_states as c (workspace_id, job_id, attempt, serial, sealed, key_id, updated_at, daemon_id)
select workspace_id, $1, $2, $3, $4, $5, $6, daemon_id
from holder
cross join (select count(*) as count from current) stored
where stored.count >= 0
on conflict (workspace_id) do update
set job_id = excluded.job_id, attempt = excluded.attempt, serial = excluded.serial, state = null,
  sealed = excluded.sealed, key_id = excluded.key_id, updated_at = excluded.updated_at, daemon_id = excluded.daemon_id,
  missing_since = null, missing_noted_at = null
where ${givesWay}
returning c.workspace_id`;

const putStatement: Statement<StoredRow> = statement(
  "job_state_put",
  // Fenced: only the attempt that holds the lease may write, and never an older version over a newer one. An equal
  // serial is written again: the answer to the first try may have been lost.
  `with holder as materialized (
  select workspace_id, case when driver = any($7::text[]) then daemon_id end as daemon_id
  from jobs
  where id = $1
    and attempt = $2
    and status in ('running', 'canceling')
  for update
)${store("c.job_id <> $1 or c.attempt <> $2 or c.serial <= $3")}`,
);

/** What exists, sealed: only the server's key opens it. */
export interface SealedState {
  readonly sealed: Buffer;
  readonly keyId: string;
}

export interface StateVersionInput extends SealedState {
  readonly jobId: JobId;
  readonly attempt: number;
  readonly serial: number;
  readonly now: Date;
}

function paramsOf(input: StateVersionInput): unknown[] {
  const { jobId, attempt, serial, sealed, keyId, now } = input;
  return [jobId, attempt, serial, sealed, keyId, now, hostBoundDrivers, providerStateVersionsKept];
}

/** Stores what exists now. False: the lease is lost, or a newer version is stored already. */
export async function putProviderState(sql: Sql, input: StateVersionInput): Promise<boolean> {
  return (await sql.query(putStatement, paramsOf(input))).length === 1;
}

const adoptStatement: Statement<StoredRow> = statement(
  "job_state_adopt",
  // The lease may be over, so the job's status does not count; what counts is that nobody has gone on since: no later
  // job of the workspace was ever leased. An equal serial is written again: the answer to the first try may have been
  // lost.
  `with holder as materialized (
  select j.workspace_id, case when j.driver = any($7::text[]) then j.daemon_id end as daemon_id
  from jobs j
  join workspaces w on w.id = j.workspace_id
  where j.id = $1
    and j.attempt = $2
    and j.workspace_id = $9
    and w.deleted_at is null
    and not exists (
      select 1
      from builds own
      join builds later on later.workspace_id = own.workspace_id
        and later.number > own.number
      join jobs l on l.id = later.job_id
      where own.id = j.build_id
        and l.attempt > 0
        and l.status <> 'pending')
)${store("c.job_id <> $1 or c.attempt < $2 or (c.attempt = $2 and c.serial <= $3)")}`,
);

const lockJobsStatement: Statement<object> = statement(
  "job_state_adopt_lock",
  // A later job that is being leased is given what is stored: either it gets the adopted state, or there is no adoption.
  `select j.id
from builds b
join jobs j on j.id = b.job_id
where b.workspace_id = $1
order by j.id
for update of j`,
);

/** Stores what a lost attempt had made. False: a later job was leased since, or a newer version is stored already. */
export async function adoptProviderState(
  tx: Tx,
  input: StateVersionInput & { readonly workspaceId: WorkspaceId },
): Promise<boolean> {
  await tx.query(lockJobsStatement, [input.workspaceId]);
  return (await tx.query(adoptStatement, [...paramsOf(input), input.workspaceId])).length === 1;
}

const workspaceStatement: Statement<StoredRow> = statement(
  "job_workspace",
  `select workspace_id
from jobs
where id = $1
  and workspace_id is not null`,
);

/** The workspace that a job is about; undefined for an import, or a job that there is not. */
export async function workspaceOfJob(sql: Sql, jobId: JobId): Promise<WorkspaceId | undefined> {
  return (await sql.query(workspaceStatement, [jobId]))[0]?.workspace_id;
}

interface PlainRow extends StoredRow {
  readonly state: unknown;
}

const plainStatement: Statement<PlainRow> = statement(
  "provider_states_plain",
  `select workspace_id, state
from provider_states
where sealed is null
order by workspace_id
limit $1
for update`,
  "long",
);

/** Locks states that an earlier release stored and that nobody has sealed yet, at most `max`. */
export async function plainStates(tx: Tx, max: number): Promise<PlainRow[]> {
  return await tx.query(plainStatement, [max]);
}

const sealStatement: Statement<object> = statement(
  "provider_state_seal",
  `update provider_states
set state = null, sealed = $2, key_id = $3
where workspace_id = $1
  and sealed is null`,
);

export async function sealPlainState(tx: Tx, row: SealedState & { readonly workspaceId: WorkspaceId }): Promise<void> {
  await tx.query(sealStatement, [row.workspaceId, row.sealed, row.keyId]);
}
