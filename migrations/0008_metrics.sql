-- Totals of pools that only grow, for the metrics. They are kept by the template and the preset's name, because each
-- version of a template has presets of its own, and a counter must go on when one is published.
create table pool_totals (
  template_id uuid not null,
  preset_name text not null,
  kind text not null check (kind in ('created', 'failed', 'claimed', 'replaced', 'missed')),
  -- Of a miss; empty otherwise.
  reason text not null default '',
  count bigint not null,
  primary key (template_id, preset_name, kind, reason)
);

-- What happened to pools since the totals were last brought forward; folded into them and removed. Claims and misses are
-- not in here: they are read from creation_outcomes, so that a claim writes nothing more than it did.
create table pool_events (
  id bigint generated always as identity primary key,
  preset_id uuid not null,
  kind text not null check (kind in ('created', 'failed', 'replaced')),
  count integer not null
);

-- How far creation_outcomes is in the totals: up to settled_id. All ids up to candidate_id were given out by transactions
-- below candidate_xid, and may be counted once all of those have ended.
create table pool_totals_mark (
  is_only boolean primary key default true check (is_only),
  settled_id bigint not null,
  candidate_id bigint not null,
  candidate_xid bigint not null
);

-- What a deployment has done before it had these tables.
insert into pool_totals (template_id, preset_name, kind, reason, count)
select o.template_id, coalesce(p.name, ''), case when o.outcome = 'claimed' then 'claimed' else 'missed' end,
  coalesce(o.miss_reason, ''), count(*)
from creation_outcomes o
left join presets p on p.id = o.preset_id
group by 1, 2, 3, 4;

insert into pool_totals (template_id, preset_name, kind, count)
select p.template_id, p.name, k.kind, count(*)
from prebuilds b
join presets p on p.id = b.preset_id
cross join (values ('created'), ('failed')) as k(kind)
where k.kind = 'created'
  or b.first_build_result in ('failed', 'abandoned')
group by 1, 2, 3;

insert into pool_totals_mark (settled_id, candidate_id, candidate_xid)
select coalesce(max(id), 0), coalesce(max(id), 0), 0
from creation_outcomes;
