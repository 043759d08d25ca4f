import type { DaemonId, WorkspaceId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

/** What one driver of one daemon reported. */
export interface ReportedResources {
  readonly daemonId: DaemonId;
  readonly driver: string;
  readonly workspaceIds: readonly WorkspaceId[];
  readonly details: readonly string[];
  readonly areMarked: readonly boolean[];
  /** Whether only what a stopped workspace consists of is there. */
  readonly arePartial: readonly boolean[];
  readonly now: Date;
}

const noteStatement: Statement<object> = statement(
  "strangers_note",
  // Intent is committed before anything is provisioned (spec §3.1), so what has no row is none of our making any more.
  `insert into strangers (daemon_id, driver, workspace_id, detail, first_seen_at)
select $1, $2, r.workspace_id, r.detail, $5
from unnest($3::uuid[], $4::text[], $6::boolean[]) as r(workspace_id, detail, is_marked)
left join workspaces w on w.id = r.workspace_id
where r.is_marked
  and (w.id is null or w.deleted_at is not null)
on conflict (daemon_id, driver, workspace_id) do update
set detail = excluded.detail`,
);

/** Notes those of the reported that this deployment does not know, or has deleted. */
export async function noteStrangers(tx: Tx, report: ReportedResources): Promise<void> {
  const { daemonId, driver, workspaceIds, details, areMarked, now } = report;
  await tx.query(noteStatement, [daemonId, driver, workspaceIds, details, now, areMarked]);
}

const forgetStatement: Statement<object> = statement(
  "strangers_forget",
  `delete from strangers
where daemon_id = $1
  and driver = $2
  and workspace_id <> all($3::uuid[])`,
  "long",
);

/** Forgets strangers that a complete report has without: they are gone. */
export async function forgetStrangers(tx: Tx, report: ReportedResources): Promise<void> {
  await tx.query(forgetStatement, [report.daemonId, report.driver, report.workspaceIds]);
}

export interface StrangerRow {
  readonly workspace_id: WorkspaceId;
  readonly detail: string;
  readonly deleted_at: Date | null;
  /** Of the workspace that it was; null when none is known. */
  readonly name: string | null;
  readonly is_first: boolean;
}

export interface StrangerView {
  readonly daemon: string;
  readonly driver: string;
  readonly workspace_id: WorkspaceId;
  readonly detail: string;
  readonly first_seen_at: Date;
  readonly condemned_at: Date | null;
}

const listStatement: Statement<StrangerView> = statement(
  "strangers_list",
  `select d.name as daemon, s.driver, s.workspace_id, s.detail, s.first_seen_at, s.condemned_at
from strangers s
join daemons d on d.id = s.daemon_id
order by s.first_seen_at, s.workspace_id
limit $1`,
);

/** What daemons find to exist and the deployment does not know, or has deleted; the oldest first. */
export async function listStrangers(sql: Sql, max: number): Promise<StrangerView[]> {
  return await sql.query(listStatement, [max]);
}

const condemnStatement: Statement<StrangerRow> = statement(
  "strangers_condemn",
  // Old enough: deleted for so long, or unknown since a report of so long ago. The second look at `workspaces` is for
  // a database that was restored in between and knows it again.
  `with old as materialized (
  select s.workspace_id, s.condemned_at is null as is_first, w.deleted_at, w.name
  from strangers s
  left join workspaces w on w.id = s.workspace_id
  where s.daemon_id = $1
    and s.driver = $2
    and s.workspace_id = any($3::uuid[])
    and ((w.id is null and s.first_seen_at <= $4) or w.deleted_at <= $4)
  for update of s
)
update strangers s
set condemned_at = coalesce(s.condemned_at, $5)
from old
where s.daemon_id = $1
  and s.driver = $2
  and s.workspace_id = old.workspace_id
returning s.workspace_id, s.detail, old.deleted_at, old.is_first, old.name`,
);

/** Of the reported, the strangers since `before` or longer: they are to be removed. */
export async function condemnStrangers(tx: Tx, report: ReportedResources, before: Date): Promise<StrangerRow[]> {
  return await tx.query(condemnStatement, [report.daemonId, report.driver, report.workspaceIds, before, report.now]);
}
