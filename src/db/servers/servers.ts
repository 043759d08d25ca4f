import type { ServerId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";
import type { ServerReport } from "./server-report.ts";

const forgetStatement: Statement<object> = statement(
  "servers_forget",
  `delete from servers
where seen_at < clock_timestamp() - make_interval(secs => $1::float8 / 1000)
  or (url = $2
    and id <> $3
    and seen_at < clock_timestamp() - make_interval(secs => $4::float8 / 1000))`,
);

export interface ForgetRule {
  /** Silence after which any server is forgotten. */
  readonly silentMs: number;
  /** The server at this address, and the silence after which it has evidently taken an earlier one's place there. */
  readonly successor: { readonly id: ServerId; readonly url: string; readonly silentMs: number };
}

/** Forgets servers that are gone: silent for long, or followed by another at the same address. */
export async function forgetServers(sql: Sql, { silentMs, successor }: ForgetRule): Promise<void> {
  await sql.query(forgetStatement, [silentMs, successor.url, successor.id, successor.silentMs]);
}

const removeStatement: Statement<object> = statement(
  "server_remove",
  `delete from servers
where id = $1`,
);

export async function removeServer(sql: Sql, id: ServerId): Promise<void> {
  await sql.query(removeStatement, [id]);
}

const othersStatement: Statement<{ readonly id: ServerId; readonly seen_at: Date | null }> = statement(
  "servers_others",
  // Those that say so, and those that only agents still name. The latter are found by one step in the index each, so
  // that the agents of a large deployment are not read every few seconds.
  `with recursive holding (server_id) as (
  (select server_id
  from agents
  where server_id is not null
  order by server_id
  limit 1)
  union all
  select (
    select a.server_id
    from agents a
    where a.server_id > h.server_id
    order by a.server_id
    limit 1)
  from holding h
  where h.server_id is not null
)
select coalesce(s.id, h.server_id) as id, s.seen_at
from (select server_id from holding where server_id is not null) h
full join servers s on s.id = h.server_id
where coalesce(s.id, h.server_id) <> $1`,
);

/** The other servers, each with when it was seen last; null where no more than its agents is known of it. */
export async function otherServers(
  sql: Sql,
  own: ServerId,
): Promise<{ readonly id: ServerId; readonly seen_at: Date | null }[]> {
  return await sql.query(othersStatement, [own]);
}

export interface ListedServer {
  readonly id: ServerId;
  readonly url: string;
  readonly version: string;
  readonly started_at: Date;
  readonly seen_at: Date;
  /** By the database's clock. */
  readonly silent_ms: number;
  readonly report: Partial<ServerReport>;
}

const listStatement: Statement<ListedServer> = statement(
  "servers_list",
  `select id, url, version, started_at, seen_at, report,
  (extract(epoch from clock_timestamp() - seen_at) * 1000)::float8 as silent_ms
from servers
order by started_at, id
limit $1`,
);

export async function listServers(sql: Sql, max: number): Promise<ListedServer[]> {
  return await sql.query(listStatement, [max]);
}
