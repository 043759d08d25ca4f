import type { PresetId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

interface DigestRow {
  readonly preset_id: PresetId;
  readonly digest: string;
}

const latestStatement: Statement<DigestRow> = statement(
  "decisions_latest",
  `select p.id as preset_id, d.digest
from unnest($1::uuid[]) as p(id)
cross join lateral (
  select digest
  from decisions
  where preset_id = p.id
  order by id desc
  limit 1) d`,
);

/** Digest of the newest stored decision of each preset that has one. */
export async function latestDigests(sql: Sql, presetIds: readonly PresetId[]): Promise<Map<PresetId, string>> {
  const rows = await sql.query(latestStatement, [presetIds]);
  return new Map(rows.map((row) => [row.preset_id, row.digest]));
}

const insertStatement: Statement<object> = statement(
  "decisions_insert",
  // The delete does not see the row that the same statement inserts, so it leaves one less of the others.
  `with fresh as (
  insert into decisions (preset_id, at, digest, record)
  select d.preset_id, $1, d.digest, d.record
  from unnest($2::uuid[], $3::text[], $4::jsonb[]) as d(preset_id, digest, record)
)
delete from decisions d
using (
  select o.id
  from unnest($2::uuid[]) as p(id)
  cross join lateral (
    select id
    from decisions
    where preset_id = p.id
    order by id desc
    offset greatest($5::int - 1, 0)) o) old
where d.id = old.id`,
);

export interface NewDecision {
  readonly presetId: PresetId;
  readonly digest: string;
  readonly record: object;
}

/** Stores decisions that differ from the ones before, and drops what is beyond `keptMax` of each preset. */
export async function insertDecisions(
  sql: Sql,
  decisions: readonly NewDecision[],
  options: { readonly now: Date; readonly keptMax: number },
): Promise<void> {
  await sql.query(insertStatement, [
    options.now,
    decisions.map((decision) => decision.presetId),
    decisions.map((decision) => decision.digest),
    decisions.map((decision) => JSON.stringify(decision.record)),
    options.keptMax,
  ]);
}

const historyStatement: Statement<{ readonly at: Date; readonly record: Record<string, unknown> }> = statement(
  "decisions_history",
  `select at, record
from decisions
where preset_id = $1
order by id desc
limit $2`,
);

export async function decisionHistory(
  sql: Sql,
  presetId: PresetId,
  max: number,
): Promise<{ readonly at: Date; readonly record: Record<string, unknown> }[]> {
  return await sql.query(historyStatement, [presetId, max]);
}
