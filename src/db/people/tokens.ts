import type { TokenId, UserId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

const touchStatement: Statement<object> = statement(
  "token_touch",
  `update tokens
set last_used_at = $2
where id = $1`,
);

export async function touchToken(sql: Sql, tokenId: TokenId, now: Date): Promise<void> {
  await sql.query(touchStatement, [tokenId, now]);
}

export interface TokenRow {
  readonly id: TokenId;
  readonly kind: "session" | "api";
  readonly user_id: UserId;
  readonly name: string;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly last_used_at: Date | null;
}

const insertTokenStatement: Statement<object> = statement(
  "token_insert",
  `insert into tokens (id, kind, user_id, name, secret_hash, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7)`,
);

export interface NewToken {
  readonly id: TokenId;
  readonly kind: "session" | "api";
  readonly userId: UserId;
  readonly name: string;
  readonly secretHash: Buffer;
  readonly now: Date;
  readonly expiresAt: Date;
}

export async function insertToken(sql: Sql, token: NewToken): Promise<void> {
  await sql.query(insertTokenStatement, [
    token.id,
    token.kind,
    token.userId,
    token.name,
    token.secretHash,
    token.now,
    token.expiresAt,
  ]);
}

const tokensStatement: Statement<TokenRow & { readonly total: number }> = statement(
  "tokens_of_user",
  `select id, kind, user_id, name, created_at, expires_at, last_used_at, count(*) over ()::int as total
from tokens
where user_id = $1
  and revoked_at is null
  and expires_at > $2
order by created_at desc, id
limit $3
offset $4`,
);

export async function tokensOfUser(
  sql: Sql,
  input: { readonly userId: UserId; readonly now: Date; readonly limit: number; readonly offset: number },
): Promise<(TokenRow & { readonly total: number })[]> {
  return await sql.query(tokensStatement, [input.userId, input.now, input.limit, input.offset]);
}

interface RevokedToken extends Pick<TokenRow, "name" | "kind"> {
  readonly username: string;
}

const revokeStatement: Statement<RevokedToken> = statement(
  "token_revoke",
  `update tokens
set revoked_at = $2
where id = $1
  and revoked_at is null
  and ($3::uuid is null or user_id = $3)
returning name, kind, (select username from users where id = user_id) as username`,
);

/** Revokes a token; with `ownedBy` only if it is that user's. @returns what it was; undefined when there is none. */
export async function revokeToken(
  sql: Sql,
  input: { readonly tokenId: TokenId; readonly ownedBy: UserId | null; readonly now: Date },
): Promise<RevokedToken | undefined> {
  return (await sql.query(revokeStatement, [input.tokenId, input.now, input.ownedBy]))[0];
}

const insertSessionStatement: Statement<{ readonly id: TokenId }> = statement(
  "session_insert",
  // The user's row is held, so that a session which an old password was right for never outlives the change of it.
  `with person as (
  select u.id
  from users u
  where u.id = $2
    and u.password_hash = $7
    and u.deleted_at is null
    and u.suspended_at is null
  for share
)
insert into tokens (id, kind, user_id, name, secret_hash, created_at, expires_at)
select $1, 'session', p.id, $3, $4, $5, $6
from person p
returning id`,
);

/** @returns false when the password is not his any more, or he is suspended or deleted. */
export async function insertSession(
  sql: Sql,
  session: Omit<NewToken, "kind"> & { readonly passwordHash: string },
): Promise<boolean> {
  const { id, userId, name, secretHash, now, expiresAt, passwordHash } = session;
  const params = [id, userId, name, secretHash, now, expiresAt, passwordHash];
  return (await sql.query(insertSessionStatement, params)).length === 1;
}

const endOldestStatement: Statement<{ readonly id: TokenId }> = statement(
  "sessions_end_oldest",
  `update tokens
set revoked_at = $2
where id = any(array(
  select id
  from tokens
  where user_id = $1
    and kind = 'session'
    and revoked_at is null
    and expires_at > $2
  order by coalesce(last_used_at, created_at) desc, id
  offset $3))
returning id`,
);

/** Ends the sessions that were not used for longest, beyond so many. @returns how many. */
export async function endOldestSessions(sql: Sql, userId: UserId, now: Date, kept: number): Promise<number> {
  return (await sql.query(endOldestStatement, [userId, now, kept])).length;
}

const endTokensStatement: Statement<{ readonly id: TokenId }> = statement(
  "tokens_end",
  `update tokens
set revoked_at = $2
where user_id = $1
  and revoked_at is null
  and expires_at > $2
  and ($3::boolean or kind = 'session')
  and ($4::uuid is null or id <> $4)
returning id`,
);

/** Ends a user's sessions, and his API tokens too if said. @returns how many. */
export async function endTokens(
  tx: Tx,
  input: {
    readonly userId: UserId;
    readonly hasApiTokens: boolean;
    readonly except: TokenId | null;
    readonly now: Date;
  },
): Promise<number> {
  return (await tx.query(endTokensStatement, [input.userId, input.now, input.hasApiTokens, input.except])).length;
}

const standingStatement: Statement<{ readonly api_tokens: number; readonly is_live: boolean }> = statement(
  "tokens_standing",
  `select count(*) filter (where kind = 'api')::int as api_tokens, coalesce(bool_or(id = $2), false) as is_live
from tokens
where user_id = $1
  and revoked_at is null
  and expires_at > $3`,
);

/** How many API tokens a user has, and whether the one that he came with still holds. */
export async function tokensStanding(
  tx: Tx,
  input: { readonly userId: UserId; readonly tokenId: TokenId; readonly now: Date },
): Promise<{ readonly api_tokens: number; readonly is_live: boolean }> {
  const [row] = await tx.query(standingStatement, [input.userId, input.tokenId, input.now]);
  return row ?? { api_tokens: 0, is_live: false };
}

const endedStatement: Statement<{ readonly id: string }> = statement(
  "credentials_ended",
  // Each is looked up by itself: as a join it could become a scan of every token that there was.
  `select h.id
from unnest($1::uuid[]) as h(id)
where not coalesce((
    select k.revoked_at is null and k.expires_at > $2 and u.deleted_at is null and u.suspended_at is null
    from tokens k
    join users u on u.id = k.user_id
    where k.id = h.id), false)
  and not coalesce((
    select d.revoked_at is null
    from daemon_keys d
    where d.id = h.id), false)
  and not coalesce((
    select u.deleted_at is null and u.suspended_at is null
    from login_keys l
    join users u on u.id = l.user_id
    where l.id = h.id), false)`,
  "look",
);

/** Of these sessions, API tokens, daemon keys and login keys, the ones that hold no longer. */
export async function endedCredentials(sql: Sql, ids: readonly string[], now: Date): Promise<string[]> {
  return (await sql.query(endedStatement, [ids, now])).map(({ id }) => id);
}
