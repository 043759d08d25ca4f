import type { AgentId, ServerId, WorkspaceId } from "../../contracts/ids.ts";
import type { AgentState } from "../../contracts/states.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";
import type { ServerReport } from "./server-report.ts";

/** A connection that a server holds, whose beginning has been stored. */
export interface HeldAgent {
  readonly agentId: AgentId;
  readonly connectionId: string;
  /** When the connection began, by the database's clock. */
  readonly since: Date;
  /** What the agent last said of itself over it, once that is stored; null before its first word. */
  readonly state: AgentState | null;
}

/**
 * How a connection and the table of agents differ.
 * `unlisted`: it is held here, and the table does not say so. `unheld`: the table says so, and it is not held here.
 * `superseded`: a newer connection of the agent is at another server. `retired`: the agent's build was replaced.
 * `state`: the table has another state of the agent than the one it was told.
 * `unserved`: the workspace was handed over, and the agent has not said that it knows its owner.
 */
export interface PresenceDifference {
  readonly kind: "unlisted" | "unheld" | "superseded" | "retired" | "state" | "unserved";
  readonly agentId: AgentId;
  readonly connectionId: string;
}

/** The claim that an agent connected here has known of for the shortest time: not at all, since then. */
export interface UnservedClaim {
  readonly workspaceId: WorkspaceId;
  readonly workspace: string;
  /** An instant in ISO 8601. */
  readonly since: string;
}

export interface HeartbeatAnswer {
  /** The database's clock. */
  readonly now: Date;
  /** Agents that the table says are connected to this server. */
  readonly listed: number;
  /** Of the connections; at most `differencesMax`, the rest comes with the next heartbeat. */
  readonly differences: readonly PresenceDifference[];
  readonly oldest_unserved: UnservedClaim | null;
}

const differencesMax = 2_000;
/** A claim that is younger is on its way: the agent was poked at its commit. */
const unservedMs = 2_000;

const heartbeatStatement: Statement<HeartbeatAnswer> = statement(
  "server_heartbeat",
  // Both ways in one statement, so that what is compared is of one instant.
  `with held as materialized (
  select *
  from unnest($5::uuid[], $6::uuid[], $7::timestamptz[], $8::text[]) as h(agent_id, connection_id, since, state)
), listed as materialized (
  select id, connection_id
  from agents
  where server_id = $1
), beat as (
  insert into servers (id, url, started_at, seen_at, version, report)
  select $1, $2, clock_timestamp(), clock_timestamp(), $3, $4::jsonb || jsonb_build_object('agents',
    ($4::jsonb -> 'agents') || jsonb_build_object(
      'held', cardinality($5::uuid[]),
      'listed', (select count(*) from listed)))
  on conflict (id) do update
  set seen_at = clock_timestamp(), url = excluded.url, report = excluded.report
  returning clock_timestamp() as now
), compared as materialized (
  select h.agent_id, h.connection_id,
    case when a.id is null or a.retired_at is not null then 'retired'
      when a.server_id is distinct from $1 and a.server_id is not null and a.connected_at > h.since then 'superseded'
      when a.server_id is distinct from $1 or a.connection_id is distinct from h.connection_id then 'unlisted'
      when h.state is not null and a.state <> h.state then 'state'
    end as kind,
    a.workspace_id, a.acknowledged_generation, a.ready_at
  from held h
  left join agents a on a.id = h.agent_id
), unserved as materialized (
  select c.agent_id, c.connection_id, w.id as workspace_id, w.name,
    coalesce(p.handed_over_at, c.ready_at) as since
  from compared c
  join workspaces w on w.id = c.workspace_id
  left join prebuilds p on p.workspace_id = c.workspace_id
  where c.kind is null
    and c.acknowledged_generation < case when p.workspace_id is null then 1
      when p.handed_over_at is null then 0
      else p.claim_generation end
    and coalesce(p.handed_over_at, c.ready_at) < $9::timestamptz - make_interval(secs => $10::float8 / 1000)
)
select (select now from beat) as now,
  (select count(*)::int from listed) as listed,
  coalesce((
    select jsonb_agg(jsonb_build_object('kind', d.kind, 'agentId', d.agent_id, 'connectionId', d.connection_id))
    from (
      select kind, agent_id, connection_id
      from compared
      where kind is not null
      union all
      select 'unheld', l.id, l.connection_id
      from listed l
      where not exists (
        select
        from held h
        where h.agent_id = l.id
          and h.connection_id = l.connection_id)
      union all
      select 'unserved', agent_id, connection_id
      from unserved
      limit $11) d), '[]') as differences,
  (select jsonb_build_object('workspaceId', u.workspace_id, 'workspace', u.name, 'since', u.since)
    from unserved u
    order by u.since
    limit 1) as oldest_unserved`,
);

/**
 * Says that this server lives and which agents it really holds, and answers how the table differs from that.
 * @param input.now the deployment's clock, by which claims are dated.
 */
export async function serverHeartbeat(
  sql: Sql,
  input: {
    readonly id: ServerId;
    readonly url: string;
    readonly version: string;
    /** The counts in it are replaced by those of this instant. */
    readonly report: ServerReport;
    readonly held: readonly HeldAgent[];
    readonly now: Date;
  },
): Promise<HeartbeatAnswer> {
  const { held } = input;
  const [row] = await sql.query(heartbeatStatement, [
    input.id,
    input.url,
    input.version,
    input.report,
    held.map((one) => one.agentId),
    held.map((one) => one.connectionId),
    held.map((one) => one.since),
    held.map((one) => one.state),
    input.now,
    unservedMs,
    differencesMax,
  ]);
  if (row === undefined) throw new Error("A heartbeat returned no row.");
  return row;
}
