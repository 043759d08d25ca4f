import type { JobId, TemplateVersionId } from "../../contracts/ids.ts";
import type { Manifest } from "../../contracts/manifest.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface ImportedVersion {
  readonly id: TemplateVersionId;
  readonly manifest: Manifest;
  /** How many are stored. */
  readonly presets: number;
}

const importedStatement: Statement<ImportedVersion> = statement(
  "version_of_import",
  `select v.id, v.manifest, (select count(*)::int from presets p where p.template_version_id = v.id) as presets
from jobs j
join template_versions v on v.id = j.template_version_id
where j.id = $1
  and j.kind = 'template_import'`,
  "look",
);

/** The version that a job imports; undefined for another kind of job. */
export async function importedVersion(sql: Sql, jobId: JobId): Promise<ImportedVersion | undefined> {
  return (await sql.query(importedStatement, [jobId]))[0];
}
