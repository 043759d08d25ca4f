import { prebuildsUserId } from "../../contracts/system-ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

/** No secret that anybody sets can have this name, as it is no variable's. */
const keyName = "ssh-gateway-key";

export interface GatewayKeyRow {
  readonly id: string;
  readonly sealed: Buffer;
  readonly key_id: string;
}

const ensureStatement: Statement<{ readonly id: string }> = statement(
  "gateway_key_ensure",
  // For no template and not for everywhere, so that no workspace gets it; a secret, so that it is sealed anew as they are.
  `insert into secrets (id, holder_id, user_id, name, description, sealed, key_id, value_bytes, is_everywhere,
  template_ids, created_at, set_at, set_by)
values ($1, $2, $2, '${keyName}', 'host key of the SSH gateway', $3, $4, 0, false, '{}', $5, $5, $2)
on conflict (holder_id, name) do nothing
returning id`,
);

const readStatement: Statement<GatewayKeyRow> = statement(
  "gateway_key",
  `select id, sealed, key_id
from secrets
where holder_id = $1
  and name = '${keyName}'`,
);

/** The host key of the deployment's SSH gateway, sealed; undefined while no server has had one. */
export async function gatewayKey(sql: Sql): Promise<GatewayKeyRow | undefined> {
  return (await sql.query(readStatement, [prebuildsUserId]))[0];
}

/** Stores it, unless another server has been quicker. */
export async function ensureGatewayKey(
  sql: Sql,
  key: { readonly id: string; readonly sealed: Buffer; readonly keyId: string; readonly now: Date },
): Promise<void> {
  await sql.query(ensureStatement, [key.id, prebuildsUserId, key.sealed, key.keyId, key.now]);
}
