-- An autostart starts nothing for moments before it was set, before the workspace was woken, or before its template
-- allowed them: from when moments count. Null: since ever.
alter table workspaces add column autostart_from timestamptz;
alter table templates add column autostart_from timestamptz;

-- `on_replacement: block`: nothing is handed out until a rehearsal has shown what a claim does. A rehearsal that came to
-- no result is repeated, later each time.
alter table presets add column is_unproven boolean not null default false;
alter table presets add column rehearsal_tries integer not null default 0;
alter table presets add column rehearsal_after timestamptz;
alter table presets add column rehearsal_problem text;

update presets p
set is_unproven = true, rehearsed_at = null
from template_versions v
where v.id = p.template_version_id
  and v.claim_effect = 'unknown'
  and v.manifest #>> '{claim_policy,on_replacement}' = 'block'
  and p.rehearsal is null;

-- Since when no daemon can take the job, and daemons that nobody waits for any more.
alter table jobs add column blocked_since timestamptz;
alter table daemons add column forgotten_at timestamptz;
