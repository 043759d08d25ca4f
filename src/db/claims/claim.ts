import type {
  AgentId,
  BuildId,
  JobId,
  OrganizationId,
  PresetId,
  TemplateId,
  TemplateVersionId,
  UserId,
  WorkspaceId,
} from "../../contracts/ids.ts";
import type { AgentState } from "../../contracts/states.ts";
import type { LifecycleFields } from "../../domain/lifecycle/lifecycle-fields.ts";
import { type Statement, statement } from "../statement.ts";
import { insertBuilds } from "../builds/insert-build.ts";
import { insertJobs, tagsOfVersion } from "../jobs/insert-job.ts";
import { ledgerMove } from "../ledger/ledger-writes.ts";
import { claimablePrebuilds, poolIsClaimable } from "./claimable.ts";
import { liveOwners } from "./live-owners.ts";
import type { Sql } from "../store.ts";

export interface ClaimInput {
  readonly organizationId: OrganizationId;
  readonly templateId: TemplateId;
  readonly presetId: PresetId;
  /** Whether a preset of an older version will do: under the rollout strategy `surge` (spec §3.3). */
  readonly isOutdatedAllowed: boolean;
  readonly ownerId: UserId;
  /** Who asked; the claim build is his, never the pool's. */
  readonly initiatorId: UserId;
  readonly name: string;
  /** The preset's values and what the user gave beside them. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly automaticUpdates: boolean;
  readonly lifecycle: LifecycleFields;
  readonly mode: string;
  readonly waitedMs: number;
  readonly now: Date;
  readonly buildId: BuildId;
  /** Null: claiming changes nothing in this version, so there is no job and the hand-over is now. */
  readonly jobId: JobId | null;
  readonly idempotency: { readonly key: string; readonly requestHash: Buffer } | null;
}

export interface ClaimedRow {
  readonly workspace_id: WorkspaceId;
  readonly claimed_at: Date;
  readonly ready_at: Date;
  /** Whether the agents may be told at once: the claim is known to change nothing. */
  readonly is_handed_over: boolean;
  readonly build_number: number;
  readonly template_version_id: TemplateVersionId;
  readonly created_at: Date;
  readonly cost: number;
  readonly agents: readonly {
    readonly id: AgentId;
    readonly name: string;
    readonly state: AgentState;
    readonly detail: string;
    readonly ready_at: string | null;
  }[];
}

/** What a claim writes beside the pool's row, the workspace, the build and the outcome. */
interface ClaimWrites {
  readonly hasJob: boolean;
  readonly hasKey: boolean;
}

const jobPart = `, job as (
  ${insertJobs({
    id: "$5",
    organizationId: "$11",
    kind: "build",
    initiatorId: "$9",
    isPrebuild: false,
    templateId: "$12",
    templateVersionId: "v.id",
    buildId: "$4",
    workspaceId: "t.id",
    driver: "v.driver",
    tags: tagsOfVersion,
    createdAt: "$2",
    source: "taken t cross join pool join template_versions v on v.id = pool.template_version_id",
  })}
)`;

const ledgerPart = ledgerMove({
  name: "claim",
  steps: { ready: ["claimed"] },
  set: [
    "claimed_at = $2",
    "claimed_by = $3",
    "claim_build_id = $4",
    "claim_generation = b.claim_generation + 1",
    "handed_over_at = case when t.is_handed_over then $2::timestamptz end",
  ],
  source: "taken t",
  where: "b.workspace_id = t.id",
  areLocked: true,
});

const buildPart = insertBuilds({
  id: "$4",
  workspaceId: "t.id",
  number: "t.build_number",
  transition: "'start'",
  stage: "'claim'",
  templateVersionId: "pool.template_version_id",
  presetId: "$1",
  initiatorId: "$9",
  jobId: "$5",
  parameters: "$10",
  createdAt: "$2",
  source: "taken t cross join pool",
});

const keyPart = `, idempotency as (
  insert into idempotency_keys (user_id, key, request_hash, workspace_id, outcome, created_at)
  select $9, $18, $19, t.id, 'claimed', $2
  from taken t
)`;

/**
 * The claim, one statement: it commits whole or not at all, on whatever `Sql` it is given.
 *
 * `for update … skip locked` under `limit 1`: concurrent claims pass over the row that another is taking instead of
 * waiting for it; a row that lost its state since the snapshot is re-checked by PostgreSQL and passed over too.
 * A delete build takes the same row by the same state, so the two exclude each other.
 *
 * Each table that a statement may write is opened with all its indexes, also when nothing is written: so there is a
 * text without the job and one without the key.
 */
function claimText({ hasJob, hasKey }: ClaimWrites): string {
  return `with pool as materialized (
  select p.id, p.ttl_seconds, p.invalidated_at, p.template_version_id,
    p.rehearsal_effect
  from presets p
  join templates t on t.id = p.template_id
  where ${poolIsClaimable("$1", "$8")}
), owner as materialized (
  ${liveOwners("id = $3")}
), candidate as materialized (
  ${claimablePrebuilds({ preset: "$1", now: "$2", readySince: "$17" })}
  limit 1
  for update of b skip locked
), taken as materialized (
  select w.id, w.created_at, c.ready_at, w.cost, previous.number + 1 as build_number,
    $5::uuid is null or pool.rehearsal_effect = 'nothing' as is_handed_over
  from candidate c
  cross join pool
  cross join owner
  join workspaces w on w.id = c.workspace_id
  join builds previous on previous.id = w.latest_build_id
), claimed as (
  ${ledgerPart}
), moved as (
  update workspaces w
  set owner_id = $3, name = $6, latest_build_id = $4, claimed_at = $2, last_used_at = $2,
    automatic_updates = $7, ttl_ms = $15, autostart_schedule = $16,
    deadline_at = $2::timestamptz + $15::bigint * interval '1 ms',
    dormant_at = null, deleting_at = null
  from taken t
  where w.id = t.id
), build as (
  ${buildPart}
), outcome as (
  insert into creation_outcomes (at, organization_id, template_id, preset_id, workspace_id, requested_by, mode,
    outcome, waited_ms)
  select $2, $11, $12, $1, t.id, $9, $13, 'claimed', $14
  from taken t
)${hasJob ? jobPart : ""}${hasKey ? keyPart : ""}
select t.id as workspace_id, t.created_at, t.ready_at, t.cost, $2::timestamptz as claimed_at, t.is_handed_over, t.build_number,
  pool.template_version_id, coalesce((
    select jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name, 'state', a.state, 'detail', a.detail,
      'ready_at', a.ready_at) order by a.position)
    from agents a
    where a.workspace_id = t.id
      and a.retired_at is null), '[]') as agents
from taken t
cross join pool`;
}

function claimStatement(name: string, writes: ClaimWrites): Statement<ClaimedRow> {
  return statement(name, claimText(writes));
}

const claimWithNeither = claimStatement("claim", { hasJob: false, hasKey: false });
const claimWithJob = claimStatement("claim_job", { hasJob: true, hasKey: false });
const claimWithKey = claimStatement("claim_key", { hasJob: false, hasKey: true });
const claimWithBoth = claimStatement("claim_job_key", { hasJob: true, hasKey: true });

/**
 * From where the ready prebuilds are looked through. Those claimed lately stay in the index until nobody can see them
 * any more, so a claim that begins at the oldest passes over all of them.
 */
export type ReadySince = Date | "-infinity";

/**
 * Hands at most one prebuild of the preset to its new owner (spec §4 step 3 to 5), oldest ready first of those that are
 * ready since `readySince`.
 * @returns the workspace, or undefined when no prebuild is claimable at this moment.
 * Errors: unique violations `workspaces_owner_name` and `idempotency_keys_pkey`; then nothing has changed.
 */
export async function claimPrebuild(
  sql: Sql,
  input: ClaimInput,
  readySince: ReadySince = "-infinity",
): Promise<ClaimedRow | undefined> {
  const { jobId, idempotency } = input;
  const withJob = idempotency === null ? claimWithJob : claimWithBoth;
  const withoutJob = idempotency === null ? claimWithNeither : claimWithKey;
  const rows = await sql.query(jobId === null ? withoutJob : withJob, [
    input.presetId,
    input.now,
    input.ownerId,
    input.buildId,
    jobId,
    input.name,
    input.automaticUpdates,
    input.isOutdatedAllowed,
    input.initiatorId,
    input.parameters,
    input.organizationId,
    input.templateId,
    input.mode,
    input.waitedMs,
    input.lifecycle.ttlMs,
    input.lifecycle.autostartSchedule,
    readySince,
    ...(idempotency === null ? [] : [idempotency.key, idempotency.requestHash]),
  ]);
  return rows[0];
}

interface MissRow {
  readonly ready: number;
  readonly ready_expired: number;
  readonly pending: number;
  readonly draining: number;
  readonly is_active: boolean;
  readonly is_deprecated: boolean;
  /** The rehearsal found that a claim replaces something, and the template says `block`. */
  readonly is_blocked: boolean;
  /** The template says `block`, and no rehearsal has shown yet what a claim does. */
  readonly is_unproven: boolean;
  readonly instances: number | null;
  readonly outdated_ready: number;
}

const missStatement: Statement<MissRow> = statement(
  "claim_miss",
  `select
  count(*) filter (where b.state = 'ready')::int as ready,
  count(*) filter (where b.state = 'ready' and (
    (p.ttl_seconds > 0 and b.created_at < $2::timestamptz - make_interval(secs => p.ttl_seconds))
    or b.created_at < p.invalidated_at))::int as ready_expired,
  count(*) filter (where b.state in ('building', 'starting'))::int as pending,
  count(*) filter (where b.state = 'draining')::int as draining,
  t.active_version_id = p.template_version_id as is_active,
  t.deprecated_at is not null or t.deleted_at is not null as is_deprecated,
  p.blocked_reason is not null as is_blocked,
  p.is_unproven,
  p.instances,
  (select count(*)
    from prebuilds o
    join presets op on op.id = o.preset_id
    where op.template_id = p.template_id
      and op.name = p.name
      and op.id <> p.id
      and o.state = 'ready')::int as outdated_ready
from presets p
join templates t on t.id = p.template_id
left join prebuilds b on b.preset_id = p.id and b.state in ('building', 'starting', 'ready', 'draining')
where p.id = $1
group by p.id, t.id`,
);

/** What was in the pool when a claim found nothing, to say why (spec §4 step 6). */
export async function poolAtMiss(sql: Sql, presetId: PresetId, now: Date): Promise<MissRow | undefined> {
  return (await sql.query(missStatement, [presetId, now]))[0];
}
