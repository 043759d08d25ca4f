import type { PresetId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";
import { claimablePrebuilds, poolIsClaimable } from "./claimable.ts";

const countStatement: Statement<{ readonly preset_id: PresetId; readonly count: number }> = statement(
  "claimable_count",
  // By the words of the claim itself, and without its lock: what is counted here is what a claim would choose from.
  `select q.preset_id, c.count
from unnest($1::uuid[]) as q(preset_id)
cross join lateral (
  with pool as materialized (
    select p.id, p.ttl_seconds, p.invalidated_at
    from presets p
    join templates t on t.id = p.template_id
    where ${poolIsClaimable("q.preset_id", "$3::boolean")}
  ), candidates as (
    ${claimablePrebuilds({ preset: "q.preset_id", now: "$2", readySince: "'-infinity'" })}
    limit $4
  )
  select count(*)::int as count
  from candidates) c`,
);

/** More than so many ready prebuilds are counted as so many. */
const countedMax = 1_000;

/** How many prebuilds of the preset's pool a claim could take now, which others may be taking at this moment. */
export async function claimableCount(
  sql: Sql,
  input: { readonly presetId: PresetId; readonly isOutdatedAllowed: boolean; readonly now: Date },
): Promise<number> {
  const { presetId, isOutdatedAllowed, now } = input;
  const [row] = await sql.query(countStatement, [[presetId], now, isOutdatedAllowed, countedMax]);
  return row?.count ?? 0;
}

/** The same of several pools, of the active version alone. */
export async function claimableCounts(
  sql: Sql,
  presetIds: readonly PresetId[],
  now: Date,
): Promise<ReadonlyMap<PresetId, number>> {
  if (presetIds.length === 0) return new Map();
  const rows = await sql.query(countStatement, [presetIds, now, false, countedMax]);
  return new Map(rows.map((row) => [row.preset_id, row.count]));
}
