import type { JobId, WorkspaceId } from "../../contracts/ids.ts";
import { finishJob } from "../jobs/finish-job.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

/**
 * Whether nothing was ever made for a workspace: no daemon has taken any job of it but deletes, and what any of an older
 * build that is forgotten had made would be stored. A build without a job counts as begun: it is a claim of what exists.
 */
const isUnbegun = (workspaceId: string): string => `not exists (
    select 1
    from builds o
    left join jobs oj on oj.id = o.job_id
    where o.workspace_id = ${workspaceId}
      and o.transition <> 'delete'
      and coalesce(oj.attempt, 1) > 0)
  and not exists (
    select 1
    from provider_states s
    where s.workspace_id = ${workspaceId})`;

const deleteStatement: Statement<{ readonly id: JobId }> = statement(
  "unbegun_delete",
  `select j.id
from workspaces w
join builds b on b.id = w.latest_build_id
join jobs j on j.id = b.job_id
where w.id = $1
  and b.transition = 'delete'
  and j.status = 'pending'
  and ${isUnbegun("w.id")}`,
);

const listStatement: Statement<{ readonly id: JobId }> = statement(
  "unbegun_deletes",
  `select j.id
from jobs j
join builds b on b.id = j.build_id
where j.status = 'pending'
  and b.transition = 'delete'
  and ${isUnbegun("b.workspace_id")}
order by j.created_at, j.id
limit $1`,
);

/** Pending deletes of workspaces for which nothing was ever made, at most `max`. */
export async function unbegunDeletes(sql: Sql, max: number): Promise<JobId[]> {
  return (await sql.query(listStatement, [max])).map((row) => row.id);
}

/** Ends a pending delete that no provisioner is to see; false when one has taken it since. */
export async function endDeleteUnseen(tx: Tx, jobId: JobId, now: Date): Promise<boolean> {
  return await finishJob(tx, {
    jobId,
    attempt: null,
    from: ["pending"],
    outcome: { kind: "succeeded", claimEffect: "unknown" },
    now,
  });
}

/** Where nothing was ever made, the delete that has just been started is done, whether there is a provisioner or not. */
export async function deleteAtOnceIfUnbegun(tx: Tx, workspaceId: WorkspaceId, now: Date): Promise<void> {
  const [job] = await tx.query(deleteStatement, [workspaceId]);
  if (job !== undefined) await endDeleteUnseen(tx, job.id, now);
}

const pendingStatement: Statement<{ readonly id: JobId }> = statement(
  "workspace_lock_pending_job",
  // Before the ledger's row and the workspace's, as whoever else ends a job takes them. A daemon passes over it.
  `select j.id
from workspaces w
join builds b on b.id = w.latest_build_id
join jobs j on j.id = b.job_id
where w.id = $1
  and (b.transition <> 'delete' or $2)
  and j.status = 'pending'
for update of j`,
);

/** Cancels what waits to be built of a workspace that is to be deleted: nobody needs it any more. */
export async function cancelPending(
  tx: Tx,
  workspaceId: WorkspaceId,
  { now, areDeletesToo }: { readonly now: Date; readonly areDeletesToo: boolean },
): Promise<void> {
  const [job] = await tx.query(pendingStatement, [workspaceId, areDeletesToo]);
  if (job === undefined) return;
  await finishJob(tx, {
    jobId: job.id,
    attempt: null,
    from: ["pending"],
    outcome: { kind: "canceled", message: "The workspace was deleted before the build had begun." },
    now,
  });
}
