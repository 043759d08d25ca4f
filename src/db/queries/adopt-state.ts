import type { JobId, WorkspaceId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

const adoptStatement: Statement<object> = statement(
  "job_state_adopt",
  // The lease may be over, so the job's status does not count; what counts is that nobody has gone on since. An equal
  // serial is written again: the answer to the first try may have been lost.
  `with attempt as (
  select j.workspace_id
  from jobs j
  where j.id = $1
    and j.attempt = $2
    and j.workspace_id = $3
    and not exists (
      select 1
      from jobs later
      where later.workspace_id = j.workspace_id
        and later.id <> j.id
        and later.created_at >= j.created_at
        and later.attempt > 0)
  for update
)
insert into provider_states (workspace_id, job_id, attempt, serial, state, updated_at)
select workspace_id, $1, $2, $4, $5, $6
from attempt
on conflict (workspace_id) do update
set job_id = excluded.job_id, attempt = excluded.attempt, serial = excluded.serial, state = excluded.state,
  updated_at = excluded.updated_at
where provider_states.job_id <> excluded.job_id
  or provider_states.attempt < excluded.attempt
  or (provider_states.attempt = excluded.attempt and provider_states.serial <= excluded.serial)
returning workspace_id`,
);

export interface AdoptStateInput {
  readonly workspaceId: WorkspaceId;
  readonly jobId: JobId;
  readonly attempt: number;
  readonly serial: number;
  readonly state: unknown;
  readonly now: Date;
}

/** Stores what a lost attempt had made. False: a later job has begun, or a newer version is stored already. */
export async function adoptProviderState(sql: Sql, input: AdoptStateInput): Promise<boolean> {
  const { jobId, attempt, workspaceId, serial, state, now } = input;
  const rows = await sql.query(adoptStatement, [jobId, attempt, workspaceId, serial, JSON.stringify(state), now]);
  return rows.length === 1;
}
