import type { TokenId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";
import { userColumns, type UserRow } from "./identity.ts";

export interface AuthenticatedRow extends UserRow {
  readonly token_id: TokenId;
  readonly token_kind: "session" | "api";
  readonly expires_at: Date;
  readonly last_used_at: Date | null;
}

const byTokensStatement: Statement<AuthenticatedRow & { readonly secret_hash: Buffer }> = statement(
  "users_by_tokens",
  `select ${userColumns}, k.id as token_id, k.kind as token_kind, k.expires_at, k.last_used_at, k.secret_hash
from tokens k
join users u on u.id = k.user_id
where k.secret_hash = any($1::bytea[])
  and k.revoked_at is null
  and k.expires_at > $2
  and u.deleted_at is null`,
  "look",
);

/**
 * Authenticates sessions and API tokens by the hashes of their secrets.
 * @returns for each hash, in order, the user that it belongs to, who may be suspended; undefined where it is unknown,
 * expired or revoked.
 */
export async function usersByTokens(
  sql: Sql,
  secretHashes: readonly Buffer[],
  now: Date,
): Promise<(AuthenticatedRow | undefined)[]> {
  const rows = await sql.query(byTokensStatement, [secretHashes, now]);
  const [first] = rows;
  if (secretHashes.length === 1) return [first];
  const byHash = new Map(rows.map((row) => [row.secret_hash.toString("latin1"), row]));
  return secretHashes.map((hash) => byHash.get(hash.toString("latin1")));
}

const byTokenIdStatement: Statement<AuthenticatedRow> = statement(
  "user_by_token_id",
  `select ${userColumns}, k.id as token_id, k.kind as token_kind, k.expires_at, k.last_used_at
from tokens k
join users u on u.id = k.user_id
where k.id = $1
  and k.revoked_at is null
  and k.expires_at > $2
  and u.deleted_at is null`,
  "look",
);

/** As `usersByTokens`, for a token that was shown to another server of the deployment. */
export async function userByTokenId(sql: Sql, id: TokenId, now: Date): Promise<AuthenticatedRow | undefined> {
  return (await sql.query(byTokenIdStatement, [id, now]))[0];
}

const byTokenIdsStatement: Statement<AuthenticatedRow> = statement(
  "users_by_token_ids",
  `select ${userColumns}, k.id as token_id, k.kind as token_kind, k.expires_at, k.last_used_at
from tokens k
join users u on u.id = k.user_id
where k.id = any($1::uuid[])
  and k.revoked_at is null
  and k.expires_at > $2
  and u.deleted_at is null`,
  "look",
);

/** The people behind what is held open, as they are now. */
export async function usersByTokenIds(sql: Sql, ids: readonly TokenId[], now: Date): Promise<AuthenticatedRow[]> {
  return await sql.query(byTokenIdsStatement, [ids, now]);
}
