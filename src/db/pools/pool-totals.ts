import type { PresetId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

const eventStatement: Statement<object> = statement(
  "pool_event",
  `insert into pool_events (preset_id, kind, count)
values ($1, $2, 1)`,
);

/** Notes, in the transaction in which it happens, what the pool's totals are to count. */
export async function insertPoolEvent(tx: Tx, presetId: PresetId, kind: "failed" | "replaced"): Promise<void> {
  await tx.query(eventStatement, [presetId, kind]);
}

/** Totals of one template's presets of one name; of misses by their reason, of the others with an empty one. */
export interface PoolTotalsRow {
  readonly organization: string;
  readonly template: string;
  /** Empty for creations that matched no preset. */
  readonly preset: string;
  readonly reason: string;
  readonly created: number;
  readonly failed: number;
  readonly claimed: number;
  readonly replaced: number;
  readonly missed: number;
}

const readStatement: Statement<PoolTotalsRow> = statement(
  "pool_totals_read",
  // What is in the totals, and what is not yet: seen in one snapshot, each is counted once. A template that is deleted
  // is left out, so that one of the same name that comes after it has the series to itself.
  `with mark as materialized (
  select settled_id
  from pool_totals_mark
), every as (
  select template_id, preset_name, kind, reason, count
  from pool_totals
  union all
  select p.template_id, p.name, e.kind, '', e.count
  from pool_events e
  join presets p on p.id = e.preset_id
  union all
  select o.template_id, coalesce(p.name, ''), case when o.outcome = 'claimed' then 'claimed' else 'missed' end,
    coalesce(o.miss_reason, ''), 1
  from creation_outcomes o
  left join presets p on p.id = o.preset_id
  where o.id > (select settled_id from mark)
), summed as (
  select template_id, preset_name, reason,
    coalesce(sum(count) filter (where kind = 'created'), 0)::bigint as created,
    coalesce(sum(count) filter (where kind = 'failed'), 0)::bigint as failed,
    coalesce(sum(count) filter (where kind = 'claimed'), 0)::bigint as claimed,
    coalesce(sum(count) filter (where kind = 'replaced'), 0)::bigint as replaced,
    coalesce(sum(count) filter (where kind = 'missed'), 0)::bigint as missed
  from every
  group by template_id, preset_name, reason
)
select o.name as organization, t.name as template, s.preset_name as preset, s.reason, s.created, s.failed, s.claimed,
  s.replaced, s.missed
from summed s
join templates t on t.id = s.template_id and t.deleted_at is null
join organizations o on o.id = t.organization_id`,
  "long",
);

/** What pools have done since the deployment began; it only grows. Call it in a snapshot. */
export async function readPoolTotals(sql: Sql): Promise<PoolTotalsRow[]> {
  return await sql.query(readStatement, []);
}

const foldEventsStatement: Statement<object> = statement(
  "pool_totals_fold_events",
  // An event is counted by whoever removes it. In the order of the key, so that two servers never deadlock.
  `with folded as (
  delete from pool_events
  returning preset_id, kind, count
)
insert into pool_totals (template_id, preset_name, kind, count)
select p.template_id, p.name, f.kind, sum(f.count)
from folded f
join presets p on p.id = f.preset_id
group by 1, 2, 3
order by 1, 2, 3
on conflict (template_id, preset_name, kind, reason) do update
set count = pool_totals.count + excluded.count`,
  "long",
);

const foldOutcomesStatement: Statement<object> = statement(
  "pool_totals_fold_outcomes",
  // An id is given out before its row is committed, so the newest row says nothing of the ids below it. They are counted
  // once every transaction has ended that had begun when they were given out: those below an id of our own, taken after
  // the newest row was seen. An id that this database never gave out came with an import from another server, and with
  // all rows: the wait begins anew. A mark that another server holds is left to it.
  `with newest as materialized (
  select coalesce(max(id), 0) as id
  from creation_outcomes
), mark as materialized (
  select m.settled_id, m.candidate_id, m.candidate_xid < pg_snapshot_xmax(pg_current_snapshot())::text::bigint as is_ours
  from pool_totals_mark m
  where (m.settled_id < m.candidate_id or m.candidate_id < (select id from newest))
    and (m.candidate_xid <= pg_snapshot_xmin(pg_current_snapshot())::text::bigint
      or m.candidate_xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
  for update skip locked
), added as (
  insert into pool_totals (template_id, preset_name, kind, reason, count)
  select o.template_id, coalesce(p.name, ''), case when o.outcome = 'claimed' then 'claimed' else 'missed' end,
    coalesce(o.miss_reason, ''), count(*)
  from mark
  join creation_outcomes o on o.id > mark.settled_id and o.id <= mark.candidate_id
  left join presets p on p.id = o.preset_id
  where mark.is_ours
  group by 1, 2, 3, 4
  order by 1, 2, 3, 4
  on conflict (template_id, preset_name, kind, reason) do update
  set count = pool_totals.count + excluded.count
), by_hour as (
  insert into demand_hours (template_id, preset_name, hour, outcome, reason, count, waited_ms_sum, waited_ms_max)
  select o.template_id, coalesce(p.name, ''), date_trunc('hour', o.at, 'UTC'), o.outcome, coalesce(o.miss_reason, ''),
    count(*), sum(o.waited_ms), max(o.waited_ms)
  from mark
  join creation_outcomes o on o.id > mark.settled_id and o.id <= mark.candidate_id
  left join presets p on p.id = o.preset_id
  where mark.is_ours
  group by 1, 2, 3, 4, 5
  order by 1, 2, 3, 4, 5
  on conflict (template_id, preset_name, hour, outcome, reason) do update
  set count = demand_hours.count + excluded.count, waited_ms_sum = demand_hours.waited_ms_sum + excluded.waited_ms_sum,
    waited_ms_max = greatest(demand_hours.waited_ms_max, excluded.waited_ms_max)
), by_minute as (
  insert into pool_demand (template_id, preset_name, minutes, at, outcome, reason, count)
  select o.template_id, coalesce(p.name, ''), w.minutes, date_bin(make_interval(mins => w.minutes), o.at, 'epoch'),
    o.outcome, coalesce(o.miss_reason, ''), count(*)
  from mark
  join creation_outcomes o on o.id > mark.settled_id and o.id <= mark.candidate_id
  cross join (values (1), (15)) w(minutes)
  left join presets p on p.id = o.preset_id
  where mark.is_ours
  group by 1, 2, 3, 4, 5, 6
  order by 1, 2, 3, 4, 5, 6
  on conflict (template_id, preset_name, minutes, at, outcome, reason) do update
  set count = pool_demand.count + excluded.count
)
update pool_totals_mark m
set settled_id = case when mark.is_ours then mark.candidate_id else m.settled_id end,
  candidate_id = newest.id, candidate_xid = pg_current_xact_id()::text::bigint
from mark, newest`,
  "long",
);

/**
 * Brings the totals and the demand by the hour forward, so that what is left to count stays little. Any server may, at any time, and several at
 * once; nothing is written when nothing happened.
 */
export async function foldPoolTotals(sql: Sql): Promise<void> {
  await sql.query(foldEventsStatement, []);
  await sql.query(foldOutcomesStatement, []);
}
