import type { TemplateVersionId } from "../../contracts/ids.ts";
import { tagsOfVersion } from "../jobs/insert-job.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";
import { blockedBecause } from "./daemon-match.ts";

const unservedStatement: Statement<{ readonly id: TemplateVersionId; readonly because: string }> = statement(
  "versions_unserved",
  // As a job would be asked that builds a new prebuild of the version: it is bound to no daemon yet.
  `select s.id, s.because
from (
  select v.id, (
    select ${blockedBecause("$2")}
    from (
      select v.driver, ${tagsOfVersion} as tags, 'pending' as status, null::uuid as workspace_id) j) as because
  from template_versions v
  where v.id = any($1::uuid[])) s
where s.because is not null`,
);

/** Those of the versions for which no daemon could build anything now, with why, in words. */
export async function unservedVersions(
  sql: Sql,
  versionIds: readonly TemplateVersionId[],
  daemonsSeenSince: Date,
): Promise<ReadonlyMap<TemplateVersionId, string>> {
  if (versionIds.length === 0) return new Map();
  const rows = await sql.query(unservedStatement, [versionIds, daemonsSeenSince]);
  return new Map(rows.map(({ id, because }) => [id, because]));
}
