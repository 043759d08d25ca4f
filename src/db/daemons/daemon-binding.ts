import type { DaemonId, JobId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

interface KeyBindingRow {
  /** The daemon that the key is for; null until it has registered one, and for a key from before. */
  readonly daemon_name: string | null;
  /** From before keys were for one daemon each: it is for those that were known then. */
  readonly is_shared: boolean;
  /** Whether an external daemon of the name is known. */
  readonly is_known: boolean;
}

const holdStatement: Statement<KeyBindingRow> = statement(
  "daemon_key_hold",
  `select k.daemon_name, k.is_shared, exists (
    select 1
    from daemons d
    where d.name = $2
      and d.kind = 'external') as is_known
from daemon_keys k
where k.id = $1
  and k.revoked_at is null
for no key update`,
);

/** Keeps a live key as it is until the transaction ends. */
export async function holdDaemonKey(tx: Tx, keyId: string, daemonName: string): Promise<KeyBindingRow | undefined> {
  return (await tx.query(holdStatement, [keyId, daemonName]))[0];
}

const bindStatement: Statement<object> = statement(
  "daemon_key_bind",
  `update daemon_keys
set daemon_name = $2
where id = $1`,
);

export async function bindDaemonKey(tx: Tx, keyId: string, daemonName: string): Promise<void> {
  await tx.query(bindStatement, [keyId, daemonName]);
}

const ownStatement: Statement<{ readonly id: DaemonId }> = statement(
  "daemon_own",
  // Registered before daemons had keys: it is this key's, unless that is another daemon's.
  `update daemons d
set key_id = k.id
from daemon_keys k
where d.id = $1
  and k.id = $2
  and d.kind = 'external'
  and d.key_id is null
  and coalesce(k.daemon_name, d.name) = d.name
returning d.id`,
);

/** Gives a daemon that has no key yet to this one. @returns whether it is its now. */
export async function ownDaemon(sql: Sql, daemonId: DaemonId, keyId: string): Promise<boolean> {
  return (await sql.query(ownStatement, [daemonId, keyId])).length === 1;
}

interface OwnerRow {
  readonly id: DaemonId;
  readonly name: string;
  readonly kind: "builtin" | "external";
  readonly key_id: string | null;
}

const byIdStatement: Statement<OwnerRow> = statement(
  "daemon_owner",
  `select id, name, kind, key_id
from daemons
where id = $1`,
);

/** Whose daemon this is. */
export async function daemonOwner(sql: Sql, daemonId: DaemonId): Promise<OwnerRow | undefined> {
  return (await sql.query(byIdStatement, [daemonId]))[0];
}

const ofJobStatement: Statement<OwnerRow> = statement(
  "daemon_owner_of_job",
  `select d.id, d.name, d.kind, d.key_id
from jobs j
join daemons d on d.id = j.daemon_id
where j.id = $1`,
);

/** Whose daemon a job was given to last. */
export async function daemonOwnerOfJob(sql: Sql, jobId: JobId): Promise<OwnerRow | undefined> {
  return (await sql.query(ofJobStatement, [jobId]))[0];
}
