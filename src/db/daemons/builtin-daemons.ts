import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

const namesStatement: Statement<{ readonly name: string }> = statement(
  "builtin_daemon_names",
  `select name
from daemons
where kind = 'builtin'
order by seen_at desc
limit 1000`,
);

/** Names of the servers' own daemons, those heard of last first. */
export async function builtinDaemonNames(sql: Sql): Promise<string[]> {
  return (await sql.query(namesStatement, [])).map((row) => row.name);
}
