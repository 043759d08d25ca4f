-- Forms whose parameters depend on what was chosen, or on the person: a question to a provisioner, which lives for seconds
-- and of which nothing is kept. A server of the release before asks none, and a daemon of the release before takes none.
alter table template_versions add column has_dynamic_form boolean not null default false;

create table form_evaluations (
  id uuid primary key,
  template_version_id uuid not null references template_versions (id) on delete cascade,
  driver text not null,
  tags jsonb not null default '{}',
  -- For whom, and with what: see `contracts/form-evaluation.ts`.
  question jsonb not null,
  answer jsonb,
  -- Who has taken it; a question is given out once.
  daemon_id uuid references daemons (id) on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index form_evaluations_waiting on form_evaluations (created_at, id) where daemon_id is null;
create index form_evaluations_by_expiry on form_evaluations (expires_at);
create index form_evaluations_of_version on form_evaluations (template_version_id);
create index form_evaluations_of_daemon on form_evaluations (daemon_id) where daemon_id is not null;
