import type {
  BuildId,
  JobId,
  OrganizationId,
  PresetId,
  TemplateId,
  TemplateVersionId,
  UserId,
  WorkspaceId,
} from "../../contracts/ids.ts";
import type { MissReason } from "../../contracts/states.ts";
import type { LifecycleFields } from "../../domain/lifecycle/lifecycle-fields.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

export interface ColdCreationInput {
  readonly workspaceId: WorkspaceId;
  readonly buildId: BuildId;
  readonly jobId: JobId;
  readonly organizationId: OrganizationId;
  readonly templateId: TemplateId;
  readonly templateVersionId: TemplateVersionId;
  readonly presetId: PresetId | null;
  readonly ownerId: UserId;
  readonly initiatorId: UserId;
  readonly name: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly automaticUpdates: boolean;
  readonly lifecycle: LifecycleFields;
  /** Cost units; null: as many as the newest workspace of the preset was reported to cost. */
  readonly cost: number | null;
  readonly mode: string;
  readonly missReason: MissReason;
  readonly waitedMs: number;
  readonly now: Date;
  readonly idempotency: { readonly key: string; readonly requestHash: Buffer } | null;
}

const coldStatement: Statement<{ readonly workspace_id: WorkspaceId }> = statement(
  "cold_creation",
  `with workspace as (
  insert into workspaces (id, organization_id, owner_id, name, template_id, preset_id, automatic_updates,
    last_used_at, latest_build_id, created_at, ttl_ms, autostart_schedule, deadline_at, cost)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, $19, $20, $8::timestamptz + $19::bigint * interval '1 ms',
    coalesce($21::int, (select reported_cost from presets where id = $6), 0))
  returning id
), build as (
  insert into builds (id, workspace_id, number, transition, stage, template_version_id, preset_id, initiator_id,
    job_id, parameters, created_at)
  select $9, id, 1, 'start', 'ordinary', $10, $6, $11, $12, $13, $8
  from workspace
), job as (
  insert into jobs (id, organization_id, kind, initiator_id, is_prebuild, status, template_id, build_id, workspace_id,
    template_version_id, driver, tags, created_at)
  select $12, $2, 'build', $11, false, 'pending', $5, $9, w.id, $10, v.driver, coalesce(v.manifest -> 'tags', '{}'), $8
  from workspace w
  join template_versions v on v.id = $10
), outcome as (
  insert into creation_outcomes (at, organization_id, template_id, preset_id, workspace_id, requested_by, mode,
    outcome, miss_reason, waited_ms)
  select $8, $2, $5, $6, id, $11, $14, 'cold', $15, $16
  from workspace
), idempotency as (
  insert into idempotency_keys (user_id, key, request_hash, workspace_id, outcome, miss_reason, created_at)
  select $11, $17, $18, id, 'cold', $15, $8
  from workspace
  where $17::text is not null
)
select id as workspace_id
from workspace`,
);

/** Creates an ordinary workspace with its first build, and records why no prebuild served it. */
export async function createCold(tx: Tx, input: ColdCreationInput): Promise<void> {
  await tx.query(coldStatement, [
    input.workspaceId,
    input.organizationId,
    input.ownerId,
    input.name,
    input.templateId,
    input.presetId,
    input.automaticUpdates,
    input.now,
    input.buildId,
    input.templateVersionId,
    input.initiatorId,
    input.jobId,
    input.parameters,
    input.mode,
    input.missReason,
    input.waitedMs,
    input.idempotency?.key ?? null,
    input.idempotency?.requestHash ?? null,
    input.lifecycle.ttlMs,
    input.lifecycle.autostartSchedule,
    input.cost,
  ]);
}

interface RefusedInput {
  readonly now: Date;
  readonly organizationId: OrganizationId;
  readonly templateId: TemplateId;
  readonly presetId: PresetId | null;
  readonly requestedBy: UserId;
  readonly mode: string;
  readonly missReason: MissReason;
  readonly waitedMs: number;
}

const refusedStatement: Statement<object> = statement(
  "creation_refused",
  `insert into creation_outcomes (at, organization_id, template_id, preset_id, requested_by, mode, outcome,
  miss_reason, waited_ms)
values ($1, $2, $3, $4, $5, $6, 'refused', $7, $8)`,
);

/** Records demand that was not met: a `warm_only` creation that found no prebuild. */
export async function recordRefused(tx: Tx, input: RefusedInput): Promise<void> {
  await tx.query(refusedStatement, [
    input.now,
    input.organizationId,
    input.templateId,
    input.presetId,
    input.requestedBy,
    input.mode,
    input.missReason,
    input.waitedMs,
  ]);
}

interface IdempotentRow {
  readonly request_hash: Buffer;
  readonly workspace_id: WorkspaceId;
  readonly outcome: "claimed" | "cold";
  readonly miss_reason: MissReason | null;
}

const idempotentStatement: Statement<IdempotentRow> = statement(
  "idempotent_answer",
  `select request_hash, workspace_id, outcome, miss_reason
from idempotency_keys
where user_id = $1
  and key = $2`,
  "look",
);

/** The answer that an idempotency key already has. */
export async function idempotentAnswer(sql: Sql, userId: UserId, key: string): Promise<IdempotentRow | undefined> {
  return (await sql.query(idempotentStatement, [userId, key]))[0];
}
