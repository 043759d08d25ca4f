import type { PresetId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

/** Creations of each preset, the newest, that are looked through; of these, the newest of each outcome that count. */
const outcomesLookedMax = 200;
const outcomesCountedMax = 50;
/** What took longer is no sample: its agent was acknowledged anew, much later, or somebody let it lie. */
const longestSeconds = 3_600;

interface EstimateRow {
  readonly preset_id: PresetId;
  readonly outcome: "claimed" | "cold";
  readonly p50_ms: number;
  readonly p90_ms: number;
  readonly samples: number;
}

/**
 * SQL of the instant at which the workspace of a creation `o` could be used: of a claim, the acknowledgement of its agents
 * that they run for the new owner; of a cold creation, that the agents of its first build became ready, or its end where
 * there are no agents.
 */
export const usableAtOf = (o: string): string => `case when ${o}.outcome = 'claimed' then (
      select max(a.acknowledged_at)
      from agents a
      where a.workspace_id = ${o}.workspace_id
        and a.created_at <= ${o}.at
    ) else coalesce((
      select max(a.ready_at)
      from builds b
      join agents a on a.workspace_id = b.workspace_id and a.build_id = b.id
      where b.workspace_id = ${o}.workspace_id
        and b.number = 1
    ), (
      select j.completed_at
      from builds b
      join jobs j on j.id = b.job_id
      where b.workspace_id = ${o}.workspace_id
        and b.number = 1
        and j.status = 'succeeded'
        and not exists (select 1 from agents a where a.workspace_id = b.workspace_id)
    )) end`;

const estimatesStatement: Statement<EstimateRow> = statement(
  "creation_estimates",
  `select s.preset_id, s.outcome, percentile_cont(0.5) within group (order by s.ms) as p50_ms,
  percentile_cont(0.9) within group (order by s.ms) as p90_ms, count(*)::int as samples
from (
  select q.preset_id, o.outcome, extract(epoch from d.usable_at - o.at) * 1000 as ms,
    row_number() over (partition by q.preset_id, o.outcome order by o.at desc) as nth
  from unnest($1::uuid[]) as q(preset_id)
  cross join lateral (
    select c.workspace_id, c.outcome, c.at
    from creation_outcomes c
    where c.preset_id = q.preset_id
    order by c.at desc
    limit $2) o
  cross join lateral (
    select ${usableAtOf("o")} as usable_at) d
  where o.outcome <> 'refused'
    and d.usable_at between o.at and o.at + make_interval(secs => $4)
) s
where s.nth <= $3
group by s.preset_id, s.outcome`,
);

export interface Estimate {
  readonly p50Ms: number;
  readonly p90Ms: number;
  /** Creations that it is made from. */
  readonly samples: number;
}

export interface Estimates {
  readonly warm: Estimate | null;
  readonly cold: Estimate | null;
}

export const noEstimates: Estimates = { warm: null, cold: null };

/** How long creations with these presets took lately until their agents were there. */
export async function creationEstimates(
  sql: Sql,
  presetIds: readonly PresetId[],
): Promise<ReadonlyMap<PresetId, Estimates>> {
  const made = new Map<PresetId, Estimates>();
  if (presetIds.length === 0) return made;
  const rows = await sql.query(estimatesStatement, [presetIds, outcomesLookedMax, outcomesCountedMax, longestSeconds]);
  for (const { preset_id: presetId, outcome, p50_ms: p50, p90_ms: p90, samples } of rows) {
    const estimate = { p50Ms: Math.round(p50), p90Ms: Math.round(p90), samples };
    const before = made.get(presetId) ?? noEstimates;
    made.set(presetId, outcome === "claimed" ? { ...before, warm: estimate } : { ...before, cold: estimate });
  }
  return made;
}
