import type pg from "pg";

type Client = Pick<pg.ClientBase, "query">;

const tables = `
  select format('%I.%I', n.nspname, c.relname) as name, c.oid::integer as oid, c.relkind as kind
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'S') and n.nspname not in ('pg_catalog', 'pg_toast', 'information_schema', 'pristine')
  order by 1`;

interface Relation {
  readonly name: string;
  readonly oid: number;
  readonly kind: "r" | "S";
}

async function relations(client: Client, kind?: Relation["kind"]): Promise<Relation[]> {
  const { rows } = await client.query<Relation>(tables);
  return kind === undefined ? rows : rows.filter((row) => row.kind === kind);
}

/** Every row of every table and sequence, as text. */
export async function contentOf(client: Client): Promise<Readonly<Record<string, readonly string[]>>> {
  const content: Record<string, readonly string[]> = {};
  for (const { name, kind } of await relations(client)) {
    // A sequence's log counter says how many values are fetched ahead, and nothing of the next one.
    const what = kind === "S" ? "json_build_array(t.last_value, t.is_called)" : "to_jsonb(t)";
    const { rows } = await client.query<{ row: string }>(`select ${what}::text as row from ${name} t order by 1`);
    content[name] = rows.map(({ row }) => row);
  }
  return content;
}

/** A value that differs with `seed`, by the type of the column. */
function valueOf(type: string, seed: number): string {
  const values: Readonly<Record<string, string>> = {
    uuid: "gen_random_uuid()",
    "uuid[]": "array[gen_random_uuid()]",
    text: `'some ${seed}'`,
    "character varying(255)": `'some ${seed}'`,
    "text[]": `array['some ${seed}']`,
    integer: `${seed}`,
    bigint: `${seed}`,
    boolean: seed % 2 === 1 ? "true" : "false",
    "timestamp with time zone": `timestamptz 'epoch' + interval '${seed} s'`,
    jsonb: `'{"some": ${seed}}'`,
    bytea: `'\\x0${seed}'`,
  };
  const value = values[type];
  if (value === undefined) throw new Error(`teach test/support/database-content.ts a value of the type ${type}`);
  return value;
}

const columns = `
  select quote_ident(attname) as name, format_type(atttypid, atttypmod) as type
  from pg_attribute
  where attrelid = $1 and attnum > 0 and not attisdropped and attgenerated = ''
  order by attnum`;

const checks = `
  select format('alter table %s drop constraint %I', conrelid::regclass, conname) as text
  from pg_constraint
  where contype in ('c', 'f') and connamespace = 'public'::regnamespace`;

/** Removes the constraints that a row of any values would break. */
export async function allowAnyRow(client: Client): Promise<void> {
  for (const { text } of (await client.query<{ text: string }>(checks)).rows) await client.query(text);
}

/** Puts a row of any values into every table, and draws from every sequence. */
export async function fillEveryTable(client: Client, seed: number): Promise<void> {
  for (const { name, oid } of await relations(client, "r")) {
    const found = (await client.query<{ name: string; type: string }>(columns, [oid])).rows;
    const names = found.map((column) => column.name).join(", ");
    const values = found.map(({ type }) => valueOf(type, seed)).join(", ");
    await client.query(
      `insert into ${name} (${names}) overriding system value values (${values}) on conflict do nothing`,
    );
  }
  for (const { name } of await relations(client, "S")) await client.query(`select nextval('${name}')`);
}
