import type { TokenId, UserId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";
import { userColumns, type UserRow } from "./identity.ts";

export interface LoginKeyRow {
  readonly id: string;
  readonly name: string;
  readonly public_key: string;
  readonly fingerprint: string;
  readonly created_at: Date;
  readonly last_used_at: Date | null;
}

const listStatement: Statement<LoginKeyRow> = statement(
  "login_keys",
  `select id, name, public_key, fingerprint, created_at, last_used_at
from login_keys
where user_id = $1
order by created_at, id
limit 1000`,
);

/** By which a person signs in at the SSH gateway, oldest first. */
export async function loginKeysOf(sql: Sql, userId: UserId): Promise<readonly LoginKeyRow[]> {
  return await sql.query(listStatement, [userId]);
}

const insertStatement: Statement<{ readonly id: string }> = statement(
  "login_key_insert",
  `insert into login_keys (id, user_id, name, public_key, fingerprint, created_at)
values ($1, $2, $3, $4, $5, $6)
on conflict do nothing
returning id`,
);

export interface NewLoginKey {
  readonly id: string;
  readonly userId: UserId;
  readonly name: string;
  readonly publicKey: string;
  readonly fingerprint: string;
  readonly now: Date;
}

/** False when he has this key, or another of this name. */
export async function insertLoginKey(tx: Tx, key: NewLoginKey): Promise<boolean> {
  const { id, userId, name, publicKey, fingerprint, now } = key;
  return (await tx.query(insertStatement, [id, userId, name, publicKey, fingerprint, now])).length === 1;
}

const removeStatement: Statement<LoginKeyRow> = statement(
  "login_key_remove",
  `delete from login_keys
where user_id = $1
  and (name = $2 or fingerprint = $2 or id::text = $2)
returning id, name, public_key, fingerprint, created_at, last_used_at`,
);

/** Removes it by its name, fingerprint or id. @returns what it was; undefined when there is none. */
export async function removeLoginKey(tx: Tx, userId: UserId, key: string): Promise<LoginKeyRow | undefined> {
  const [row] = await tx.query(removeStatement, [userId, key]);
  // What is open by it, on whichever server, ends.
  if (row !== undefined) tx.emit("credentials");
  return row;
}

/** Whoever is let in by a key: it stands where a session or token does. */
export interface LoginKeyHolder extends UserRow {
  readonly key_id: TokenId;
  readonly key_name: string;
  readonly public_key: string;
}

const holderStatement: Statement<LoginKeyHolder> = statement(
  "user_by_login_key",
  `select ${userColumns}, k.id as key_id, k.name as key_name, k.public_key
from users u
join login_keys k on k.user_id = u.id
where lower(u.username) = lower($1)
  and k.fingerprint = $2
  and u.deleted_at is null
  and u.suspended_at is null
  and not u.is_system`,
  "look",
);

/** The person of this name, if he has this key and may sign in. */
export async function userByLoginKey(
  sql: Sql,
  username: string,
  fingerprint: string,
): Promise<LoginKeyHolder | undefined> {
  return (await sql.query(holderStatement, [username, fingerprint]))[0];
}

const touchStatement: Statement<object> = statement(
  "login_key_touch",
  `update login_keys
set last_used_at = $2
where id = $1`,
);

export async function touchLoginKey(sql: Sql, id: TokenId, now: Date): Promise<void> {
  await sql.query(touchStatement, [id, now]);
}
