import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

/** Before every secret's id. */
export const beforeAllSecrets = "00000000-0000-0000-0000-000000000000";

const keysStatement: Statement<{ readonly key_id: string; readonly count: number }> = statement(
  "secrets_keys",
  `select key_id, count(*)::int as count
from secrets
group by key_id`,
  "long",
);

/** By which keys secrets are sealed, and how many by each. */
export async function secretKeys(sql: Sql): Promise<readonly { readonly key_id: string; readonly count: number }[]> {
  return await sql.query(keysStatement, []);
}

export interface SealedSecret {
  readonly id: string;
  readonly name: string;
  /** A person's name, or a template's. */
  readonly holder: string;
  readonly is_templates: boolean;
  readonly sealed: Buffer;
  readonly key_id: string;
}

const sealedByStatement: Statement<SealedSecret> = statement(
  "secrets_sealed_by",
  `select s.id, s.name, coalesce(u.username, t.name) as holder, s.template_id is not null as is_templates, s.sealed,
  s.key_id
from secrets s
left join users u on u.id = s.user_id
left join templates t on t.id = s.template_id
where s.key_id = any($1)
  and s.id > $2
order by s.id
limit $3`,
  "long",
);

/** A page of those that are sealed by these keys. */
export async function secretsSealedBy(
  sql: Sql,
  by: { readonly keyIds: readonly string[]; readonly after: string; readonly limit: number },
): Promise<readonly SealedSecret[]> {
  return await sql.query(sealedByStatement, [by.keyIds, by.after, by.limit]);
}

const resealStatement: Statement<object> = statement(
  "secret_reseal",
  // By its key, too: whoever has set another value meanwhile has sealed that himself.
  `update secrets
set sealed = $3, key_id = $4
where id = $1
  and key_id = $2`,
);

export async function resealSecret(
  sql: Sql,
  { id, key_id: before }: SealedSecret,
  by: { readonly sealed: Buffer; readonly keyId: string },
): Promise<void> {
  await sql.query(resealStatement, [id, before, by.sealed, by.keyId]);
}
