-- A token that was read somewhere is of no use without the key of the agent that came with it first (decision 0043).
-- Null: no agent with a key has come yet. Until `key_open_until` another key may take its place, once: a claim has changed
-- what exists, and what the agent remembered may have gone with it.
alter table agents add column key_hash bytea;
alter table agents add column key_open_until timestamptz;
alter table agents add column key_refused_at timestamptz;

-- Drivers of a daemon that keep workspaces apart from nothing, and why. A daemon of a release before does not say.
alter table daemons add column unisolated jsonb not null default '[]';
update daemons
set unisolated = '[{"driver": "process", "reason": "it is of an earlier release"}]'
where drivers ? 'process';
