import pg from "pg";

/**
 * Tables that a refused request may change: who was seen last, the audit log with its failures, archives (kept by their
 * hash before anything is decided, and pruned), creations that found no prebuild, and what servers write about themselves.
 */
const passedOver: readonly string[] = ["tokens", "audit_log", "files", "creation_outcomes", "servers", "leases"];

/** Which rows of the database change, noted by triggers. */
export interface ChangeLog {
  /** Tables with rows changed since the last look. */
  changedSince(mark: number): Promise<readonly string[]>;
  mark(): Promise<number>;
  close(): Promise<void>;
}

const setUp = `create schema if not exists fuzz;
create unlogged table fuzz.changes (id bigint generated always as identity, name text not null);
create function fuzz.note() returns trigger language plpgsql as $$
begin
  insert into fuzz.changes (name) values (tg_table_name);
  return null;
end $$;
do $$
declare each record;
begin
  for each in select tablename as name from pg_tables where schemaname = 'public' loop
    execute format('create trigger fuzz_note after insert or update or delete on public.%I
      for each row execute function fuzz.note()', each.name);
  end loop;
end $$`;

export async function openChangeLog(databaseUrl: string): Promise<ChangeLog> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(setUp);
  return {
    mark: async () => {
      const { rows } = await client.query<{ id: string }>("select coalesce(max(id), 0) as id from fuzz.changes");
      return Number(rows[0]?.id ?? 0);
    },
    changedSince: async (mark) => {
      const { rows } = await client.query<{ name: string }>(
        "select distinct name from fuzz.changes where id > $1 and name <> all($2::text[])",
        [mark, passedOver],
      );
      return rows.map(({ name }) => name);
    },
    close: () => client.end(),
  };
}
