import type { OrganizationId, PresetId, TemplateId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import { insertBuilds } from "../builds/insert-build.ts";
import { insertJobs } from "../jobs/insert-job.ts";
import { ledgerMove } from "../ledger/ledger-writes.ts";
import { claimablePrebuilds, poolIsClaimable } from "./claimable.ts";
import { liveOwners } from "./live-owners.ts";
import type { Sql } from "../store.ts";
import type { ClaimedRow, ClaimInput, ReadySince } from "./claim.ts";

/** What claims must share to go into one statement. */
export interface ClaimPool {
  readonly organizationId: OrganizationId;
  readonly templateId: TemplateId;
  readonly presetId: PresetId;
  readonly isOutdatedAllowed: boolean;
}

/** A claim's answer; `conflict`: its name or its key was taken already, or its owner deleted, so it was not tried. */
export type BatchAnswer =
  | { readonly kind: "claimed"; readonly row: ClaimedRow }
  | { readonly kind: "empty" }
  | { readonly kind: "conflict" };

type BatchRow = { readonly nth: number } & (ClaimedRow | { readonly workspace_id: null });

const ledgerPart = ledgerMove({
  name: "claim_batch",
  steps: { ready: ["claimed"] },
  set: [
    "claimed_at = $5",
    "claimed_by = p.owner_id",
    "claim_build_id = p.build_id",
    "claim_generation = b.claim_generation + 1",
    "handed_over_at = case when p.is_handed_over then $5::timestamptz end",
  ],
  source: "pair p",
  where: "b.workspace_id = p.workspace_id",
  areLocked: true,
});

const buildPart = insertBuilds({
  id: "build_id",
  workspaceId: "workspace_id",
  number: "build_number",
  transition: "'start'",
  stage: "'claim'",
  templateVersionId: "template_version_id",
  presetId: "$1",
  initiatorId: "initiator_id",
  jobId: "job_id",
  parameters: "parameters",
  createdAt: "$5",
  source: "pair",
});

const jobPart = insertJobs({
  id: "job_id",
  organizationId: "$3",
  kind: "build",
  initiatorId: "initiator_id",
  isPrebuild: false,
  templateId: "$4",
  templateVersionId: "template_version_id",
  buildId: "build_id",
  workspaceId: "workspace_id",
  driver: "driver",
  tags: "tags",
  createdAt: "$5",
  source: "pair where job_id is not null",
});

/**
 * Many claims of one pool, one statement. It does for each what `claim` does for one, and is a text of its own because
 * a claim that comes alone costs a fifth more in this form (measured).
 *
 * The pool's rows become an array before anything is joined to them: PostgreSQL takes a tenth of the pool for the
 * result of a `limit` that it does not know, and would read the big tables whole. For the same reason names and keys are
 * looked up one by one (a subquery with a limit is not made a join): a join read all live workspaces once per statement.
 */
const batchStatement: Statement<BatchRow> = statement(
  "claim_batch",
  `with input as materialized (
  select *
  from unnest($6::uuid[], $7::uuid[], $8::text[], $9::uuid[], $10::uuid[], $11::jsonb[], $12::boolean[], $13::text[],
    $14::integer[], $15::text[], $16::bytea[], $17::bigint[], $18::text[]) with ordinality
    as i(owner_id, initiator_id, name, build_id, job_id, parameters, automatic_updates, mode,
      waited_ms, key, request_hash, ttl_ms, autostart_schedule, nth)
), owner as materialized (
  ${liveOwners("id = any($6::uuid[])")}
), admitted as materialized (
  select i.*, row_number() over (order by i.nth) as position
  from input i
  where i.owner_id in (
      select id
      from owner)
    and (
      select true
      from workspaces w
      where w.owner_id = i.owner_id
        and lower(w.name) = lower(i.name)
        and w.deleted_at is null
      limit 1) is null
    and (i.key is null or (
      select true
      from idempotency_keys k
      where k.user_id = i.initiator_id
        and k.key = i.key
      limit 1) is null)
), pool as materialized (
  select p.id, p.ttl_seconds, p.invalidated_at, p.template_version_id, p.rehearsal_effect, v.driver,
    coalesce(v.manifest -> 'tags', '{}') as tags
  from presets p
  join templates t on t.id = p.template_id
  join template_versions v on v.id = p.template_version_id
  where ${poolIsClaimable("$1", "$2")}
), candidate as materialized (
  ${claimablePrebuilds({ preset: "$1", now: "$5", readySince: "$19" })}
  limit (
    select count(*)
    from admitted)
  for update of b skip locked
), pair as materialized (
  select a.*, w.id as workspace_id, w.created_at, c.ready_at, w.cost, previous.number + 1 as build_number, pool.template_version_id,
    pool.driver, pool.tags, a.job_id is null or pool.rehearsal_effect = 'nothing' as is_handed_over
  from unnest(
    array(
      select workspace_id
      from candidate),
    array(
      select ready_at
      from candidate)) with ordinality as c(workspace_id, ready_at, position)
  join admitted a on a.position = c.position
  join workspaces w on w.id = c.workspace_id
  join builds previous on previous.id = w.latest_build_id
  cross join pool
), claimed as (
  ${ledgerPart}
), moved as (
  update workspaces w
  set owner_id = p.owner_id, name = p.name, latest_build_id = p.build_id, claimed_at = $5, last_used_at = $5,
    automatic_updates = p.automatic_updates, ttl_ms = p.ttl_ms, autostart_schedule = p.autostart_schedule,
    deadline_at = $5::timestamptz + p.ttl_ms * interval '1 ms', dormant_at = null, deleting_at = null
  from pair p
  where w.id = p.workspace_id
), build as (
  ${buildPart}
), job as (
  ${jobPart}
), outcome as (
  insert into creation_outcomes (at, organization_id, template_id, preset_id, workspace_id, requested_by, mode,
    outcome, waited_ms)
  select $5, $3, $4, $1, workspace_id, initiator_id, mode, 'claimed', waited_ms
  from pair
), idempotency as (
  insert into idempotency_keys (user_id, key, request_hash, workspace_id, outcome, created_at)
  select initiator_id, key, request_hash, workspace_id, 'claimed', $5
  from pair
  where key is not null
)
select p.nth::int, p.workspace_id, p.created_at, p.ready_at, p.cost, $5::timestamptz as claimed_at, p.is_handed_over,
  p.build_number, p.template_version_id, coalesce((
    select jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name, 'state', a.state, 'detail', a.detail,
      'ready_at', a.ready_at) order by a.position)
    from agents a
    where a.workspace_id = p.workspace_id
      and a.retired_at is null), '[]') as agents
from pair p
union all
select i.nth::int, null, null, null, null, null, null, null, null, null
from input i
where not exists (
  select 1
  from admitted a
  where a.nth = i.nth)`,
);

/**
 * Hands prebuilds of one pool to as many claims as there are ready ones for, in the order of `inputs`.
 * No two of the claims may have the same owner and name, or the same person and idempotency key.
 * @returns an answer for each, in the same order.
 * Errors: unique violations as of `claimPrebuild`, when another statement took a name or a key since; then nothing has
 * changed for any of them.
 */
export async function claimPrebuilds(
  sql: Sql,
  pool: ClaimPool,
  claim: { readonly now: Date; readonly inputs: readonly ClaimInput[]; readonly readySince?: ReadySince },
): Promise<BatchAnswer[]> {
  const { inputs } = claim;
  const rows = await sql.query(batchStatement, [
    pool.presetId,
    pool.isOutdatedAllowed,
    pool.organizationId,
    pool.templateId,
    claim.now,
    inputs.map((input) => input.ownerId),
    inputs.map((input) => input.initiatorId),
    inputs.map((input) => input.name),
    inputs.map((input) => input.buildId),
    inputs.map((input) => input.jobId),
    inputs.map((input) => input.parameters),
    inputs.map((input) => input.automaticUpdates),
    inputs.map((input) => input.mode),
    inputs.map((input) => input.waitedMs),
    inputs.map((input) => input.idempotency?.key ?? null),
    inputs.map((input) => input.idempotency?.requestHash ?? null),
    inputs.map((input) => input.lifecycle.ttlMs),
    inputs.map((input) => input.lifecycle.autostartSchedule),
    claim.readySince ?? "-infinity",
  ]);
  const answers: BatchAnswer[] = inputs.map(() => ({ kind: "empty" }));
  for (const row of rows) {
    answers[row.nth - 1] = row.workspace_id === null ? { kind: "conflict" } : { kind: "claimed", row };
  }
  return answers;
}
