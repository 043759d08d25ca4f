-- What a claim does not need is taken off the tables that it writes (decision 0020, measured).

-- A check constraint is parsed again at each execution of a statement that writes the table. The words of these columns
-- are literals in the statements of this program; the consistency checks look for others.
alter table prebuilds drop constraint prebuilds_state_check;
alter table prebuilds drop constraint prebuilds_first_build_result_check;
alter table prebuilds drop constraint prebuilds_check;
alter table builds drop constraint builds_transition_check;
alter table builds drop constraint builds_stage_check;
alter table jobs drop constraint jobs_kind_check;
alter table jobs drop constraint jobs_status_check;
alter table jobs drop constraint jobs_cancel_reason_check;
alter table creation_outcomes drop constraint creation_outcomes_outcome_check;

-- As for the other rows on the claim path: no foreign key.
alter table builds drop constraint builds_workspace_id_fkey;

-- A claim gives a workspace a new owner and name, so its row moves, and every index of the table is written. Lists of
-- live workspaces read `workspaces_owner_name`, which holds exactly those.
drop index workspaces_template;
drop index workspaces_created;
-- A job knows its build, and a build its workspace.
drop index builds_job;
drop index jobs_workspace;
drop index jobs_created;
-- Rehearsals have no build. No claim is one, so this costs it nothing.
drop index jobs_rehearsals;
create index jobs_rehearsals on jobs (workspace_id) where kind = 'rehearsal';
-- "How many in the last minute" needs no order: block ranges do, and cost a claim nothing.
drop index prebuilds_created;
create index prebuilds_created on prebuilds using brin (created_at) with (pages_per_range = 16);
