import type {
  AgentId,
  BuildId,
  JobId,
  PresetId,
  TemplateId,
  TemplateVersionId,
  WorkspaceId,
} from "../../contracts/ids.ts";
import type { BuildStage, Transition } from "../../contracts/states.ts";
import { insertPoolEvent } from "../pools/pool-totals.ts";
import { storeAgentSettings } from "../agents/agent-settings.ts";
import { type Statement, statement } from "../statement.ts";
import { ledgerMove, ledgerNote } from "../ledger/ledger-writes.ts";
import type { Tx } from "../store.ts";
import { finishImport } from "./finish-import.ts";
import { finishRehearsal } from "./finish-rehearsal.ts";
import type { JobOutcome } from "./job-outcome.ts";
import { noticeBuildFailed } from "../notifications/notice-failures.ts";
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
set retired_at = $2, state = 'off', server_id = null, connection_id = null, settings_sealed = null
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
  if (transition === "start" && hasSucceeded && job.build_id !== null) {
    await storeAgentSettings(tx, job.build_id, input.outcome.report?.agents ?? []);
  }
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
    await noticeBuildFailed(tx, workspaceId, {
      jobId: job.id,
      code: input.outcome.code,
      message: input.outcome.message,
      now: input.now,
    });
  }
  if (transition === "delete" && hasSucceeded) await tx.query(workspaceGoneStatement, [workspaceId, input.now]);
  // The claim build; or, when that failed, the start with which its owner tried again.
  if (transition === "start" && hasSucceeded && ledger?.state === "claimed") {
    await tx.query(handOverStatement, [workspaceId, input.now]);
    for (const agent of await tx.query(listAgentsStatement, [workspaceId])) tx.emit(`agent:${agent.id}`);
  }
  tx.emit(`workspace:${workspaceId}`);
}
