import type { BuildId, DaemonId, JobId, OrganizationId, WorkspaceId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Tx } from "../store.ts";
import type { ReportedResources } from "./strangers.ts";

export interface MissingRow {
  readonly workspace_id: WorkspaceId;
  readonly organization_id: OrganizationId;
  readonly name: string;
  /** Null for a workspace that is no unclaimed prebuild. */
  readonly generation: number | null;
}

/**
 * Whether the daemon would list what there is of a workspace `s`: it is bound to its host, or the daemon made it last
 * with a driver whose list is of a host too, though others that share the host may work on it. What a list of Terraform's
 * folders is without says nothing.
 */
const isSeen = (daemon: string): string => `(s.daemon_id = ${daemon}
    or (s.daemon_id is null and v.driver = 'docker' and m.daemon_id = ${daemon}))`;

const presentStatement: Statement<object> = statement(
  "resources_present",
  `update provider_states s
set missing_since = null, missing_noted_at = null
where coalesce(s.daemon_id, $1) = $1
  and s.missing_since is not null
  and (s.workspace_id = any($2::uuid[])
    or (s.workspace_id = any($3::uuid[]) and exists (
      select 1
      from workspaces w
      join builds l on l.id = w.latest_build_id
      where w.id = s.workspace_id
        and l.transition = 'stop')))`,
);

const missingStatement: Statement<object> = statement(
  "resources_missing",
  // Only what has come to rest as a start or a stop that went well: of anything else nobody knows what there should be.
  // A driver's list is older than its report, so the first report without it is only the begin of the time that counts.
  `update provider_states s
set missing_since = $4
from workspaces w
join builds l on l.id = w.latest_build_id
join template_versions v on v.id = l.template_version_id
left join jobs j on j.id = l.job_id,
  jobs m
where m.id = s.job_id
  and ${isSeen("$1")}
  and s.missing_since is null
  and s.workspace_id <> all($2::uuid[])
  and not (l.transition = 'stop' and s.workspace_id = any($5::uuid[]))
  and w.id = s.workspace_id
  and w.deleted_at is null
  and v.driver = $3
  and l.transition in ('start', 'stop')
  and coalesce(j.status, 'succeeded') = 'succeeded'`,
  "long",
);

const dueStatement: Statement<MissingRow> = statement(
  "resources_missing_due",
  `select w.id as workspace_id, w.organization_id, w.name, b.generation
from provider_states s
join workspaces w on w.id = s.workspace_id
join builds l on l.id = w.latest_build_id
join template_versions v on v.id = l.template_version_id
left join jobs j on j.id = l.job_id
join jobs m on m.id = s.job_id
left join prebuilds b on b.workspace_id = w.id and b.state <> 'claimed'
where ${isSeen("$1")}
  and s.missing_since < $4
  and s.missing_since <= $5
  and s.missing_noted_at is null
  and s.workspace_id <> all($2::uuid[])
  and not (l.transition = 'stop' and s.workspace_id = any($7::uuid[]))
  and w.deleted_at is null
  and v.driver = $3
  and l.transition in ('start', 'stop')
  and coalesce(j.status, 'succeeded') = 'succeeded'
  and (b.workspace_id is null or b.state in ('starting', 'ready'))
order by w.id
limit $6
for update of s`,
  "long",
);

/**
 * What the database believes to exist on the daemon's host, and a complete report is without: since `before` or longer,
 * in at least two reports, and not yet told. At most `max`.
 */
export async function missingResources(
  tx: Tx,
  report: ReportedResources,
  due: { readonly before: Date; readonly max: number },
): Promise<MissingRow[]> {
  const { daemonId, driver, now } = report;
  const partial = report.workspaceIds.filter((_, nth) => report.arePartial[nth] === true);
  const whole = report.workspaceIds.filter((_, nth) => report.arePartial[nth] !== true);
  await tx.query(presentStatement, [daemonId, whole, partial]);
  const rows = await tx.query(dueStatement, [daemonId, whole, driver, now, due.before, due.max, partial]);
  await tx.query(missingStatement, [daemonId, whole, driver, now, partial]);
  return rows;
}

const goneStatement: Statement<MissingRow> = statement(
  "resource_gone",
  // By the build that made it: a start that has begun, or ended, since then has made it anew. A claim without a job is
  // a build of its own, which is why the agents are asked for theirs.
  `select w.id as workspace_id, w.organization_id, w.name, b.generation
from provider_states s
join workspaces w on w.id = s.workspace_id
join builds l on l.id = w.latest_build_id
join template_versions v on v.id = l.template_version_id
left join jobs j on j.id = l.job_id
join jobs m on m.id = s.job_id
left join prebuilds b on b.workspace_id = w.id and b.state <> 'claimed'
where s.workspace_id = $1
  and coalesce(s.daemon_id, m.daemon_id) = $2
  and (s.missing_noted_at is null or s.missing_noted_at < coalesce(j.completed_at, l.created_at))
  and w.deleted_at is null
  and v.driver = $3
  and l.transition = 'start'
  and coalesce(j.status, 'succeeded') = 'succeeded'
  and exists (
    select 1
    from agents a
    where a.workspace_id = w.id
      and a.retired_at is null
      and a.build_id = $4)
  and (b.workspace_id is null or b.state in ('starting', 'ready'))
for update of s`,
);

/** The workspace whose things are gone, unless they were made anew since, or it is known already. */
export async function goneWorkspace(
  tx: Tx,
  gone: {
    readonly daemonId: DaemonId;
    readonly driver: string;
    readonly workspaceId: WorkspaceId;
    readonly buildId: BuildId;
  },
): Promise<MissingRow[]> {
  return await tx.query(goneStatement, [gone.workspaceId, gone.daemonId, gone.driver, gone.buildId]);
}

const noteStatement: Statement<{ readonly job_id: JobId | null }> = statement(
  "workspace_note",
  // Where `prewarm logs` looks: the log of the latest build; when that needed no job, the log of an agent.
  `with noted as (
  update provider_states
  set missing_since = coalesce(missing_since, $2), missing_noted_at = $2
  where workspace_id = $1
), latest as (
  select l.job_id
  from workspaces w
  join builds l on l.id = w.latest_build_id
  where w.id = $1
), of_job as (
  insert into job_logs (job_id, at, level, stage, line)
  select job_id, $2, 'error', 'provisioner', $3
  from latest
  where job_id is not null
), of_agent as (
  insert into agent_logs (agent_id, at, level, source, line)
  select a.id, $2, 'error', 'provisioner', $3
  from agents a
  cross join latest
  where latest.job_id is null
    and a.workspace_id = $1
    and a.retired_at is null
  order by a.position
  limit 1
)
select job_id
from latest`,
);

/** Writes a line into the log that a workspace's owner reads, and remembers that he was told. */
export async function noteMissing(tx: Tx, workspaceId: WorkspaceId, line: string, now: Date): Promise<void> {
  const [latest] = await tx.query(noteStatement, [workspaceId, now, line]);
  if (latest !== undefined && latest.job_id !== null) tx.emit(`job:${latest.job_id}`);
  tx.emit(`workspace:${workspaceId}`);
}
