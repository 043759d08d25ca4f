import type { PresetId, TemplateId } from "../../contracts/ids.ts";
import type { CountedDemand, StoredSample } from "../../domain/pool/pool-history.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface HistoryInput {
  readonly templateId: TemplateId;
  readonly presetName: string;
  readonly minutes: number;
  readonly stepMinutes: number;
  readonly from: Date;
  readonly to: Date;
  /** The beginning of the period in which `from` lies: what held then may be from there. */
  readonly heldFrom: Date;
}

interface SampleRow {
  readonly at: Date;
  readonly desired: number | null;
  readonly ready: number | null;
  readonly ready_min: number | null;
  readonly starting: number | null;
  readonly failed: number | null;
  readonly held: number | null;
}

/** Rows of one width in its longest range, and a period before it. */
const rowsMax = 12_000;

const samplesStatement: Statement<SampleRow> = statement(
  "pool_samples_read",
  `select at, desired, ready, ready_min, starting, failed, held
from pool_samples
where template_id = $1
  and preset_name = $2
  and minutes = $3
  and at >= $4
  and at < $5
order by at
limit ${rowsMax}`,
);

/** Samples of a pool, ascending. */
export async function readSamples(sql: Sql, input: HistoryInput): Promise<StoredSample[]> {
  const { templateId, presetName, minutes, heldFrom, to } = input;
  const rows = await sql.query(samplesStatement, [templateId, presetName, minutes, heldFrom, to]);
  return rows.map(({ at, desired, ready, ready_min: readyFewest, starting, failed, held }) => ({
    at: at.getTime(),
    numbers:
      desired === null
        ? null
        : {
            desired,
            ready: ready ?? 0,
            readyFewest: readyFewest ?? 0,
            starting: starting ?? 0,
            failed: failed ?? 0,
            held: held ?? 0,
          },
  }));
}

const beatsStatement: Statement<{ readonly at: Date }> = statement(
  "pool_beats_read",
  `select at
from pool_beats
where minutes = $1
  and at >= $2
  and at < $3
order by at
limit ${rowsMax}`,
);

/** When somebody looked, ascending. */
export async function readBeats(sql: Sql, { minutes, heldFrom, to }: HistoryInput): Promise<number[]> {
  const rows = await sql.query(beatsStatement, [minutes, heldFrom, to]);
  return rows.map(({ at }) => at.getTime());
}

const demandStatement: Statement<{ readonly at_ms: number; readonly reason: string; readonly count: number }> =
  statement(
    "pool_demand_read",
    // What is counted, and what is not yet: seen in one statement, each is in it once.
    `with every as (
  select at, outcome, reason, count
  from pool_demand
  where template_id = $1
    and preset_name = $2
    and minutes = $3
    and at >= $4
    and at < $5
  union all
  select o.at, o.outcome, coalesce(o.miss_reason, ''), 1
  from creation_outcomes o
  where o.id > (select settled_id from pool_totals_mark)
    and o.template_id = $1
    and o.at >= $4
    and o.at < $5
    and coalesce((
      select p.name
      from presets p
      where p.id = o.preset_id), '') = $2
)
select (floor(extract(epoch from at) / $6::int) * $6::int * 1000)::float8 as at_ms,
  case when outcome = 'claimed' then '' else reason end as reason, sum(count)::int as count
from every
group by 1, 2`,
    "long",
  );

/** Claims and misses of a pool by the step. */
export async function readDemand(sql: Sql, input: HistoryInput): Promise<CountedDemand[]> {
  const { templateId, presetName, minutes, from, to, stepMinutes } = input;
  const rows = await sql.query(demandStatement, [templateId, presetName, minutes, from, to, stepMinutes * 60]);
  return rows.map(({ at_ms: at, reason, count }) => ({ at, missReason: reason, count }));
}

export interface PoolActRow {
  readonly at: Date;
  readonly action: string;
  readonly actor: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Acts that a history shows, the newest. */
const actsMax = 200;

function actsStatement(name: string, target: string): Statement<PoolActRow> {
  return statement(
    name,
    `select a.at, a.action, a.detail, (
    select u.username
    from users u
    where u.id = a.actor_id) as actor
from audit_log a
where ${target}
  and a.at >= $1
  and a.at < $2
  and a.action = any($3::text[])
order by a.at desc, a.id desc
limit ${actsMax}`,
  );
}

const templateActsStatement = actsStatement("pool_acts_template", "a.target_id = $4::uuid");
const deploymentActsStatement = actsStatement("pool_acts_deployment", "a.target_id is null");

/** What was done to a pool's template, and to all pools, the newest first. */
export async function readPoolActs(sql: Sql, input: HistoryInput): Promise<PoolActRow[]> {
  const range = [input.from, input.to];
  const own = ["template.promote", "template.deprecate", "template.undeprecate", "pool.invalidate", "pool.resume"];
  const every = ["prebuilds.pause", "prebuilds.resume", "prebuilds.disable", "prebuilds.enable"];
  return [
    ...(await sql.query(templateActsStatement, [...range, own, input.templateId])),
    ...(await sql.query(deploymentActsStatement, [...range, every])),
  ];
}

export interface StoredDecision {
  readonly at: Date;
  readonly version: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/** Versions, the newest that have a preset of the name, whose decisions are told. */
const versionsMax = 20;

const decisionsStatement: Statement<StoredDecision> = statement(
  "pool_decisions_read",
  // One more than the page: what the last one differs from.
  `select d.at, v.name as version, d.record
from (
  select p.id, p.template_version_id
  from presets p
  where p.template_id = $1
    and p.name = $2
  order by p.created_at desc, p.id
  limit ${versionsMax}) p
join template_versions v on v.id = p.template_version_id
cross join lateral (
  select id, at, record
  from decisions
  where preset_id = p.id
  order by id desc
  limit $3::int + $4::int) d
order by d.id desc
limit $3::int
offset $4::int`,
);

/** Stored decisions about a pool, the newest first. */
export async function readDecisions(
  sql: Sql,
  pool: { readonly templateId: TemplateId; readonly presetName: string },
  page: { readonly limit: number; readonly offset: number },
): Promise<StoredDecision[]> {
  return await sql.query(decisionsStatement, [pool.templateId, pool.presetName, page.limit, page.offset]);
}

/** How a pool did in the last day. */
export interface PoolDemandRow {
  readonly template_id: TemplateId;
  readonly preset_name: string;
  readonly claimed: number;
  readonly missed: number;
}

const dayStatement: Statement<PoolDemandRow> = statement(
  "pool_demand_day",
  // By the hour, which is few rows however busy it was, and what is not in the sums yet.
  `with every as (
  select template_id, preset_name, outcome, count
  from demand_hours
  where hour >= date_trunc('hour', $1::timestamptz, 'UTC')
  union all
  select o.template_id, coalesce((
    select p.name
    from presets p
    where p.id = o.preset_id), ''), o.outcome, 1
  from creation_outcomes o
  where o.id > (select settled_id from pool_totals_mark)
    and o.at >= $1
)
select template_id, preset_name, coalesce(sum(count) filter (where outcome = 'claimed'), 0)::int as claimed,
  coalesce(sum(count) filter (where outcome <> 'claimed'), 0)::int as missed
from every
group by template_id, preset_name`,
  "long",
);

/** Claims and misses of every pool since the hour of an instant; pools without any are left out. */
export async function demandSince(sql: Sql, since: Date): Promise<PoolDemandRow[]> {
  return await sql.query(dayStatement, [since]);
}

export interface LastMissRow {
  readonly preset_id: PresetId;
  readonly at: Date;
  readonly reason: string;
}

const lastMissStatement: Statement<LastMissRow> = statement(
  "pool_last_miss",
  `select p.id as preset_id, m.at, m.reason
from unnest($1::uuid[]) as g(id)
join presets p on p.id = g.id
cross join lateral (
  select e.at, e.reason
  from (
    (select d.at, d.reason
    from pool_demand d
    where d.template_id = p.template_id
      and d.preset_name = p.name
      and d.minutes = 1
      and d.at >= $2
      and d.outcome <> 'claimed'
    order by d.at desc
    limit 1)
    union all
    (select o.at, coalesce(o.miss_reason, '')
    from creation_outcomes o
    where o.preset_id = p.id
      and o.at >= $3
      and o.outcome <> 'claimed'
    order by o.at desc
    limit 1)) e
  order by e.at desc
  limit 1) m`,
);

/** The newest miss of each pool of a page since an instant; `recent` is since when it may not be in the sums yet. */
export async function lastMisses(
  sql: Sql,
  presetIds: readonly PresetId[],
  since: { readonly day: Date; readonly recent: Date },
): Promise<LastMissRow[]> {
  return await sql.query(lastMissStatement, [presetIds, since.day, since.recent]);
}
