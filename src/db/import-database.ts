import { createHash } from "node:crypto";
import { once } from "node:events";
import { pipeline, type Readable, type Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { appliedMigrations } from "./migrate.ts";
import { MigrationError } from "./migration-error.ts";
import { fixTextForms, listForeignKeys, listTables } from "./transfer-catalog.ts";
import {
  endOfRows,
  type ExportHeader,
  exportFormatVersion,
  type ExportSequence,
  type ExportTable,
  type ExportTrailer,
  parseLine,
  TransferError,
  type TransferReport,
} from "./transfer-format.ts";

/** Longest line that is read into memory; a row with a template archive is the longest there is. */
export const lineBytesMax = 512 * 1024 * 1024;
const batchBytes = 64 * 1024;
const newline = 0x0a;

/** Lines of a stream without their ends. A last line without an end is not given: the file was cut there. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const part = chunk.subarray(start, end);
      yield held.length === 0 ? part : Buffer.concat([...held, part]);
      held = [];
      heldBytes = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    held.push(chunk.subarray(start));
    heldBytes += chunk.length - start;
    if (heldBytes > lineBytesMax) throw damaged("a line is longer than any row can be");
  }
}

function damaged(why: string): TransferError {
  return new TransferError(
    "transfer_damaged",
    `The export is damaged: ${why}. Nothing was imported. Use another copy of it.`,
  );
}

function truncated(cause?: unknown): TransferError {
  const message =
    "The export ends too early, so it was not written or copied completely. Nothing was imported. Use another copy of it.";
  return new TransferError("transfer_truncated", message, { cause });
}

function asTransferError(error: unknown): TransferError {
  if (error instanceof TransferError) return error;
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  if (code === "Z_BUF_ERROR") return truncated(error);
  if (code === "Z_DATA_ERROR" || code === "Z_NEED_DICT") {
    return String(error).includes("header check")
      ? new TransferError(
          "transfer_not_an_export",
          "The file is not an export of Prewarm: it is not compressed by gzip. Check its path.",
          { cause: error },
        )
      : damaged(String(error));
  }
  // A value that PostgreSQL cannot read, or that its constraints refuse: no export has such a line.
  if (/^2[23]/.test(code)) return damaged(String(error));
  return new TransferError("transfer_failed", `The import failed, and nothing of it was kept: ${String(error)}.`, {
    cause: error,
  });
}

function requireKnownFormat(header: ExportHeader): void {
  if (header.formatVersion <= exportFormatVersion) return;
  throw new TransferError(
    "transfer_format_newer",
    `The export has format ${header.formatVersion}, and this release reads up to ${exportFormatVersion}. Import it with the release that wrote it, or a later one.`,
  );
}

function checkHeader(header: ExportHeader, databaseVersion: string): void {
  if (header.schemaVersion === databaseVersion) return;
  // Names begin with their number, so that they sort as they follow each other.
  const next =
    header.schemaVersion > databaseVersion
      ? "Import it with the release that wrote it, or a later one."
      : "Import it into a new, empty database: that one is filled as it was, and then brought up to date.";
  throw new TransferError(
    "transfer_schema_differs",
    `The export was made at schema ${header.schemaVersion}, and the database is at ${databaseVersion}. ${next}`,
  );
}

/**
 * Tables in which the migrations themselves put rows, with what only such a row says: nothing has happened since. The
 * import replaces them by what the export has.
 */
export const seededTables: Readonly<Record<string, string>> = {
  pool_totals_mark: "settled_id = 0 and candidate_id = 0 and candidate_xid = 0",
};

async function requireEmpty(client: pg.ClientBase, tables: readonly ExportTable[]): Promise<void> {
  for (const { table } of tables) {
    const name = pg.escapeIdentifier(table);
    const seed = seededTables[table];
    if (seed !== undefined) await client.query(`delete from ${name} where ${seed}`);
    const found = await client.query(`select from ${name} limit 1`);
    if (found.rowCount === 0) continue;
    throw new TransferError(
      "transfer_not_empty",
      `The database already holds data (in the table ${table}), and an import never overwrites any. Import into a new, empty data folder or database.`,
    );
  }
}

/** Writes with regard to the receiver's pace; a receiver that fails, fails the write. */
async function write(stream: Writable, bytes: Buffer): Promise<void> {
  if (stream.write(bytes)) return;
  const done = new AbortController();
  try {
    await Promise.race([once(stream, "drain", { signal: done.signal }), finished(stream, { signal: done.signal })]);
  } finally {
    done.abort();
  }
}

class Reader {
  readonly #lines: AsyncGenerator<Buffer>;
  readonly #hash = createHash("sha256");

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#lines = linesOf(chunks);
  }

  /** The next line; what it says is part of the checksum unless it is the trailer. */
  async next(): Promise<Buffer> {
    const { done, value } = await this.#lines.next();
    if (done === true) throw truncated();
    return value;
  }

  count(line: Buffer): void {
    this.#hash.update(line).update("\n");
  }

  digest(): string {
    return this.#hash.digest("hex");
  }
}

async function copyRows(client: pg.ClientBase, { table, columns }: ExportTable, reader: Reader): Promise<number> {
  const names = columns.map((column) => pg.escapeIdentifier(column)).join(", ");
  const copy = client.query(copyFrom(`copy ${pg.escapeIdentifier(table)} (${names}) from stdin`));
  const failed = new Promise<never>((_, reject) => copy.once("error", reject));
  failed.catch(() => {}); // Reported by whichever await below meets it.
  let rows = 0;
  let batch: Buffer[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const line = await reader.next();
      reader.count(line);
      const isEnd = line.length === 2 && line.toString("latin1") === endOfRows;
      if (!isEnd) {
        batch.push(line, Buffer.from("\n"));
        bytes += line.length + 1;
        rows += 1;
      }
      if (bytes >= batchBytes || (isEnd && bytes > 0)) {
        await Promise.race([write(copy, Buffer.concat(batch)), failed]);
        batch = [];
        bytes = 0;
      }
      if (isEnd) break;
    }
  } catch (error) {
    // Tells the server that the copy fails, so that the connection can be used for the rollback.
    copy.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
  copy.end();
  await Promise.race([finished(copy), failed]);
  return rows;
}

interface Target {
  readonly client: pg.ClientBase;
  readonly tables: ReadonlyMap<string, ExportTable>;
}

function requireSameColumns(target: Target, table: ExportTable): void {
  const known = target.tables.get(table.table);
  if (known !== undefined && known.columns.toSorted().join() === table.columns.toSorted().join()) return;
  throw damaged(`its table ${table.table} is not as schema says`);
}

async function setSequence(client: pg.ClientBase, sequence: ExportSequence): Promise<void> {
  await client.query("select setval(quote_ident($1)::regclass, $2::bigint, $3)", [
    sequence.sequence,
    sequence.lastValue,
    sequence.isCalled,
  ]);
}

function checkTrailer(trailer: ExportTrailer, rows: Readonly<Record<string, number>>, sha256: string): void {
  if (trailer.sha256 !== sha256) throw damaged("its checksum does not match");
  for (const name of new Set([...Object.keys(trailer.rows), ...Object.keys(rows)])) {
    if (trailer.rows[name] !== rows[name])
      throw damaged(`it has ${rows[name] ?? 0} rows of ${name} instead of ${trailer.rows[name] ?? 0}`);
  }
}

/** Everything after the header. */
async function load(target: Target, reader: Reader): Promise<Readonly<Record<string, number>>> {
  const rows: Record<string, number> = {};
  for (;;) {
    const text = await reader.next();
    const line = parseLine(text.toString("utf8"));
    if (line === undefined || line.kind === "header") throw damaged("it holds a line that is not of its format");
    if (line.kind === "trailer") {
      checkTrailer(line.trailer, rows, reader.digest());
      return rows;
    }
    reader.count(text);
    if (line.kind === "sequence") await setSequence(target.client, line.sequence);
    else {
      requireSameColumns(target, line.table);
      rows[line.table.table] = await copyRows(target.client, line.table, reader);
    }
  }
}

/** The first line of the export. */
async function readHeader(reader: Reader): Promise<ExportHeader> {
  const first = await reader.next();
  const header = parseLine(first.toString("utf8"));
  if (header?.kind !== "header") {
    throw new TransferError(
      "transfer_not_an_export",
      "The file is not an export of Prewarm: its first line is not one. Check its path.",
    );
  }
  reader.count(first);
  return header.header;
}

async function importInto(client: pg.ClientBase, header: ExportHeader, reader: Reader): Promise<TransferReport> {
  const databaseVersion = (await appliedMigrations(client)).at(-1);
  if (databaseVersion === undefined) {
    throw new TransferError(
      "transfer_not_migrated",
      "The database has no schema yet. Run the migrations first, then import.",
    );
  }
  const tables = await listTables(client);
  // Nobody else may write while the data comes in; readers see the empty database until the commit.
  for (const { table } of tables)
    await client.query(`lock table ${pg.escapeIdentifier(table)} in share row exclusive mode`);
  await requireEmpty(client, tables);
  checkHeader(header, databaseVersion);
  // Without foreign keys the order of the tables does not matter, circles included; with them back, every row is checked.
  const keys = await listForeignKeys(client);
  for (const key of keys) await client.query(key.drop);
  for (const { table } of tables) await client.query(`alter table ${pg.escapeIdentifier(table)} disable trigger user`);
  const rows = await load({ client, tables: new Map(tables.map((table) => [table.table, table])) }, reader);
  for (const { table } of tables) await client.query(`alter table ${pg.escapeIdentifier(table)} enable trigger user`);
  for (const key of keys) await client.query(key.add);
  return { schemaVersion: header.schemaVersion, rows };
}

export interface ImportOptions {
  /**
   * Brings the database to the export's schema, before anything else is done with it: a backup of an older release fits
   * the schema of its time. Not asked for an export of a format that is newer than ours.
   */
  readonly prepare?: (schemaVersion: string) => Promise<void>;
}

/**
 * Reads what `exportDatabase` wrote into a migrated database that holds no rows: all of it or, on any error, nothing.
 * The connection is used alone until it returns, and its user must own the tables. Throws `TransferError`.
 */
export async function importDatabase(
  client: pg.ClientBase,
  readable: Readable,
  { prepare }: ImportOptions = {},
): Promise<TransferReport> {
  const unpacked = createGunzip();
  // An error of either stream ends the reading below, which is where it is reported, whenever it comes.
  pipeline(readable, unpacked, () => {});
  unpacked.on("error", () => {}); // `pipeline` stops listening at the first one.
  try {
    const reader = new Reader(unpacked);
    const header = await readHeader(reader);
    requireKnownFormat(header);
    await prepare?.(header.schemaVersion);
    return await inTransaction(client, () => importInto(client, header, reader));
  } catch (error) {
    throw error instanceof MigrationError ? error : asTransferError(error);
  } finally {
    unpacked.destroy();
  }
}

async function inTransaction<Result>(client: pg.ClientBase, work: () => Promise<Result>): Promise<Result> {
  await client.query("begin");
  try {
    await fixTextForms(client);
    const result = await work();
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}
