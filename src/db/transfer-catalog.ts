import type pg from "pg";
import { migrationTables } from "./migrate.ts";
import type { ExportSequence, ExportTable } from "./transfer-format.ts";

const ours = `n.nspname = current_schema() and c.relname not in ('${migrationTables.applied}', '${migrationTables.lock}')`;

/** Every table with the columns that can be written, by name. */
export async function listTables(client: pg.ClientBase): Promise<readonly ExportTable[]> {
  const found = await client.query<{ table: string; columns: string[] }>(`
    select c.relname as table,
      array(
        select a.attname::text from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        order by a.attnum
      ) as columns
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where ${ours} and c.relkind = 'r'
    order by c.relname`);
  return found.rows;
}

/** Every sequence and where it stands. */
export async function listSequences(client: pg.ClientBase): Promise<readonly ExportSequence[]> {
  const names = await client.query<{ name: string; quoted: string }>(`
    select c.relname as name, quote_ident(c.relname) as quoted
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where ${ours} and c.relkind = 'S'
    order by c.relname`);
  const sequences: ExportSequence[] = [];
  for (const { name, quoted } of names.rows) {
    // A sequence is read like a table of one row; there is no catalog that tells `is_called`.
    const state = await client.query<{ last_value: string; is_called: boolean }>(
      `select last_value::text, is_called from ${quoted}`,
    );
    const [row] = state.rows;
    if (row !== undefined) sequences.push({ sequence: name, lastValue: row.last_value, isCalled: row.is_called });
  }
  return sequences;
}

export interface ForeignKey {
  readonly drop: string;
  readonly add: string;
}

/** The statements that take every foreign key away and put it back, as it was, over all rows at once. */
export async function listForeignKeys(client: pg.ClientBase): Promise<readonly ForeignKey[]> {
  const found = await client.query<{ drop: string; add: string }>(`
    select
      format('alter table %I drop constraint %I', c.relname, k.conname) as drop,
      format('alter table %I add constraint %I %s', c.relname, k.conname, pg_get_constraintdef(k.oid)) as add
    from pg_constraint k
    join pg_class c on c.oid = k.conrelid
    join pg_namespace n on n.oid = c.relnamespace
    where ${ours} and k.contype = 'f'
    order by c.relname, k.conname`);
  return found.rows;
}

/** Text forms of values that do not depend on either server's configuration. For the transaction that calls it. */
export async function fixTextForms(client: pg.ClientBase): Promise<void> {
  await client.query(`
    set local datestyle = 'ISO, YMD';
    set local intervalstyle = 'iso_8601';
    set local extra_float_digits = 1;
    set local bytea_output = 'hex';
    set local timezone = 'UTC';
    set local client_encoding = 'UTF8';
    set local statement_timeout = 0;
    set local idle_in_transaction_session_timeout = 0;
    set local xmloption = 'content'`);
}
