import { createHash } from "node:crypto";
import { Readable, type Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import { appliedMigrations } from "./migrate.ts";
import { fixTextForms, listSequences, listTables } from "./transfer-catalog.ts";
import {
  endOfRows,
  exportFormat,
  exportFormatVersion,
  type ExportHeader,
  type ExportTable,
  TransferError,
  type TransferReport,
} from "./transfer-format.ts";

function line(value: object): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

async function headerOf(client: pg.ClientBase): Promise<ExportHeader> {
  const schemaVersion = (await appliedMigrations(client)).at(-1);
  if (schemaVersion === undefined) {
    throw new TransferError(
      "transfer_not_migrated",
      "This database holds no Prewarm data, so there is nothing to export. Check pg.url.",
    );
  }
  const found = await client.query<{ exported_at: Date; version: string }>(
    "select now() as exported_at, current_setting('server_version') as version",
  );
  const exportedAt = found.rows[0]?.exported_at.toISOString() ?? "";
  const postgresVersion = found.rows[0]?.version ?? "";
  return { format: exportFormat, formatVersion: exportFormatVersion, schemaVersion, exportedAt, postgresVersion };
}

async function* rowsOf(client: pg.ClientBase, { table, columns }: ExportTable): AsyncGenerator<Buffer, number> {
  const names = columns.map((column) => pg.escapeIdentifier(column)).join(", ");
  const copy = client.query(copyTo(`copy ${pg.escapeIdentifier(table)} (${names}) to stdout`));
  try {
    // Not destroyed on an early end: a copy cut off in the middle would leave the connection unusable.
    for await (const chunk of copy.iterator({ destroyOnReturn: false })) yield chunk as Buffer; // copy-streams gives Buffers
  } finally {
    copy.resume();
    if (!copy.readableEnded) await finished(copy).catch(() => {});
  }
  return copy.rowCount ?? 0;
}

async function* textOf(
  client: pg.ClientBase,
  header: ExportHeader,
  rows: Record<string, number>,
): AsyncGenerator<Buffer> {
  yield line(header);
  for (const table of await listTables(client)) {
    yield line(table);
    rows[table.table] = yield* rowsOf(client, table);
    yield Buffer.from(`${endOfRows}\n`);
  }
  for (const sequence of await listSequences(client)) yield line(sequence);
}

async function* withTrailer(
  text: AsyncIterable<Buffer>,
  rows: Readonly<Record<string, number>>,
): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  for await (const chunk of text) {
    hash.update(chunk);
    yield chunk;
  }
  yield line({ rows, sha256: hash.digest("hex") });
}

/**
 * Writes all data to `writable`, compressed, from one consistent snapshot; the servers go on working meanwhile.
 * The connection is used alone until it returns. Throws `TransferError` or the stream's own error; what was written
 * until then is refused by an import.
 */
export async function exportDatabase(client: pg.ClientBase, writable: Writable): Promise<TransferReport> {
  await client.query("begin isolation level repeatable read read only");
  try {
    await fixTextForms(client);
    const header = await headerOf(client);
    const rows: Record<string, number> = {};
    await pipeline(Readable.from(withTrailer(textOf(client, header, rows), rows)), createGzip(), writable);
    return { schemaVersion: header.schemaVersion, rows };
  } finally {
    await client.query("rollback");
  }
}
