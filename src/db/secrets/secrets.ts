import type { AgentId, TemplateId, UserId } from "../../contracts/ids.ts";
import { agentsMax } from "../../contracts/limits.ts";
import { prebuildsUserId } from "../../contracts/system-ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

/** Whose a secret is. */
export type SecretHolder =
  | { readonly kind: "person"; readonly id: UserId }
  | { readonly kind: "template"; readonly id: TemplateId };

/** A secret without its value, which only `secretsOfAgents` reads. */
export interface SecretRow {
  readonly name: string;
  readonly description: string;
  readonly set_at: Date;
  readonly set_by: string | null;
  readonly is_everywhere: boolean;
  readonly template_ids: readonly TemplateId[];
  readonly templates: readonly string[];
}

const listStatement: Statement<SecretRow> = statement(
  "secrets_list",
  // A template's own is for that template, and what a deleted template was for is for nobody.
  `select s.name, s.description, s.set_at, u.username as set_by, s.is_everywhere, s.template_ids,
  array(
    select t.name
    from templates t
    where t.id = any(s.template_ids || s.template_id)
      and t.deleted_at is null
    order by t.name
  ) as templates
from secrets s
left join users u on u.id = s.set_by and u.deleted_at is null
where s.holder_id = $1
  and s.public_key is null
  and s.git_host is null
order by s.name
limit 500`,
);

export async function listSecrets(sql: Sql, holder: SecretHolder): Promise<readonly SecretRow[]> {
  return await sql.query(listStatement, [holder.id]);
}

const takePersonStatement: Statement<{ readonly id: UserId }> = statement(
  "secrets_take_person",
  // `no key`: creations for him, which hold his row by its key, need not wait. His deletion does.
  `select id
from users
where id = $1
  and deleted_at is null
for no key update`,
);

const takeTemplateStatement: Statement<{ readonly id: TemplateId }> = statement(
  "secrets_take_template",
  `select id
from templates
where id = $1
  and deleted_at is null
for no key update`,
);

/** Keeps everybody else from changing the holder's secrets until the end; false when the holder is gone. */
export async function takeHolder(tx: Tx, { kind, id }: SecretHolder): Promise<boolean> {
  const rows = await tx.query<object>(kind === "person" ? takePersonStatement : takeTemplateStatement, [id]);
  return rows.length === 1;
}

export interface SecretBefore {
  /** Null when there is none of this name. */
  readonly description: string | null;
  readonly is_everywhere: boolean | null;
  readonly template_ids: readonly TemplateId[] | null;
  /** Of the holder's others. */
  readonly others: number;
  readonly other_bytes: number;
}

const beforeStatement: Statement<SecretBefore> = statement(
  "secrets_before",
  `select s.description, s.is_everywhere, s.template_ids, o.others, o.other_bytes
from (
  select count(*)::int as others, coalesce(sum(value_bytes), 0)::int as other_bytes
  from secrets
  where holder_id = $1
    and name <> $2
    and public_key is null
    and git_host is null
) o
left join secrets s on s.holder_id = $1 and s.name = $2`,
);

/** What there is before a secret is set. The holder is taken. */
export async function secretBefore(tx: Tx, holder: SecretHolder, name: string): Promise<SecretBefore> {
  const [row] = await tx.query(beforeStatement, [holder.id, name]);
  return row ?? { description: null, is_everywhere: null, template_ids: null, others: 0, other_bytes: 0 };
}

const insertStatement: Statement<object> = statement(
  "secret_insert",
  `insert into secrets (id, holder_id, user_id, template_id, name, description, sealed, key_id, value_bytes,
  is_everywhere, template_ids, created_at, set_at, set_by)
values ($1, coalesce($2::uuid, $3::uuid), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12)
on conflict (holder_id, name) do update
set id = excluded.id, description = excluded.description, sealed = excluded.sealed, key_id = excluded.key_id,
  value_bytes = excluded.value_bytes, is_everywhere = excluded.is_everywhere, template_ids = excluded.template_ids,
  set_at = excluded.set_at, set_by = excluded.set_by`,
);

const describeStatement: Statement<object> = statement(
  "secret_describe",
  // The value stays, and so does who set it.
  `update secrets
set description = $3, is_everywhere = $4, template_ids = $5
where holder_id = $1
  and name = $2`,
);

export interface SecretWrite {
  readonly holder: SecretHolder;
  readonly name: string;
  readonly description: string;
  readonly isEverywhere: boolean;
  readonly templateIds: readonly TemplateId[];
  /** Null: the value stays as it is. `id` is what the value was sealed with. */
  readonly value: {
    readonly id: string;
    readonly sealed: Buffer;
    readonly keyId: string;
    readonly bytes: number;
  } | null;
  readonly by: UserId;
  readonly now: Date;
}

/** Stores a secret, and has the agents that get it look again. */
export async function writeSecret(tx: Tx, secret: SecretWrite): Promise<void> {
  const { holder, name, description, isEverywhere, templateIds, value } = secret;
  if (value === null) {
    await tx.query(describeStatement, [holder.id, name, description, isEverywhere, templateIds]);
  } else {
    await tx.query(insertStatement, [
      value.id,
      holder.kind === "person" ? holder.id : null,
      holder.kind === "template" ? holder.id : null,
      name,
      description,
      value.sealed,
      value.keyId,
      value.bytes,
      isEverywhere,
      templateIds,
      secret.now,
      secret.by,
    ]);
  }
  await tellAgentsOfHolder(tx, holder);
}

const removeStatement: Statement<{ readonly id: string }> = statement(
  "secret_remove",
  `delete from secrets
where holder_id = $1
  and name = $2
returning id`,
);

/** Removes a secret, and has the agents that had it look again; false when there is none. */
export async function removeSecret(tx: Tx, holder: SecretHolder, name: string): Promise<string | undefined> {
  const [row] = await tx.query(removeStatement, [holder.id, name]);
  if (row !== undefined) await tellAgentsOfHolder(tx, holder);
  return row?.id;
}

const personsAgentsStatement: Statement<{ readonly id: AgentId }> = statement(
  "secrets_agents_of_person",
  `select a.id
from workspaces w
join agents a on a.workspace_id = w.id
where w.owner_id = $1
  and w.deleted_at is null
  and a.retired_at is null
  and a.server_id is not null`,
);

const templatesAgentsStatement: Statement<{ readonly id: AgentId }> = statement(
  "secrets_agents_of_template",
  // Whom a prebuild that nobody has would be told of, it may not know.
  `select a.id
from workspaces w
cross join lateral (
  select id
  from agents
  where workspace_id = w.id
    and retired_at is null
    and server_id is not null
  limit ${agentsMax}
) a
where w.template_id = $1
  and w.owner_id > '${prebuildsUserId}'
  and w.deleted_at is null`,
);

/** Has the agents look again that get somebody's secrets, or get them no longer. */
export async function tellAgentsOfHolder(tx: Tx, { kind, id }: SecretHolder): Promise<void> {
  const agents = await tx.query(kind === "person" ? personsAgentsStatement : templatesAgentsStatement, [id]);
  for (const agent of agents) tx.emit(`agent:${agent.id}`);
}
