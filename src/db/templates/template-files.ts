import type { TemplateVersionId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

const putFileStatement: Statement<object> = statement(
  "file_put",
  // A file that is there already is young again: else it could go, as one that no version names, before this one does.
  `insert into files (hash, bytes, size, created_at)
values ($1, $2, $3, $4)
on conflict (hash) do update
set created_at = excluded.created_at`,
);

export async function putFile(sql: Sql, hash: Buffer, bytes: Buffer, now: Date): Promise<void> {
  await sql.query(putFileStatement, [hash, bytes, bytes.length, now]);
}

const getFileStatement: Statement<{ readonly bytes: Buffer }> = statement(
  "file_get",
  `select bytes
from files
where hash = $1`,
);

export async function getFile(sql: Sql, hash: Buffer): Promise<Buffer | undefined> {
  return (await sql.query(getFileStatement, [hash]))[0]?.bytes;
}

const versionArchiveStatement: Statement<{ readonly bytes: Buffer }> = statement(
  "template_version_archive",
  `select f.bytes
from template_versions v
join files f on f.hash = v.file_hash
where v.id = $1`,
);

/** The folder of a version as it was pushed. */
export async function versionArchive(sql: Sql, versionId: TemplateVersionId): Promise<Buffer | undefined> {
  return (await sql.query(versionArchiveStatement, [versionId]))[0]?.bytes;
}
