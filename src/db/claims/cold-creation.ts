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
import { insertBuilds } from "../builds/insert-build.ts";
import { insertJobs, tagsOfVersion } from "../jobs/insert-job.ts";
import type { Sql, Tx } from "../store.ts";
import { liveOwners } from "./live-owners.ts";

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
  `with owner as materialized (
  ${liveOwners("id = $3")}
), workspace as (
  insert into workspaces (id, organization_id, owner_id, name, template_id, preset_id, automatic_updates,
    last_used_at, latest_build_id, created_at, ttl_ms, autostart_schedule, deadline_at, cost)
  select $1, $2, id, $4, $5, $6, $7, $8, $9, $8, $19, $20, $8::timestamptz + $19::bigint * interval '1 ms',
    coalesce($21::int, (select reported_cost from presets where id = $6), 0)
  from owner
  returning id
), build as (
  ${insertBuilds({
    id: "$9",
    workspaceId: "id",
    number: "1",
    transition: "'start'",
    stage: "'ordinary'",
    templateVersionId: "$10",
    presetId: "$6",
    initiatorId: "$11",
    jobId: "$12",
    parameters: "$13",
    missReason: "$15",
    createdAt: "$8",
    source: "workspace",
  })}
), job as (
  ${insertJobs({
    id: "$12",
    organizationId: "$2",
    kind: "build",
    initiatorId: "$11",
    isPrebuild: false,
    templateId: "$5",
    templateVersionId: "$10",
    buildId: "$9",
    workspaceId: "w.id",
    driver: "v.driver",
    tags: tagsOfVersion,
    createdAt: "$8",
    source: "workspace w join template_versions v on v.id = $10",
  })}
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

/**
 * Creates an ordinary workspace with its first build, and records why no prebuild served it.
 * @returns false when its owner was deleted meanwhile: then nothing was made.
 */
export async function createCold(tx: Tx, input: ColdCreationInput): Promise<boolean> {
  const rows = await tx.query(coldStatement, [
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
  return rows.length === 1;
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
