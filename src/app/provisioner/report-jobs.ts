import type { Static } from "typebox";
import { CodedError, isErrorCode } from "../../contracts/errors.ts";
import type { JobId, WorkspaceId } from "../../contracts/ids.ts";
import { logLineLengthMax, providerStateBytesMax } from "../../contracts/limits.ts";
import type {
  JobHeartbeatAnswer,
  JobLogLine,
  JobResult,
  PlanReport,
  StateAdoption,
} from "../../contracts/provisioner-protocol.ts";
import { appendJobLog, extendLease } from "../../db/jobs/job-leases.ts";
import { adoptProviderState, putProviderState, workspaceOfJob } from "../../db/resources/provider-states.ts";
import { type EndedJob, endJob } from "../../db/jobs/finish-job.ts";
import type { JobOutcome } from "../../db/jobs/job-outcome.ts";
import type { SealedSettings } from "../../db/agents/agent-settings.ts";
import { sealedSettings } from "../agents/told-settings.ts";
import { completedManifest } from "../templates/complete-manifest.ts";
import type { AppContext } from "../app-context.ts";
import { toldInstant } from "../page.ts";

function leaseLost(): CodedError {
  return new CodedError("lease_lost", "The lease of this job is over.");
}

/** Errors: `lease_lost`. */
export async function heartbeatJob(
  context: AppContext,
  input: { readonly jobId: JobId; readonly attempt: number },
): Promise<Static<typeof JobHeartbeatAnswer>> {
  const leaseUntil = new Date(context.clock.now().getTime() + context.options.leaseMs);
  const row = await extendLease(context.db, { ...input, leaseUntil });
  if (row === undefined) throw leaseLost();
  return { isCancelRequested: row.is_cancel_requested };
}

/** Errors: `lease_lost`. Lines over the limit are cut, and say so. */
export async function appendLogs(
  context: AppContext,
  input: { readonly jobId: JobId; readonly attempt: number; readonly lines: readonly JobLogLine[] },
): Promise<void> {
  const now = context.clock.now();
  const lines = input.lines.map(({ at, line, ...rest }) => ({
    ...rest,
    at: toldInstant(at, now),
    line: line.length <= logLineLengthMax ? line : `${line.slice(0, logLineLengthMax)} …(cut)`,
  }));
  if (!(await appendJobLog(context.db, { ...input, lines }))) throw leaseLost();
  context.db.publish([`job:${input.jobId}`]);
}

/** Errors: `lease_lost`, `too_large`. */
export async function storeState(
  context: AppContext,
  input: { readonly jobId: JobId; readonly attempt: number; readonly serial: number; readonly state: unknown },
): Promise<void> {
  requireStorable(input.state);
  const workspaceId = await workspaceOfJob(context.db, input.jobId);
  if (workspaceId === undefined) throw leaseLost();
  const sealed = await context.stateVault.seal(workspaceId, input.state);
  if (!(await putProviderState(context.db, { ...input, ...sealed, now: context.clock.now() }))) throw leaseLost();
}

function requireStorable(state: unknown): void {
  const bytes = Buffer.byteLength(JSON.stringify(state) ?? "");
  if (bytes <= providerStateBytesMax) return;
  throw new CodedError("too_large", `The state has ${bytes} bytes; at most ${providerStateBytesMax} are allowed.`);
}

/** Takes what a lost attempt had made (`StateAdoption`). Errors: `conflict` when a later job has begun, `too_large`. */
export async function adoptState(
  context: AppContext,
  input: Static<typeof StateAdoption> & { readonly workspaceId: WorkspaceId },
): Promise<void> {
  requireStorable(input.state);
  const sealed = await context.stateVault.seal(input.workspaceId, input.state);
  const adoption = { ...input, ...sealed, jobId: input.jobId as JobId, now: context.clock.now() };
  const isStored = await context.db.transaction("adopt state", async (tx) => adoptProviderState(tx, adoption));
  const subject = { workspaceId: input.workspaceId, jobId: input.jobId, attempt: input.attempt, serial: input.serial };
  if (isStored) {
    context.logger.info("what a lost attempt had made is known now", subject);
    return;
  }
  context.logger.warn("what a lost attempt had made came too late, and was refused", subject);
  throw new CodedError(
    "conflict",
    "A later job of the workspace has begun, or this is not what its last attempt made.",
    { next: "See the provisioner's log for what may be left over, and remove it by hand." },
  );
}

/**
 * Ends a job with the daemon's result. Errors: `lease_lost` for a late one, and nothing changes.
 * @returns the job, and when it ended.
 */
export async function completeJob(
  context: AppContext,
  input: Static<typeof JobResult> & { readonly jobId: JobId },
): Promise<EndedJob & { readonly endedAt: Date }> {
  const now = context.clock.now();
  const told = input.outcome.kind === "succeeded" ? (input.outcome.agents ?? []) : [];
  const agents = await sealedSettings(context, input.jobId, told);
  const outcome = await withManifest(
    context,
    input.jobId,
    withAgents(outcomeOf(input.outcome, now), agents),
    input.outcome,
  );
  const ended = await context.db.transaction("complete job", async (tx) =>
    endJob(tx, { jobId: input.jobId, attempt: input.attempt, from: ["running", "canceling"], outcome, now }),
  );
  if (ended === undefined) throw leaseLost();
  return { ...ended, endedAt: now };
}

function withAgents(outcome: JobOutcome, agents: readonly SealedSettings[]): JobOutcome {
  return outcome.kind === "succeeded" ? { ...outcome, report: { ...outcome.report, agents } } : outcome;
}

/** Of an import that went well: with the manifest as it completes it, or failed where that breaks a rule. */
async function withManifest(
  context: AppContext,
  jobId: JobId,
  outcome: JobOutcome,
  told: Static<typeof JobResult>["outcome"],
): Promise<JobOutcome> {
  // Only an import says what a claim costs: nothing is looked up for a build, of which a claim may be waiting.
  if (outcome.kind !== "succeeded" || told.kind !== "succeeded" || told.claimEffect === undefined) return outcome;
  try {
    const completed = await completedManifest(context, { jobId, parts: told.manifestParts });
    return completed === null ? outcome : { ...outcome, report: { ...outcome.report, ...completed } };
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== "invalid_manifest") throw error;
    return { kind: "failed", code: error.code, message: error.message };
  }
}

function outcomeOf(outcome: Static<typeof JobResult>["outcome"], now: Date): JobOutcome {
  switch (outcome.kind) {
    case "succeeded":
      return {
        kind: "succeeded",
        claimEffect: outcome.claimEffect ?? "unknown",
        report: {
          resources: outcome.resources,
          plan: outcome.plan,
          phases: outcome.phases?.map((phase) => ({ ...phase, startedAt: toldInstant(phase.startedAt, now) })),
          versionState: outcome.versionState,
          tellsAgentSettings: outcome.tellsAgentSettings === true,
          usedVariables: outcome.usedVariables,
          hasDynamicForm: outcome.hasDynamicForm,
        },
      };
    case "canceled":
      return { kind: "canceled", ...doneBefore(outcome) };
    case "abandoned":
      return {
        kind: "failed",
        code: "abandoned",
        message: "The provisioner was stopped before the job had ended.",
        ...doneBefore(outcome),
      };
    case "failed": {
      const code = isErrorCode(outcome.error.code) ? outcome.error.code : "build_failed";
      return { kind: "failed", code, message: outcome.error.message, ...doneBefore(outcome) };
    }
  }
}

function doneBefore({ plan }: { readonly plan?: PlanReport }): { readonly report?: { readonly plan: PlanReport } } {
  return plan === undefined ? {} : { report: { plan } };
}
