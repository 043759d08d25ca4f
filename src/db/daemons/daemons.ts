import type { DaemonId } from "../../contracts/ids.ts";
import type { UnavailableDriver, UnisolatedDriver } from "../../contracts/provisioner-protocol.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";
import { signedOffIncarnation } from "./daemon-match.ts";

export interface DaemonInput {
  readonly id: DaemonId;
  readonly name: string;
  readonly kind: "builtin" | "external";
  readonly incarnation: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly drivers: readonly string[];
  readonly unavailable: readonly UnavailableDriver[];
  readonly unisolated: readonly UnisolatedDriver[];
  readonly concurrency: number;
  readonly version: string;
  /** The key with which it registers; null for a server's own. */
  readonly keyId: string | null;
  /** Whether the key was given this name, so that it may follow another one under it. */
  readonly isNameGiven: boolean;
  readonly now: Date;
}

const registerStatement: Statement<{ readonly id: DaemonId }> = statement(
  "daemon_register",
  `insert into daemons (id, name, kind, incarnation, tags, drivers, concurrency, version, created_at, seen_at,
  unavailable, unisolated, key_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12)
on conflict (name) do update
set kind = excluded.kind, incarnation = excluded.incarnation, tags = excluded.tags, drivers = excluded.drivers,
  concurrency = excluded.concurrency, version = excluded.version, seen_at = excluded.seen_at,
  unavailable = excluded.unavailable, unisolated = excluded.unisolated, forgotten_at = null, key_id = excluded.key_id
where excluded.kind = 'builtin'
  or (daemons.kind = 'external' and (
    $13
    or daemons.key_id is null
    or daemons.key_id = excluded.key_id
    or not exists (
      select 1
      from daemon_keys k
      where k.id = daemons.key_id
        and k.revoked_at is null)))
returning id`,
);

/** @returns undefined when the name is a server's own daemon's, or one of another live key: nothing has changed then. */
export async function registerDaemon(sql: Sql, daemon: DaemonInput): Promise<DaemonId | undefined> {
  const [row] = await sql.query(registerStatement, [
    daemon.id,
    daemon.name,
    daemon.kind,
    daemon.incarnation,
    daemon.tags,
    JSON.stringify(daemon.drivers),
    daemon.concurrency,
    daemon.version,
    daemon.now,
    JSON.stringify(daemon.unavailable),
    JSON.stringify(daemon.unisolated),
    daemon.keyId,
    daemon.isNameGiven,
  ]);
  return row?.id;
}

export interface DaemonRow {
  readonly id: DaemonId;
  readonly name: string;
  readonly incarnation: string;
  readonly tags: Record<string, string>;
  readonly drivers: string[];
  readonly concurrency: number;
  readonly seen_at: Date;
}

const findStatement: Statement<DaemonRow> = statement(
  "daemon_find",
  `select id, name, incarnation, tags, drivers, concurrency, seen_at
from daemons
where id = $1`,
);

export async function findDaemon(sql: Sql, id: DaemonId): Promise<DaemonRow | undefined> {
  return (await sql.query(findStatement, [id]))[0];
}

const seenStatement: Statement<object> = statement(
  "daemon_seen",
  `update daemons
set seen_at = $2
where id = $1`,
);

export async function daemonSeen(sql: Sql, id: DaemonId, now: Date): Promise<void> {
  await sql.query(seenStatement, [id, now]);
}

const signOffStatement: Statement<{ readonly name: string }> = statement(
  "daemon_sign_off",
  // Whether it was told to be lost does not matter any more: it will be news when it is back.
  `update daemons
set incarnation = '${signedOffIncarnation}', seen_at = $3
where id = $1
  and incarnation = $2
  and incarnation <> '${signedOffIncarnation}'
returning name`,
);

/** Ends the daemon's incarnation. @returns the daemon's name; undefined when that incarnation does not run. */
export async function signOffDaemon(
  sql: Sql,
  daemon: { readonly id: DaemonId; readonly incarnation: string; readonly now: Date },
): Promise<string | undefined> {
  return (await sql.query(signOffStatement, [daemon.id, daemon.incarnation, daemon.now]))[0]?.name;
}

export interface ListedDaemon {
  readonly name: string;
  readonly kind: string;
  readonly drivers: readonly string[];
  readonly unavailable: readonly UnavailableDriver[];
  readonly unisolated: readonly UnisolatedDriver[];
  readonly seen_at: Date;
  readonly is_signed_off: boolean;
  readonly running: number;
  /** That lie on its host. */
  readonly workspaces: number;
}

const listStatement: Statement<ListedDaemon> = statement(
  "daemons_list",
  `select d.name, d.kind, d.drivers, d.unavailable, d.unisolated, d.seen_at, d.incarnation = '${signedOffIncarnation}' as is_signed_off, (
    select count(*)::int
    from jobs j
    where j.daemon_id = d.id
      and j.status in ('running', 'canceling')) as running, (
    select count(*)::int
    from provider_states s
    where s.daemon_id = d.id) as workspaces
from daemons d
where d.forgotten_at is null
order by d.seen_at desc
limit 200`,
);

export async function listDaemons(sql: Sql): Promise<ListedDaemon[]> {
  return await sql.query(listStatement, []);
}

const keyStatement: Statement<{ readonly id: string }> = statement(
  "daemon_key_find",
  `select id
from daemon_keys
where secret_hash = $1
  and revoked_at is null`,
  "look",
);

/** The id of the live key with this hash. */
export async function daemonKeyByHash(sql: Sql, secretHash: Buffer): Promise<string | undefined> {
  return (await sql.query(keyStatement, [secretHash]))[0]?.id;
}

interface DaemonKeyRow {
  readonly id: string;
  readonly name: string;
  readonly created_at: Date;
  /** The daemon that it is for; null while it has registered none. */
  readonly daemon_name: string | null;
}

const keysStatement: Statement<DaemonKeyRow> = statement(
  "daemon_keys_list",
  `select id, name, created_at, daemon_name
from daemon_keys
where revoked_at is null
order by created_at
limit 500`,
);

export async function listDaemonKeys(sql: Sql): Promise<DaemonKeyRow[]> {
  return sql.query(keysStatement, []);
}

const insertKeyStatement: Statement<object> = statement(
  "daemon_key_insert",
  `insert into daemon_keys (id, name, secret_hash, created_at, daemon_name)
values ($1, $2, $3, $4, $5)`,
);

export async function insertDaemonKey(
  sql: Sql,
  key: {
    readonly id: string;
    readonly name: string;
    readonly secretHash: Buffer;
    readonly daemonName: string | null;
    readonly now: Date;
  },
): Promise<void> {
  await sql.query(insertKeyStatement, [key.id, key.name, key.secretHash, key.now, key.daemonName]);
}

const revokeKeyStatement: Statement<{ readonly name: string }> = statement(
  "daemon_key_revoke",
  `update daemon_keys
set revoked_at = $2
where id = $1
  and revoked_at is null
returning name`,
);

/** Name of the key that was revoked; undefined when there is no such live key. */
export async function revokeDaemonKey(sql: Sql, id: string, now: Date): Promise<string | undefined> {
  return (await sql.query(revokeKeyStatement, [id, now]))[0]?.name;
}
