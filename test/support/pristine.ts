import type pg from "pg";

type Client = Pick<pg.ClientBase, "query">;

interface Restored {
  /** How many rows were removed before the first ones were put back. */
  readonly removed: number;
}

const ours = "n.nspname not in ('pg_catalog', 'pg_toast', 'information_schema', 'pristine')";

// The lists come from the catalog, so a table of a later migration is in them without anybody's doing.
const tables = `
  select c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name, quote_ident(c.relname) as short,
    (select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from pg_attribute a
     where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and ${ours}
  order by 2`;

const sequences = `
  select quote_literal(quote_ident(n.nspname) || '.' || quote_ident(c.relname)) as name,
    quote_ident(n.nspname) || '.' || quote_ident(c.relname) as from
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'S' and ${ours}
  order by 1`;

// A command that changes the schema draws from this sequence, which no rollback gives back; `always`: also as a replica.
const watch = `
  create sequence pristine.changes;
  create function pristine.note_change() returns event_trigger language plpgsql as
    $$ begin perform nextval('pristine.changes'); end $$;
  create event trigger pristine_changes on ddl_command_end execute function pristine.note_change();
  alter event trigger pristine_changes enable always;`;

// What deleting rows does not undo: a changed schema, statistics that somebody gathered, and settings of the database.
const refuse = `
  if (select is_called from pristine.changes) then raise 'the schema was changed'; end if;
  if exists (select from pg_statistic where starelid >= 16384) then raise 'there are statistics'; end if;
  if exists (select from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase
             where d.datname = current_database()) then raise 'the database has settings'; end if;`;

/** Remembers the content that this database has now, for `restorePristine` here and in every copy of it. */
export async function preservePristine(client: Client): Promise<void> {
  await client.query("create schema pristine");
  const removals: string[] = [];
  const insertions: string[] = [];
  for (const { name, short, columns } of (await client.query(tables)).rows) {
    removals.push(`delete from ${name}; get diagnostics one = row_count; removed := removed + one;`);
    const copied = await client.query(`create table pristine.${short} as select ${columns} from ${name}`);
    if (copied.rowCount === 0) await client.query(`drop table pristine.${short}`);
    else
      insertions.push(
        `insert into ${name} (${columns}) overriding system value select ${columns} from pristine.${short};`,
      );
  }
  const restarts: string[] = [];
  for (const { name, from } of (await client.query(sequences)).rows) {
    const { last_value: last, is_called: isCalled } = (await client.query(`select * from ${from}`)).rows[0];
    restarts.push(`perform setval(${name}, ${last}, ${isCalled});`);
  }
  await client.query(`
    create function pristine.restore() returns bigint language plpgsql as $$
    declare
      removed bigint := 0;
      one bigint;
    begin
      ${[refuse, ...removals, ...insertions, ...restarts].join("\n      ")}
      return removed;
    end $$;
    ${watch}`);
}

/** A connection for `restorePristine` alone: as a replica's it obeys no foreign key and fires no trigger. */
export async function prepareToRestore(client: Client): Promise<void> {
  await client.query("set session_replication_role = replica");
  await client.query("set lock_timeout = '5s'");
}

/** Puts the content back that was preserved. Throws, and changes nothing, where deleting rows would not be enough. */
export async function restorePristine(client: Client): Promise<Restored> {
  const { rows } = await client.query({
    name: "pristine_restore",
    text: "select pristine.restore()::integer as removed",
  });
  return { removed: rows[0].removed };
}
