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

export interface HeldLease {
  readonly name: string;
  readonly holder: ServerId;
  /** Until when, from now; negative when it has run out. By the database's clock. */
  readonly left_ms: number;
}

const listStatement: Statement<HeldLease> = statement(
  "leases_list",
  `select name, holder, (extract(epoch from expires_at - clock_timestamp()) * 1000)::float8 as left_ms
from leases
order by name`,
);

export async function listLeases(sql: Sql): Promise<HeldLease[]> {
  return await sql.query(listStatement, []);
}
