-- What statements are found by in a database with years of history. None of these is written by a claim.

-- With the template, so that the live workspaces of templates are counted from the index alone.
create unique index workspaces_owner_name_template on workspaces (owner_id, lower(name)) include (template_id)
where deleted_at is null;
drop index workspaces_owner_name;
alter index workspaces_owner_name_template rename to workspaces_owner_name;

-- Jobs that have ended, the newest first: of an organization, and of who began them.
create index jobs_ended on jobs (organization_id, created_at desc, id) where completed_at is not null;
create index jobs_ended_of on jobs (initiator_id, created_at desc, id) where completed_at is not null;

-- A page of the outbox.
create index notification_deliveries_status on notification_deliveries (status, created_at desc, id);
