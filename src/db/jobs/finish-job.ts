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
import type { BuildStage, Transition } from "../../contracts/states.ts";
import { recordAudit } from "../audit/audit.ts";
import { carryLimitMarks } from "../pools/limit-marks.ts";
import { insertPoolEvent } from "../pools/pool-totals.ts";
import { type Statement, statement } from "../statement.ts";
import { ledgerMove, ledgerNote } from "../ledger/ledger-writes.ts";
import type { Tx } from "../store.ts";
import { insertPresets } from "../templates/template-presets.ts";
import { finishRehearsal } from "./finish-rehearsal.ts";
import type { JobOutcome } from "./job-outcome.ts";
import { noticeBuildFailed, noticeImportFailed } from "../notifications/notice-failures.ts";
import { storeBuildReport } from "../builds/store-build-report.ts";

export interface FinishInput {
  readonly jobId: JobId;
  /** Null: whatever attempt (a reaper, or the cancellation of a pending job). */
  readonly attempt: number | null;
  readonly from: readonly ("pending" | "running" | "canceling")[];
  readonly outcome: JobOutcome;
  readonly now: Date;
  /** Only while the lease is over; for the reaper. */
  readonly leaseOverBefore?: Date;
}

interface FinishedRow {
  readonly id: JobId;
  readonly kind: "build" | "template_import" | "rehearsal";
  readonly template_id: TemplateId | null;
  readonly template_version_id: TemplateVersionId;
  readonly build_id: BuildId | null;
  readonly workspace_id: WorkspaceId | null;
  readonly transition: Transition | null;
  readonly stage: BuildStage | null;
  readonly build_number: number | null;
  readonly is_latest: boolean | null;
  readonly cancel_reason: "preempted" | null;
  readonly is_prebuild: boolean;
  readonly created_at: Date;
  readonly started_at: Date | null;
}

/** A job that has just ended: what durations are measured from. */
export interface EndedJob {
  readonly kind: FinishedRow["kind"];
  readonly transition: Transition | null;
  readonly stage: BuildStage | null;
  readonly buildNumber: number | null;
  readonly isPrebuild: boolean;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
}

const finishStatement: Statement<FinishedRow> = statement(
  "job_finish",
  `with finished as (
  update jobs
  set status = $3, completed_at = $4,
    error_code = case when $3 = 'canceled' and cancel_reason is not null then cancel_reason else $5 end,
    error = case when $3 = 'canceled' and cancel_reason = 'preempted'
      then 'The build was cancelled in favour of a job that a person waited for.' else $6 end, lease_expires_at = null
  where id = $1
    and status = any($7::text[])
    and ($2::int is null or attempt = $2)
    and ($8::timestamptz is null or lease_expires_at < $8)
  returning *
)
select f.id, f.kind, f.template_id, f.template_version_id, f.build_id, f.workspace_id, b.transition, b.stage,
  b.number as build_number, w.latest_build_id = b.id as is_latest, f.cancel_reason, f.is_prebuild,
  f.created_at, f.started_at
from finished f
left join builds b on b.id = f.build_id
left join workspaces w on w.id = b.workspace_id`,
);

/**
 * Ends a job and does, in the same transaction, all that its end means: for the ledger, the workspace, the agents,
 * the template version. Used by the daemon's report, by cancellation and by the reaper alike.
 * @returns false when the job had already ended, or the attempt is over: then nothing has changed.
 */
export async function finishJob(tx: Tx, input: FinishInput): Promise<boolean> {
  return (await endJob(tx, input)) !== undefined;
}

/** As `finishJob`, for who measures what has ended. */
export async function endJob(tx: Tx, input: FinishInput): Promise<EndedJob | undefined> {
  const { outcome } = input;
  const failure = outcome.kind === "failed" ? outcome : undefined;
  const [job] = await tx.query(finishStatement, [
    input.jobId,
    input.attempt,
    outcome.kind,
    input.now,
    outcome.kind === "canceled" ? "canceled" : (failure?.code ?? null),
    outcome.kind === "succeeded" ? null : (outcome.message ?? null),
    input.from,
    input.leaseOverBefore ?? null,
  ]);
  if (job === undefined) return undefined;
  if (job.kind === "template_import") await finishImport(tx, job, input);
  else if (job.kind === "rehearsal") await finishRehearsal(tx, { ...input, workspaceId: job.workspace_id });
  else await finishBuild(tx, job, input);
  tx.emit(`job:${job.id}`);
  tx.emit("jobs");
  return {
    kind: job.kind,
    transition: job.transition,
    stage: job.stage,
    buildNumber: job.build_number,
    isPrebuild: job.is_prebuild,
    createdAt: job.created_at,
    startedAt: job.started_at,
  };
}

interface ImportedRow {
  readonly activate_on_success: boolean;
  readonly template_id: TemplateId;
  readonly organization_id: OrganizationId;
}

const importStatement: Statement<ImportedRow> = statement(
  "import_finish",
  `update template_versions
set status = case when $2 = 'succeeded' then 'ready' else 'failed' end, error = $3,
  claim_effect = coalesce($4, claim_effect), version_state = $5, manifest = coalesce($6, manifest)
where id = $1
returning activate_on_success, template_id, organization_id`,
);

const unprovenStatement: Statement<object> = statement(
  "import_unproven",
  // Where the driver does not know what a claim does and the template blocks replacements: see `finish-rehearsal.ts`.
  `update presets p
set is_unproven = true
from template_versions v
where v.id = $1
  and p.template_version_id = v.id
  and v.claim_effect = 'unknown'
  and v.manifest #>> '{claim_policy,on_replacement}' = 'block'`,
);

interface ActivatedRow {
  readonly organization_id: OrganizationId;
  readonly name: string;
  readonly version: string;
  readonly pushed_by: UserId;
}

const activateStatement: Statement<ActivatedRow> = statement(
  "import_activate",
  // Of two versions imported at once the higher number stays active, whichever import ends last.
  `update templates t
set active_version_id = v.id, active_since = $2, display_name = coalesce(v.manifest ->> 'display_name', ''),
  description = coalesce(v.manifest ->> 'description', ''), icon = coalesce(v.manifest ->> 'icon', '')
from template_versions v
where v.id = $1
  and t.id = v.template_id
  and (t.active_version_id is null
    or (select a.number from template_versions a where a.id = t.active_version_id) < v.number)
returning t.organization_id, t.name, v.name as version, v.created_by as pushed_by`,
);

async function finishImport(tx: Tx, job: FinishedRow, input: FinishInput): Promise<void> {
  const { outcome } = input;
  const message = outcome.kind === "succeeded" ? null : (outcome.message ?? "The import was cancelled.");
  const [version] = await tx.query(importStatement, [
    job.template_version_id,
    outcome.kind,
    message,
    outcome.kind === "succeeded" ? outcome.claimEffect : null,
    outcome.kind === "succeeded" ? JSON.stringify(outcome.report?.versionState ?? null) : null,
    outcome.kind === "succeeded" && outcome.report?.manifest !== undefined
      ? JSON.stringify(outcome.report.manifest)
      : null,
  ]);
  if (version !== undefined && outcome.kind === "succeeded") {
    const { template_id: templateId, organization_id: organizationId } = version;
    const ids = { id: job.template_version_id, templateId, organizationId };
    await insertPresets(tx, ids, outcome.report?.presets ?? [], input.now);
  }
  tx.emit("templates");
  if (outcome.kind === "succeeded") await tx.query(unprovenStatement, [job.template_version_id]);
  if (outcome.kind === "succeeded" && version?.activate_on_success === true) {
    const [activated] = await tx.query(activateStatement, [job.template_version_id, input.now]);
    if (activated !== undefined) {
      await auditActivation(tx, activated, { templateId: job.template_id, now: input.now });
      await carryLimitMarks(tx, job.template_version_id, input.now);
    }
    tx.emit("pools");
  }
  if (outcome.kind === "failed") await noticeImportFailed(tx, job.template_version_id, failureOf(job, outcome, input));
}

async function auditActivation(
  tx: Tx,
  row: ActivatedRow,
  { templateId, now }: { readonly templateId: TemplateId | null; readonly now: Date },
): Promise<void> {
  await recordAudit(tx, {
    at: now,
    actorId: row.pushed_by,
    organizationId: row.organization_id,
    action: "template.promote",
    targetId: templateId,
    targetName: row.name,
    detail: { version: row.version, reason: "promoted: its import succeeded" },
  });
}

function failureOf(job: FinishedRow, failure: Extract<JobOutcome, { kind: "failed" }>, { now }: FinishInput) {
  return { jobId: job.id, code: failure.code, message: failure.message, now };
}

const lockLedgerStatement: Statement<{ readonly preset_id: PresetId; readonly state: string }> = statement(
  "ledger_lock",
  // The agents' reports and the job's end both decide whether a prebuild is ready: one of them at a time.
  `select preset_id, state
from prebuilds
where workspace_id = $1
for update`,
);

/** Whether the workspace `$1` has agents, and each is ready and connected. */
const areAgentsReady = `exists (select 1 from agents a where a.workspace_id = $1 and a.retired_at is null)
      and not exists (select 1 from agents a where a.workspace_id = $1 and a.retired_at is null
        and (a.state <> 'ready' or a.server_id is null))`;

/** Whether this end settles the first build: one that went well is judged by whether its prebuild becomes ready. */
const isFirstSettled = `$5 = 1 and b.first_build_result is null and ($6 <> 'succeeded' or ${areAgentsReady})`;

const ledgerStatement: Statement<object> = statement(
  "ledger_build_finished",
  ledgerMove({
    name: "ledger_build_finished",
    steps: {
      building: ["starting", "ready", "failed"],
      stopping: ["parked"],
      draining: ["deleted", "draining"],
      claimed: ["claimed"],
    },
    state: `case
    when b.state = 'claimed' then 'claimed'
    when $2 = 'delete' and $3 = 'succeeded' then 'deleted'
    when $2 = 'delete' then 'draining'
    when $2 = 'stop' then 'parked'
    when $3 <> 'succeeded' then 'failed'
    when ${areAgentsReady} then 'ready'
    else 'starting'
  end`,
    set: [
      `ready_at = case
    when b.state <> 'claimed' and $2 = 'start' and $3 = 'succeeded' and ${areAgentsReady} then coalesce(b.ready_at, $4)
    else b.ready_at
  end`,
      `first_build_result = case when ${isFirstSettled} then $6 else b.first_build_result end`,
      `first_build_completed_at = case when ${isFirstSettled} then $4 else b.first_build_completed_at end`,
      "ended_at = case when $2 = 'delete' and $3 = 'succeeded' then $4 else b.ended_at end",
    ],
    where: "b.workspace_id = $1",
  }),
);

const handOverStatement: Statement<object> = statement(
  "claim_hand_over",
  ledgerNote({
    set: "handed_over_at = $2",
    where: "b.workspace_id = $1 and b.state = 'claimed' and b.handed_over_at is null",
  }),
);

const workspaceGoneStatement: Statement<object> = statement(
  "workspace_gone",
  `with workspace as (
  update workspaces
  set deleted_at = $2
  where id = $1
), state as (
  delete from provider_states
  where workspace_id = $1
), versions as (
  delete from provider_state_versions
  where workspace_id = $1
)
${ledgerNote({ set: "ended_at = $2", where: "b.workspace_id = $1 and b.ended_at is null" })}`,
);

const retireStatement: Statement<object> = statement(
  "agents_retire",
  `update agents
set retired_at = $2, state = 'off', server_id = null, connection_id = null
where workspace_id = $1
  and retired_at is null`,
);

const listAgentsStatement: Statement<{ readonly id: AgentId }> = statement(
  "agents_of_workspace",
  `select id
from agents
where workspace_id = $1
  and retired_at is null`,
);

const lifecycleStatement: Statement<object> = statement(
  "workspace_lifecycle_finish",
  // The run begins when its build has ended, not when somebody asked for it. Of a claim it began at the claim.
  `update workspaces
set failed_at = case when $3 = 'failed' then $2::timestamptz end,
  deadline_at = case when $3 = 'succeeded' and deadline_at is not null then $2 + ttl_ms * interval '1 ms'
    else deadline_at end
where id = $1`,
);

/** What the end says about the template: `canceled`, which says nothing, when the server itself stopped the build. */
function firstResultOf(outcome: JobOutcome, job: FinishedRow): "succeeded" | "failed" | "abandoned" | "canceled" {
  if (outcome.kind !== "failed") return outcome.kind;
  if (job.cancel_reason === "preempted") return "canceled";
  return outcome.code === "abandoned" ? "abandoned" : "failed";
}

async function finishBuild(tx: Tx, job: FinishedRow, input: FinishInput): Promise<void> {
  const { workspace_id: workspaceId, transition, build_number: number } = job;
  if (workspaceId === null || transition === null) throw new Error(`The build job ${job.id} has no workspace.`);
  const hasSucceeded = input.outcome.kind === "succeeded";
  if (input.outcome.report !== undefined && job.build_id !== null) {
    await storeBuildReport(tx, {
      buildId: job.build_id,
      stage: job.stage,
      report: input.outcome.report,
      now: input.now,
    });
  }
  const [ledger] = await tx.query(lockLedgerStatement, [workspaceId]);
  if (transition !== "start" && hasSucceeded) await tx.query(retireStatement, [workspaceId, input.now]);
  if (ledger !== undefined && job.is_latest === true) {
    const { outcome } = input;
    const firstResult = firstResultOf(outcome, job);
    await tx.query(ledgerStatement, [workspaceId, transition, outcome.kind, input.now, number, firstResult]);
    const isFailure = firstResult === "failed" || firstResult === "abandoned";
    if (number === 1 && isFailure) await insertPoolEvent(tx, ledger.preset_id, "failed");
    tx.emit("pools");
    tx.emit(`pool:${ledger.preset_id}`);
    if (transition === "start" && hasSucceeded) tx.emit("unready");
  }
  const isPersons = (ledger === undefined || ledger.state === "claimed") && job.is_latest === true;
  const beginsRun = hasSucceeded && transition === "start" && job.stage === "ordinary";
  if (isPersons && (beginsRun || input.outcome.kind === "failed")) {
    await tx.query(lifecycleStatement, [workspaceId, input.now, input.outcome.kind]);
  }
  if (isPersons && input.outcome.kind === "failed") {
    await noticeBuildFailed(tx, workspaceId, failureOf(job, input.outcome, input));
  }
  if (transition === "delete" && hasSucceeded) await tx.query(workspaceGoneStatement, [workspaceId, input.now]);
  // The claim build; or, when that failed, the start with which its owner tried again.
  if (transition === "start" && hasSucceeded && ledger?.state === "claimed") {
    await tx.query(handOverStatement, [workspaceId, input.now]);
    for (const agent of await tx.query(listAgentsStatement, [workspaceId])) tx.emit(`agent:${agent.id}`);
  }
  tx.emit(`workspace:${workspaceId}`);
}
