import type { TemplateId } from "../../contracts/ids.ts";
import type { PoolSample } from "../../domain/pool/pool-history.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

/** A pool of which something was stored: the presets of one name of a template. */
export interface SampledPool {
  readonly templateId: TemplateId;
  readonly presetName: string;
}

/** $1 and $2 are the minute and the quarter of an hour; $3 and $4 the beginnings of their periods. */
const writeStatement: Statement<{ readonly stored: number }> = statement(
  "pool_samples_write",
  // Whoever writes the minute's beat writes its samples; who comes second has no beat and writes nothing. A row is due
  // where it differs from the newest of its period, so that what has not changed costs a look by the key and no row. The
  // quarter's row keeps the fewest that were ready in it, and so goes on from what held when it began.
  `with beat as (
  insert into pool_beats (minutes, at)
  values (1, $1), (15, $2)
  on conflict do nothing
  returning minutes
), given as materialized (
  select g.*
  from unnest($5::uuid[], $6::text[], $7::int[], $8::int[], $9::int[], $10::int[], $11::int[])
    as g(template_id, preset_name, desired, ready, starting, failed, held)
  where exists (select 1 from beat where minutes = 1)
), compared as materialized (
  select g.*, row(g.desired, g.ready, g.starting, g.failed, g.held) is distinct from
      row(f.desired, f.ready, f.starting, f.failed, f.held) or f.at is null as is_fine_due,
    least(g.ready, case when $2::timestamptz < $1::timestamptz then f.ready end) as quarter_min, c.at as c_at,
    c.ready_min, row(g.desired, g.ready, g.starting, g.failed, g.held) is distinct from
      row(c.desired, c.ready, c.starting, c.failed, c.held) or c.at is null as is_coarse_due
  from given g
  left join lateral (
    select s.*
    from pool_samples s
    where s.template_id = g.template_id
      and s.preset_name = g.preset_name
      and s.minutes = 1
      and s.at >= $3
      and s.at < $1
    order by s.at desc
    limit 1) f on true
  left join lateral (
    select s.*
    from pool_samples s
    where s.template_id = g.template_id
      and s.preset_name = g.preset_name
      and s.minutes = 15
      and s.at >= $4
      and s.at <= $2
    order by s.at desc
    limit 1) c on true
), due as (
  select template_id, preset_name, 1 as minutes, $1::timestamptz as at, desired, ready, ready as ready_min, starting,
    failed, held
  from compared
  where is_fine_due
  union all
  select template_id, preset_name, 15, $2::timestamptz, desired, ready, quarter_min, starting, failed, held
  from compared
  where is_coarse_due
    or (c_at < $2 and ready_min is distinct from quarter_min)
), stored as (
  insert into pool_samples as o (template_id, preset_name, minutes, at, desired, ready, ready_min, starting, failed, held)
  select template_id, preset_name, minutes, at, desired, ready, ready_min, starting, failed, held
  from due
  order by template_id, preset_name, minutes
  on conflict (template_id, preset_name, minutes, at) do update
  set desired = excluded.desired, ready = excluded.ready, ready_min = least(o.ready_min, excluded.ready_min),
    starting = excluded.starting, failed = excluded.failed, held = excluded.held
  returning 1
)
select count(*)::int as stored
from stored`,
  "long",
);

export interface SampleInstants {
  readonly minute: Date;
  readonly quarter: Date;
  /** The beginnings of the periods in which a row of that width holds at most. */
  readonly finePeriod: Date;
  readonly coarsePeriod: Date;
}

/** Stores how the pools were in a minute, once however often it is called. @returns rows that were needed for it. */
export async function writePoolSamples(
  sql: Sql,
  at: SampleInstants,
  pools: { readonly samples: readonly PoolSample[]; readonly gone: readonly SampledPool[] },
): Promise<number> {
  const rows = [...pools.samples, ...pools.gone];
  const numbers = (of: (sample: PoolSample) => number): (number | null)[] => [
    ...pools.samples.map(of),
    ...pools.gone.map(() => null),
  ];
  const [row] = await sql.query(writeStatement, [
    at.minute,
    at.quarter,
    at.finePeriod,
    at.coarsePeriod,
    rows.map(({ templateId }) => templateId),
    rows.map(({ presetName }) => presetName),
    numbers(({ desired }) => desired),
    numbers(({ ready }) => ready),
    numbers(({ starting }) => starting),
    numbers(({ failed }) => failed),
    numbers(({ held }) => held),
  ]);
  return row?.stored ?? 0;
}

const lateStatement: Statement<{ readonly template_id: TemplateId; readonly preset_name: string }> = statement(
  "pool_samples_late",
  `select distinct template_id, preset_name
from pool_samples
where minutes = 15
  and at >= $1`,
  "long",
);

/** The pools of which something was stored since: those that have gone meanwhile are to be told so. */
export async function poolsSampledSince(sql: Sql, since: Date): Promise<SampledPool[]> {
  const rows = await sql.query(lateStatement, [since]);
  return rows.map((row) => ({ templateId: row.template_id, presetName: row.preset_name }));
}
