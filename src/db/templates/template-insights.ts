import type { TemplateId } from "../../contracts/ids.ts";
import { prebuildsUserId } from "../../contracts/system-ids.ts";
import { usableAtOf } from "../claims/creation-estimates.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface InsightsOf {
  readonly templateId: TemplateId;
  readonly from: Date;
  /** The first instant after it. */
  readonly to: Date;
}

type Outcome = "claimed" | "cold" | "refused";

/** Creations of a day, or else the misses of a preset by their reason. */
export interface DemandRow {
  /** Null in a row of misses. */
  readonly day: string | null;
  readonly outcome: Outcome;
  readonly preset_name: string | null;
  readonly reason: string | null;
  readonly count: number;
}

/** Days by outcome, and reasons of every preset that any version had. */
const demandRowsMax = 2_000;

const demandStatement: Statement<DemandRow> = statement(
  "template_insights_demand",
  // What is in the sums, and what is not yet: seen in one statement, each is in it once.
  `with every as (
  select hour as at, outcome, preset_name, reason, count
  from demand_hours
  where template_id = $1
    and hour >= $2
    and hour < $3
  union all
  select o.at, o.outcome, coalesce((
    select p.name
    from presets p
    where p.id = o.preset_id), ''), coalesce(o.miss_reason, ''), 1
  from creation_outcomes o
  where o.id > (select settled_id from pool_totals_mark)
    and o.template_id = $1
    and o.at >= $2
    and o.at < $3
), dated as (
  select to_char(at at time zone 'UTC', 'YYYY-MM-DD') as day, outcome, preset_name, reason, count
  from every
)
select day, outcome, preset_name, reason, sum(count)::int as count
from dated
group by grouping sets ((day, outcome), (outcome, preset_name, reason))
having day is not null
  or outcome <> 'claimed'
order by day, sum(count) desc, preset_name, reason
limit ${demandRowsMax}`,
  "long",
);

/** Creations by the day, and misses by preset and reason, the most frequent first. */
export async function insightsDemand(sql: Sql, of: InsightsOf): Promise<DemandRow[]> {
  return await sql.query(demandStatement, [of.templateId, of.from, of.to]);
}

/** Presets, of the newest versions, whose creations are looked at; of these the newest. */
const presetsLookedMax = 1_000;
const outcomesLookedMax = 2_000;
/** What took longer is no sample, as in `creation-estimates.ts`. */
const longestSeconds = 3_600;

export interface DetailRow {
  readonly outcome: Outcome;
  readonly looked: number;
  readonly failures: number;
  readonly samples: number;
  readonly p50_ms: number | null;
  readonly p90_ms: number | null;
  readonly p99_ms: number | null;
  /** Of all outcomes together. */
  readonly people: number;
  readonly oldest: Date;
}

const detailsStatement: Statement<DetailRow> = statement(
  "template_insights_details",
  // No index is by template, as each claim would write it: so the creations of its presets, and of those that matched none.
  `with looked as materialized (
  select every.*
  from (
    select o.*
    from (
      select id
      from presets
      where template_id = $1
      order by created_at desc, id
      limit ${presetsLookedMax}) p
    cross join lateral (
      select workspace_id, outcome, at, requested_by
      from creation_outcomes
      where preset_id = p.id
        and at >= $2
        and at < $3
      order by at desc
      limit ${outcomesLookedMax}) o
    union all
    select workspace_id, outcome, at, requested_by
    from (
      select template_id, workspace_id, outcome, at, requested_by
      from creation_outcomes
      where preset_id is null
        and at >= $2
        and at < $3
      order by at desc
      limit ${outcomesLookedMax}) n
    where n.template_id = $1) every
  order by at desc
  limit ${outcomesLookedMax}
), measured as (
  select o.outcome, o.at, o.requested_by, d.has_failed,
    case when d.usable_at between o.at and o.at + make_interval(secs => $4)
      then extract(epoch from d.usable_at - o.at) * 1000 end as ms
  from looked o
  cross join lateral (
    select ${usableAtOf("o")} as usable_at, exists (
      select 1
      from builds b
      join jobs j on j.id = b.job_id
      where b.workspace_id = o.workspace_id
        and (o.outcome = 'claimed' and b.stage = 'claim' or o.outcome = 'cold' and b.number = 1)
        and j.status = 'failed') as has_failed
    limit 1) d
)
select outcome, count(*)::int as looked, count(*) filter (where has_failed)::int as failures, count(ms)::int as samples,
  percentile_cont(0.5) within group (order by ms) as p50_ms, percentile_cont(0.9) within group (order by ms) as p90_ms,
  percentile_cont(0.99) within group (order by ms) as p99_ms,
  (select count(distinct requested_by)::int from looked) as people, (select min(at) from looked) as oldest
from measured
group by outcome`,
  "long",
);

export interface InsightsDetails {
  readonly rows: readonly DetailRow[];
  /** Whether there are more creations than were looked at: then it is of those since the oldest of them. */
  readonly isCut: boolean;
}

/** How long creations took, and how they ended, of the newest in a range. */
export async function insightsDetails(sql: Sql, of: InsightsOf): Promise<InsightsDetails> {
  const rows = await sql.query(detailsStatement, [of.templateId, of.from, of.to, longestSeconds]);
  const looked = rows.reduce((sum, row) => sum + row.looked, 0);
  return { rows, isCut: looked >= outcomesLookedMax };
}

const storedStatement: Statement<{ readonly hour: Date | null; readonly at: Date | null }> = statement(
  "template_insights_stored",
  `select (
  select hour
  from demand_hours
  order by hour
  limit 1) as hour, (
  select at
  from creation_outcomes
  order by id
  limit 1) as at`,
);

/** Since when creations are stored, of all templates: by the hour, and each; null where there are none. */
export async function insightsStored(sql: Sql): Promise<{ readonly hour: Date | null; readonly at: Date | null }> {
  const [row] = await sql.query(storedStatement, []);
  return row ?? { hour: null, at: null };
}

const workspacesLookedMax = 50_000;

const live = `select w.owner_id, w.latest_build_id
  from workspaces w
  where w.deleted_at is null
    and w.owner_id > '${prebuildsUserId}'
    and w.template_id = $1
  limit ${workspacesLookedMax}`;

const ownersStatement: Statement<{ readonly owners: number }> = statement(
  "template_insights_owners",
  `select count(distinct owner_id)::int as owners
from (
  ${live}) w`,
  "long",
);

/** People who have a workspace of the template now. */
export async function insightsOwners(sql: Sql, templateId: TemplateId): Promise<number> {
  return (await sql.query(ownersStatement, [templateId]))[0]?.owners ?? 0;
}

const valuesOfParameterMax = 10;
const valueLengthMax = 200;
/** Parameters that a version may have, and as many that only earlier ones had. */
const valueRowsMax = 1_280;

export interface ValueRow {
  readonly name: string;
  readonly value: string;
  readonly count: number;
  /** Workspaces that have the parameter. */
  readonly total: number;
}

const valuesStatement: Statement<ValueRow> = statement(
  "template_insights_values",
  `with live as materialized (
  ${live}
), counted as (
  select e.key as name, left(e.value, ${valueLengthMax}) as value, count(*)::int as count
  from live l
  cross join lateral (
    select b.parameters
    from builds b
    where b.id = l.latest_build_id
    limit 1) b
  cross join lateral jsonb_each_text(b.parameters) e
  group by 1, 2
), placed as (
  select name, value, count, (sum(count) over (partition by name))::int as total,
    row_number() over (partition by name order by count desc, value) as nth
  from counted
)
select name, value, count, total
from placed
where nth <= ${valuesOfParameterMax}
order by name, nth
limit ${valueRowsMax}`,
  "long",
);

/** The values of parameters that people's workspaces have now: of each the most frequent. */
export async function insightsValues(sql: Sql, templateId: TemplateId): Promise<ValueRow[]> {
  return await sql.query(valuesStatement, [templateId]);
}
