-- What each pool was like: by the minute for a week, by the quarter of an hour for three months. A row is written when
-- something has changed, and at the first look of each hour (of each half day); until the next one it holds, wherever a
-- beat says that somebody looked. Without numbers: the pool had gone by then.
create table pool_samples (
  template_id uuid not null,
  preset_name text not null,
  minutes integer not null check (minutes in (1, 15)),
  at timestamptz not null,
  desired integer,
  ready integer,
  ready_min integer,
  starting integer,
  failed integer,
  held integer,
  primary key (template_id, preset_name, minutes, at)
);
create index pool_samples_at on pool_samples (minutes, at);

-- When the pools were looked at. A time without beats is one of which nothing is known.
create table pool_beats (
  minutes integer not null check (minutes in (1, 15)),
  at timestamptz not null,
  primary key (minutes, at)
);

-- Creations by the same minutes and quarters, each counted once, as in demand_hours.
create table pool_demand (
  template_id uuid not null,
  preset_name text not null,
  minutes integer not null check (minutes in (1, 15)),
  at timestamptz not null,
  outcome text not null,
  reason text not null default '',
  count bigint not null,
  primary key (template_id, preset_name, minutes, at, outcome, reason)
);
create index pool_demand_at on pool_demand (minutes, at);
