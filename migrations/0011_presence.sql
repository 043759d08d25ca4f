-- What each server tells of itself with its heartbeat: how its connections compare with the table of agents, what hangs
-- in it, and which key it seals states with. `prewarm doctor` shows it of every server.
alter table servers add column report jsonb not null default '{}'::jsonb;
