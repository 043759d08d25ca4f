import type { ServerId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

const acquireStatement: Statement<{ readonly epoch: number }> = statement(
  "lease_acquire",
  // By the database's clock alone: servers whose clocks differ agree on who holds a lease.
  `insert into leases (name, holder, epoch, expires_at)
values ($1, $2, 1, clock_timestamp() + make_interval(secs => $3::float8 / 1000))
on conflict (name) do update
set holder = excluded.holder, expires_at = excluded.expires_at,
  epoch = leases.epoch + case when leases.holder = excluded.holder then 0 else 1 end
where leases.holder = excluded.holder
  or leases.expires_at < clock_timestamp()
returning epoch`,
);

/** Takes or renews a lease; false while another holds it. */
export async function acquireLease(
  sql: Sql,
  lease: { readonly name: string; readonly holder: ServerId; readonly durationMs: number },
): Promise<boolean> {
  return (await sql.query(acquireStatement, [lease.name, lease.holder, lease.durationMs])).length === 1;
}

const releaseStatement: Statement<object> = statement(
  "lease_release",
  `update leases
set expires_at = clock_timestamp() - interval '1 second'
where name = $1
  and holder = $2`,
);

export async function releaseLease(sql: Sql, name: string, holder: ServerId): Promise<void> {
  await sql.query(releaseStatement, [name, holder]);
}

const heartbeatStatement: Statement<{ readonly now: Date }> = statement(
  "server_heartbeat",
  `insert into servers (id, url, started_at, seen_at, version)
values ($1, $2, clock_timestamp(), clock_timestamp(), $3)
on conflict (id) do update
set seen_at = clock_timestamp(), url = excluded.url
returning clock_timestamp() as now`,
);

/** Says that this server lives. @returns the database's clock. */
export async function serverHeartbeat(
  sql: Sql,
  server: { readonly id: ServerId; readonly url: string; readonly version: string },
): Promise<Date> {
  const [row] = await sql.query(heartbeatStatement, [server.id, server.url, server.version]);
  if (row === undefined) throw new Error("A heartbeat returned no row.");
  return row.now;
}

const forgetStatement: Statement<object> = statement(
  "servers_forget",
  `delete from servers
where seen_at < clock_timestamp() - make_interval(secs => $1::float8 / 1000)`,
  "long",
);

/** Forgets servers that have been silent for so long. */
export async function forgetServers(sql: Sql, silentMs: number): Promise<void> {
  await sql.query(forgetStatement, [silentMs]);
}

const removeStatement: Statement<object> = statement(
  "server_remove",
  `delete from servers
where id = $1`,
);

export async function removeServer(sql: Sql, id: ServerId): Promise<void> {
  await sql.query(removeStatement, [id]);
}
