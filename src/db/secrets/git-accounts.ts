import type { AgentId, TemplateId, UserId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

/** No secret can have this name, as it is no variable's. */
const nameOf = (host: string): string => `git:${host}`;

/** An account without its token, which only `gitTokenOf` reads. */
export interface GitAccountRow {
  readonly id: string;
  readonly host: string;
  readonly username: string;
  readonly set_at: Date;
  readonly refused_at: Date | null;
  readonly is_everywhere: boolean;
  readonly template_ids: readonly TemplateId[];
  readonly templates: readonly string[];
}

const listStatement: Statement<GitAccountRow> = statement(
  "git_accounts",
  `select s.id, s.git_host as host, s.git_username as username, s.set_at, s.git_refused_at as refused_at,
  s.git_is_everywhere as is_everywhere, s.git_template_ids as template_ids,
  array(
    select t.name
    from templates t
    where t.id = any(s.git_template_ids)
      and t.deleted_at is null
    order by t.name
  ) as templates
from secrets s
where s.holder_id = $1
  and s.git_host is not null
order by s.git_host
limit 100`,
);

export async function gitAccountsOf(sql: Sql, userId: UserId): Promise<readonly GitAccountRow[]> {
  return await sql.query(listStatement, [userId]);
}

const writeStatement: Statement<object> = statement(
  "git_account_write",
  `insert into secrets (id, holder_id, user_id, name, description, sealed, key_id, value_bytes, is_everywhere,
  template_ids, created_at, set_at, set_by, git_host, git_username, git_is_everywhere, git_template_ids)
values ($1, $2, $2, $3, '', $4, $5, 0, false, '{}', $6, $6, $2, $7, $8, $9, $10)
on conflict (holder_id, name) do update
set id = excluded.id, sealed = excluded.sealed, key_id = excluded.key_id, set_at = excluded.set_at,
  git_username = excluded.git_username, git_is_everywhere = excluded.git_is_everywhere,
  git_template_ids = excluded.git_template_ids, git_refused_at = null`,
);

export interface GitAccountPlaces {
  readonly isEverywhere: boolean;
  readonly templateIds: readonly TemplateId[];
}

export interface GitAccountWrite extends GitAccountPlaces {
  readonly id: string;
  readonly userId: UserId;
  readonly host: string;
  readonly username: string;
  readonly sealed: Buffer;
  readonly keyId: string;
  readonly now: Date;
}

/** Stores an account in the place of the one before at the same host. The holder is taken. */
export async function writeGitAccount(tx: Tx, account: GitAccountWrite): Promise<void> {
  const { id, userId, host, username, sealed, keyId, isEverywhere, templateIds, now } = account;
  const values = [id, userId, nameOf(host), sealed, keyId, now, host, username, isEverywhere, templateIds];
  await tx.query(writeStatement, values);
}

const placeStatement: Statement<object> = statement(
  "git_account_place",
  `update secrets
set git_is_everywhere = $2, git_template_ids = $3
where id = $1
  and git_host is not null`,
);

export async function placeGitAccount(tx: Tx, id: string, places: GitAccountPlaces): Promise<void> {
  await tx.query(placeStatement, [id, places.isEverywhere, places.templateIds]);
}

const removeStatement: Statement<{ readonly id: string; readonly username: string }> = statement(
  "git_account_remove",
  `delete from secrets
where holder_id = $1
  and git_host = $2
returning id, git_username as username`,
);

/** Undefined when there is none. */
export async function removeGitAccount(
  tx: Tx,
  userId: UserId,
  host: string,
): Promise<{ readonly id: string; readonly username: string } | undefined> {
  return (await tx.query(removeStatement, [userId, host]))[0];
}

/** Whose workspace an agent is in; and the owner's account at a host, whose columns are null where he has none. */
export interface GitTokenRow {
  readonly template_name: string;
  readonly is_suspended: boolean;
  readonly id: string | null;
  readonly username: string;
  readonly sealed: Buffer;
  readonly key_id: string;
  readonly is_refused: boolean;
  readonly is_allowed: boolean;
}

/** The agent $1, as long as it is in a workspace that is handed over: a prebuild is anybody's until then. */
const ownedByAgent = `from agents a
join workspaces w on w.id = a.workspace_id
left join prebuilds p on p.workspace_id = w.id`;
const isOwned = `a.id = $1
  and a.retired_at is null
  and w.deleted_at is null
  and (p.workspace_id is null or p.handed_over_at is not null)`;

const tokenStatement: Statement<GitTokenRow> = statement(
  "git_token",
  `select t.name as template_name, o.suspended_at is not null as is_suspended, s.id, s.git_username as username, s.sealed, s.key_id,
  s.git_refused_at is not null as is_refused,
  coalesce(s.git_is_everywhere or w.template_id = any(s.git_template_ids), false) as is_allowed
${ownedByAgent}
join users o on o.id = w.owner_id
join templates t on t.id = w.template_id
left join secrets s on s.holder_id = w.owner_id and s.git_host = $2
where ${isOwned}`,
);

/** Undefined where nobody owns the agent's workspace. */
export async function gitTokenOf(sql: Sql, agentId: AgentId, host: string): Promise<GitTokenRow | undefined> {
  return (await sql.query(tokenStatement, [agentId, host]))[0];
}

const reportStatement: Statement<object> = statement(
  "git_account_report",
  `update secrets s
set git_refused_at = $3
${ownedByAgent}
where ${isOwned}
  and s.id = $2
  and s.git_host is not null
  and s.holder_id = w.owner_id`,
);

/** Notes how the owner's token fared: when a host refused it, or null. One that was replaced meanwhile is passed over. */
export async function noteGitRefusal(
  sql: Sql,
  agentId: AgentId,
  { id, refusedAt }: { readonly id: string; readonly refusedAt: Date | null },
): Promise<void> {
  await sql.query(reportStatement, [agentId, id, refusedAt]);
}
