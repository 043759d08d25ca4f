import type { UserId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

const insertLinkStatement: Statement<object> = statement(
  "setup_link_insert",
  `with old as (
  delete from setup_links
  where user_id = $2
)
insert into setup_links (secret_hash, user_id, created_at, expires_at)
values ($1, $2, $3, $4)`,
);

export async function insertSetupLink(
  sql: Sql,
  link: { readonly secretHash: Buffer; readonly userId: UserId; readonly now: Date; readonly expiresAt: Date },
): Promise<void> {
  await sql.query(insertLinkStatement, [link.secretHash, link.userId, link.now, link.expiresAt]);
}

const useLinkStatement: Statement<{ readonly user_id: UserId }> = statement(
  "setup_link_use",
  `update setup_links
set used_at = $2
where secret_hash = $1
  and used_at is null
  and expires_at > $2
returning user_id`,
);

/** Uses up a set-up link; undefined when it is wrong, used or expired. */
export async function consumeSetupLink(sql: Sql, secretHash: Buffer, now: Date): Promise<UserId | undefined> {
  return (await sql.query(useLinkStatement, [secretHash, now]))[0]?.user_id;
}
