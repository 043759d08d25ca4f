import type { TemplateId, UserId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";
import { tellAgentsOfHolder } from "./secrets.ts";

/** No secret can have this name, as it is no variable's. */
const keyName = "ssh-key";

/** A key without its private half, which only `secretsOfAgents` reads. */
export interface SshKeyRow {
  readonly id: string;
  readonly public_key: string;
  readonly set_at: Date;
  readonly is_everywhere: boolean;
  readonly template_ids: readonly TemplateId[];
  readonly templates: readonly string[];
}

const keyStatement: Statement<SshKeyRow> = statement(
  "ssh_key",
  `select s.id, s.public_key, s.set_at, s.key_is_everywhere as is_everywhere, s.key_template_ids as template_ids,
  array(
    select t.name
    from templates t
    where t.id = any(s.key_template_ids)
      and t.deleted_at is null
    order by t.name
  ) as templates
from secrets s
where s.holder_id = $1
  and s.public_key is not null`,
);

export async function sshKeyOf(sql: Sql, userId: UserId): Promise<SshKeyRow | undefined> {
  return (await sql.query(keyStatement, [userId]))[0];
}

const writeStatement: Statement<object> = statement(
  "ssh_key_write",
  `insert into secrets (id, holder_id, user_id, name, description, sealed, key_id, value_bytes, is_everywhere,
  template_ids, created_at, set_at, set_by, public_key, key_is_everywhere, key_template_ids)
values ($1, $2, $2, '${keyName}', '', $3, $4, 0, false, '{}', $5, $5, $2, $6, $7, $8)
on conflict (holder_id, name) do update
set id = excluded.id, sealed = excluded.sealed, key_id = excluded.key_id, set_at = excluded.set_at,
  public_key = excluded.public_key, key_is_everywhere = excluded.key_is_everywhere,
  key_template_ids = excluded.key_template_ids`,
);

export interface SshKeyWrite extends SshKeyPlaces {
  readonly id: string;
  readonly userId: UserId;
  readonly sealed: Buffer;
  readonly keyId: string;
  readonly publicKey: string;
  readonly now: Date;
}

export interface SshKeyPlaces {
  readonly isEverywhere: boolean;
  readonly templateIds: readonly TemplateId[];
}

/** Stores a key in the place of the one before, and has the agents that get it look again. The holder is taken. */
export async function writeSshKey(tx: Tx, key: SshKeyWrite): Promise<void> {
  const { id, userId, sealed, keyId, publicKey, isEverywhere, templateIds, now } = key;
  await tx.query(writeStatement, [id, userId, sealed, keyId, now, publicKey, isEverywhere, templateIds]);
  await tellAgentsOfHolder(tx, { kind: "person", id: userId });
}

const placeStatement: Statement<object> = statement(
  "ssh_key_place",
  `update secrets
set key_is_everywhere = $2, key_template_ids = $3
where holder_id = $1
  and public_key is not null`,
);

export async function placeSshKey(tx: Tx, userId: UserId, places: SshKeyPlaces): Promise<void> {
  await tx.query(placeStatement, [userId, places.isEverywhere, places.templateIds]);
  await tellAgentsOfHolder(tx, { kind: "person", id: userId });
}

const removeStatement: Statement<{ readonly id: string; readonly public_key: string }> = statement(
  "ssh_key_remove",
  `delete from secrets
where holder_id = $1
  and public_key is not null
returning id, public_key`,
);

/** Undefined when there is none. */
export async function removeSshKey(
  tx: Tx,
  userId: UserId,
): Promise<{ readonly id: string; readonly public_key: string } | undefined> {
  const [row] = await tx.query(removeStatement, [userId]);
  if (row !== undefined) await tellAgentsOfHolder(tx, { kind: "person", id: userId });
  return row;
}
