import { randomBytes } from "node:crypto";
import { PassThrough, Readable, Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gunzipSync, gzipSync } from "node:zlib";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { exportDatabase } from "../../src/db/export-database.ts";
import { importDatabase, seededTables } from "../../src/db/import-database.ts";
import { migrate } from "../../src/db/migrate.ts";
import { dumpSchema } from "../support/schema-dump.ts";
import { TransferError } from "../../src/db/transfer-format.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

// Two tables in a circle, one that names itself, a trigger that must not fire, and every kind of value that a text form could lose.
const schema = `
  create type mood as enum ('ok', 'not ok');
  create table people (
    id bigint generated always as identity primary key,
    name text not null,
    boss_id bigint references people (id),
    home_id uuid,
    mood mood not null default 'ok',
    shout text generated always as (upper(name)) stored
  );
  create table homes (id uuid primary key default gen_random_uuid(), owner_id bigint not null references people (id));
  alter table people add constraint people_home foreign key (home_id) references homes (id);
  create table samples (
    key serial primary key, t text, b bytea, j jsonb, a text[], n numeric, f double precision, ts timestamptz, i interval, flag boolean
  );
  create table nothing (n integer);
  create function refuse() returns trigger language plpgsql as $$ begin raise exception 'a trigger fired'; end $$;
`;
const arm = "create trigger people_refuse before insert on people for each row execute function refuse()";

let folder = "";
const databases: TestDatabase[] = [];
const clients: pg.Client[] = [];

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "pw-transfer-"));
  writeFileSync(path.join(folder, "0001_scratch.sql"), schema);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
  await Promise.all(databases.splice(0).map((database) => database.drop()));
});

async function connect(database: TestDatabase): Promise<pg.Client> {
  const client = new pg.Client(database.url);
  await client.connect();
  clients.push(client);
  return client;
}

async function scratch(): Promise<{ readonly client: pg.Client; readonly database: TestDatabase }> {
  const database = await createTestDatabase({ content: "empty" });
  databases.push(database);
  const pool = new pg.Pool({ ...database.connection, max: 1 });
  await migrate(pool, { folder }).finally(() => pool.end());
  return { client: await connect(database), database };
}

async function filled(): Promise<{ readonly client: pg.Client; readonly database: TestDatabase }> {
  const source = await scratch();
  await source.client.query(`
    insert into people (name, boss_id) values ('Ada', null), ('Bob', 1), (E'tab\\there\\nline \\\\. back\\\\slash', 2);
    insert into homes (owner_id) select id from people;
    update people set home_id = homes.id, mood = 'not ok' from homes where homes.owner_id = people.id and people.id > 1;
    delete from people where id = 99;
    select setval('samples_key_seq', 41);`);
  const values = ["\\N", "", "\\.", "ünïcödé 🎉", null, "{}\"'\n\r\t\\"];
  for (const t of values) {
    await source.client.query(
      "insert into samples (t, b, j, a, n, f, ts, i, flag) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      [
        t,
        randomBytes(300),
        JSON.stringify({ t }),
        [t, "x,y", null],
        "123456789012345678901234567890.123",
        0.1 + 0.2,
        "1969-07-20T20:17:40.123456Z",
        "1 mon 2 days 03:04:05.678",
        t !== "",
      ],
    );
  }
  await source.client.query("insert into samples (t) select repeat(md5(n::text), 200) from generate_series(1, 500) n");
  await source.client.query(arm);
  return source;
}

const tables = ["people", "homes", "samples", "nothing"];

async function contents(client: pg.Client): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  for (const table of tables) all.push((await client.query(`select x::text as row from ${table} x order by 1`)).rows);
  return all;
}

async function exported(client: pg.Client): Promise<Buffer> {
  const stream = new PassThrough();
  const [bytes] = await Promise.all([buffer(stream), exportDatabase(client, stream)]);
  return bytes;
}

async function refusal(client: pg.Client, bytes: Buffer): Promise<TransferError> {
  const outcome = await importDatabase(client, Readable.from([bytes])).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(outcome instanceof TransferError)) throw new Error(`expected a refusal, got ${String(outcome)}`);
  return outcome;
}

describe("an export and its import", () => {
  it("meet no row but those that the migrations made, in a new database of ours, and replace them", async () => {
    const database = await createTestDatabase({ content: "empty" });
    databases.push(database);
    const pool = new pg.Pool({ ...database.connection, max: 1 });
    await migrate(pool).finally(() => pool.end());
    const client = await connect(database);
    const bytes = await exported(client);
    const { rows } = await importDatabase(client, Readable.from([bytes]));
    const filledTables = Object.keys(rows).filter((table) => rows[table] !== 0);
    expect(filledTables).toEqual(Object.keys(seededTables));
    // Once something has happened it is not new any more.
    await client.query("update pool_totals_mark set settled_id = 1");
    expect((await refusal(client, bytes)).code).toBe("transfer_not_empty");
  });

  it("bring over every row, value and sequence, through circles of foreign keys and past triggers", async () => {
    const source = await filled();
    const target = await scratch();
    await target.client.query(arm);
    const schemaBefore = await dumpSchema(target.client);
    const stream = new PassThrough();
    const [sent, received] = await Promise.all([
      exportDatabase(source.client, stream),
      importDatabase(target.client, stream),
    ]);
    expect(received).toEqual(sent);
    expect(sent).toEqual({ schemaVersion: "0001_scratch", rows: { people: 3, homes: 3, samples: 506, nothing: 0 } });
    expect(await contents(target.client)).toEqual(await contents(source.client));
    expect(await dumpSchema(target.client)).toBe(schemaBefore);
    await target.client.query("drop trigger people_refuse on people");
    const next = await target.client.query("insert into people (name) values ('next') returning id::int");
    expect(next.rows).toEqual([{ id: 4 }]);
    expect((await target.client.query("select nextval('samples_key_seq')::int as n")).rows).toEqual([{ n: 548 }]);
    await expect(target.client.query("insert into people (name, boss_id) values ('x', 999)")).rejects.toThrow(
      /foreign key/,
    );
  });

  it("bring an older release's rows into the schema of their time, which is then brought up to date", async () => {
    const source = await filled();
    const bytes = await exported(source.client);
    const newer = mkdtempSync(path.join(tmpdir(), "pw-transfer-newer-"));
    writeFileSync(path.join(newer, "0001_scratch.sql"), schema);
    const twice = "alter table people add column twice text; update people set twice = name || name;";
    writeFileSync(path.join(newer, "0002_twice.sql"), twice);
    const database = await createTestDatabase({ content: "empty" });
    databases.push(database);
    const pool = new pg.Pool({ ...database.connection, max: 1 });
    const client = await connect(database);
    try {
      const report = await importDatabase(client, Readable.from([bytes]), {
        prepare: async (until) => {
          await migrate(pool, { folder: newer, until });
        },
      });
      expect(report.schemaVersion).toBe("0001_scratch");
      expect((await migrate(pool, { folder: newer })).applied).toEqual(["0002_twice"]);
    } finally {
      await pool.end();
      rmSync(newer, { recursive: true });
    }
    const found = await client.query("select name, twice from people where id = 1");
    expect(found.rows).toEqual([{ name: "Ada", twice: "AdaAda" }]);
  });

  it("show one moment: what is written during the export is not in it", async () => {
    const source = await filled();
    const writer = await connect(source.database);
    let isWritten = false;
    const chunks: Buffer[] = [];
    const slow = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _, done) {
        chunks.push(chunk);
        if (isWritten) return done();
        isWritten = true;
        writer
          .query(
            "insert into samples (t) values ('late'); insert into nothing values (1); delete from homes where owner_id = 1",
          )
          .then(() => done(), done);
      },
    });
    const report = await exportDatabase(source.client, slow);
    expect(isWritten).toBe(true);
    expect(report.rows).toEqual({ people: 3, homes: 3, samples: 506, nothing: 0 });
  });

  it("leave the connection usable when the receiver fails in the middle", async () => {
    const source = await filled();
    const failing = new Writable({
      write(_chunk, _encoding, done) {
        done(new Error("the disk is full"));
      },
    });
    await expect(exportDatabase(source.client, failing)).rejects.toThrow("the disk is full");
    expect((await source.client.query("select count(*)::int as n from samples")).rows).toEqual([{ n: 506 }]);
    expect((await exported(source.client)).length).toBeGreaterThan(100);
  });
});

describe("an import is refused, and nothing of it kept,", () => {
  async function bytes(): Promise<Buffer> {
    return exported((await filled()).client);
  }

  async function expectEmpty(client: pg.Client): Promise<void> {
    expect(await contents(client)).toEqual([[], [], [], []]);
    expect((await client.query("select is_called from samples_key_seq")).rows).toBeDefined();
    await expect(client.query("insert into people (name, boss_id) values ('x', 999)")).rejects.toThrow(/foreign key/);
  }

  it("when the file was cut off anywhere", async () => {
    const whole = await bytes();
    const text = gunzipSync(whole);
    const target = await scratch();
    for (const share of [0.02, 0.5, 0.98]) {
      expect((await refusal(target.client, whole.subarray(0, Math.floor(whole.length * share)))).code).toBe(
        "transfer_truncated",
      );
      const cut = text.subarray(0, Math.floor(text.length * share));
      expect((await refusal(target.client, gzipSync(cut))).code).toBe("transfer_truncated");
    }
    const withoutTrailer = text.subarray(0, text.lastIndexOf("\n", text.length - 2) + 1);
    expect((await refusal(target.client, gzipSync(withoutTrailer))).code).toBe("transfer_truncated");
    await expectEmpty(target.client);
  });

  it("when a row was changed, added or lost", async () => {
    const text = gunzipSync(await bytes()).toString("utf8");
    const target = await scratch();
    const lines = text.split("\n");
    const ada = lines.findIndex((line) => line.includes("Ada"));
    for (const changed of [
      text.replace("Ada", "Eve"),
      lines.toSpliced(ada, 1).join("\n"),
      text.replace(/("rows":\{[^}]*"people":)3/, "$14"),
    ]) {
      expect(changed).not.toBe(text);
      expect((await refusal(target.client, gzipSync(changed))).code).toBe("transfer_damaged");
    }
    const nonsense = await refusal(target.client, gzipSync(text.replace("Ada\t\\N", "Ada\tnonsense")));
    expect(nonsense.code).toBe("transfer_damaged");
    expect(nonsense.message).toContain("nonsense");
    await expectEmpty(target.client);
  });

  it("when the database holds anything, which stays", async () => {
    const whole = await bytes();
    const target = await scratch();
    await target.client.query("insert into nothing values (7)");
    const error = await refusal(target.client, whole);
    expect([error.code, error.message]).toEqual(["transfer_not_empty", expect.stringContaining("nothing")]);
    expect((await target.client.query("select n from nothing")).rows).toEqual([{ n: 7 }]);
  });

  it("when it is of another schema, a newer format, or no export at all", async () => {
    const text = gunzipSync(await bytes()).toString("utf8");
    const target = await scratch();
    const other = gzipSync(text.replace("0001_scratch", "0009_other"));
    expect((await refusal(target.client, other)).code).toBe("transfer_schema_differs");
    const newer = gzipSync(text.replace('"formatVersion":1', '"formatVersion":2'));
    expect((await refusal(target.client, newer)).code).toBe("transfer_format_newer");
    expect((await refusal(target.client, Buffer.from("plain text"))).code).toBe("transfer_not_an_export");
    expect((await refusal(target.client, gzipSync("hello\nworld\n"))).code).toBe("transfer_not_an_export");
    await expectEmpty(target.client);
  });

  it("when the database has gone further than the schema of an older release's export", async () => {
    const older = await bytes();
    const target = await scratch();
    await target.client.query("insert into schema_migrations (name, timestamp) values ('0002_further', '')");
    const error = await refusal(target.client, older);
    expect([error.code, error.message]).toEqual([
      "transfer_schema_differs",
      expect.stringContaining("into a new, empty database"),
    ]);
    await expectEmpty(target.client);
  });

  it("when there is no schema to import into, or none to export", async () => {
    const database = await createTestDatabase({ content: "empty" });
    databases.push(database);
    const client = await connect(database);
    expect((await refusal(client, await bytes())).code).toBe("transfer_not_migrated");
    await expect(exported(client)).rejects.toMatchObject({ code: "transfer_not_migrated" });
  });

  it("when the stream that carries it fails", async () => {
    const whole = await bytes();
    const target = await scratch();
    const broken = Readable.from(
      (function* () {
        yield whole.subarray(0, 2000);
        throw new Error("the network went away");
      })(),
    );
    await expect(importDatabase(target.client, broken)).rejects.toThrow("the network went away");
    await expectEmpty(target.client);
  });
});
