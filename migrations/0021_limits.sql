-- A daemon key is for one daemon: the one that it was made for, or that it registered first. Keys from before may have
-- been given to several: each goes on with the daemons that are known by now, and takes no others.
alter table daemon_keys add column daemon_name text;
alter table daemon_keys add column is_shared boolean not null default false;
-- The key with which a daemon registered. Null for a server's own, and for those that did so before there was this.
alter table daemons add column key_id uuid;

update daemon_keys
set is_shared = true
where exists (select 1 from daemons where kind = 'external' and forgotten_at is null);
