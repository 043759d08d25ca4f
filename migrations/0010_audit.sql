-- The audit log is read: the newest first, and by who did it, what it was done to, and what that was called, which is
-- all that is left of most things that were deleted. A page reads the first entries of one of these indexes.
alter table audit_log add column target_name text not null default '';
update audit_log
set target_name = coalesce(detail ->> 'workspace', detail ->> 'template', detail ->> 'group', detail ->> 'username',
  detail ->> 'name', detail #>> '{before,name}', '');
update audit_log
set target_kind = 'prebuilds'
where action like 'prebuilds.%';
update audit_log
set target_kind = 'deliveries'
where action = 'notification.retry';

drop index audit_log_at;
create index audit_log_newest on audit_log (at desc, id desc);
create index audit_log_actor on audit_log (actor_id, at desc, id desc);
create index audit_log_target on audit_log (target_id, at desc, id desc);
-- With the name itself, without which the index is not read alone.
create index audit_log_name on audit_log (lower(target_name), at desc, id desc) include (target_name);
