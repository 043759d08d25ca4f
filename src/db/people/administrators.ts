import type { UserId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

const isAdministering = `role = 'administrator'
  and not is_system
  and deleted_at is null
  and suspended_at is null`;

const lockStatement: Statement<{ readonly id: UserId }> = statement(
  "administrators_lock",
  // In one order, so that two who meet wait for each other and do not deadlock; who was removed meanwhile is left out.
  `select id
from users
where ${isAdministering}
order by id
for no key update`,
);

/** Keeps everybody who may administer as he is until the transaction ends. @returns their ids. */
export async function lockAdministrators(tx: Tx): Promise<ReadonlySet<UserId>> {
  return new Set((await tx.query(lockStatement, [])).map(({ id }) => id));
}

export interface AdministratorRow {
  readonly id: UserId;
  readonly username: string;
  readonly has_password: boolean;
}

const firstStatement: Statement<AdministratorRow> = statement(
  "administrator_first",
  `select id, username, password_hash is not null as has_password
from users
where ${isAdministering}
order by lower(username) <> lower($1), created_at, id
limit 1`,
);

/** The administrator of this name, else the one who has been it for longest; undefined when there is none. */
export async function firstAdministrator(sql: Sql, username: string): Promise<AdministratorRow | undefined> {
  return (await sql.query(firstStatement, [username]))[0];
}
