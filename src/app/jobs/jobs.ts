import type { Job } from "../../contracts/api/jobs.ts";
import type { LogPage } from "../../contracts/api/logs.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { JobId } from "../../contracts/ids.ts";
import type { JobLane } from "../../contracts/job-queue.ts";
import { daemonAliveMs } from "../../contracts/limits.ts";
import { isJobFinished } from "../../contracts/states.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import { type JobView, jobById, listJobs, pendingPrebuildJobs, requestCancel } from "../../db/jobs/job-views.ts";
import { type PartQuery, searchAgentLog, searchJobLog } from "../../db/workspaces/log-search.ts";
import { readAgentLog, readJobLog } from "../../db/workspaces/logs.ts";
import type { Tx } from "../../db/store.ts";
import { finishJob } from "../../db/jobs/finish-job.ts";
import { waitingFor } from "../../domain/queue/waiting-for.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, isAdministrator, isTemplateAdmin, requireTemplateAdmin } from "../authorize.ts";
import { organizationOf } from "../organization.ts";
import { instant, type PageQuery, pageOf } from "../page.ts";
import { requireWorkspace } from "../workspaces/workspaces.ts";
import { logEntry } from "./log-entry.ts";
import { searchLog } from "./search-log.ts";

const logLimitDefault = 1_000;
const bulkCancelMax = 1_000;
/** Jobs that end in one transaction: each is a few statements, and keeps rows locked that others may wait for. */
const cancelsPerTransactionMax = 50;

export function daemonsSeenSince(context: AppContext): Date {
  return new Date(context.clock.now().getTime() - daemonAliveMs);
}

function jobView(context: AppContext, row: JobView): Job {
  return {
    id: row.id,
    kind: row.kind,
    status: row.status,
    queuePosition: row.queue_position,
    lane: row.lane,
    place: row.place,
    waitingFor: waitingForOf(context, row),
    attempt: row.attempt,
    initiator: row.initiator,
    isPrebuild: row.is_prebuild,
    template: row.template,
    workspace: row.workspace,
    workspaceId: row.workspace_id,
    owner: row.owner,
    preset: row.preset,
    transition: row.transition,
    stage: row.stage,
    tags: row.tags,
    daemon: row.daemon,
    errorCode: row.error_code,
    error: row.error,
    blockedBecause: row.blocked_because,
    createdAt: instant(row.created_at),
    startedAt: instant(row.started_at),
    completedAt: instant(row.completed_at),
  };
}

function waitingForOf(context: AppContext, row: JobView): Job["waitingFor"] {
  const { queue_position: queuePosition, fitting, lane, blocked_because: blockedBecause } = row;
  if (queuePosition === null || fitting === null) return null;
  const { reservedShare } = context.options;
  return waitingFor({ lane, queuePosition, blockedBecause, fitting, reservedShare });
}

/** Errors: `not_found`, also for a job that the actor may not see. */
export async function requireJob(context: AppContext, actor: Actor, jobId: JobId): Promise<JobView> {
  const row = await jobById(context.db, jobId, daemonsSeenSince(context));
  const isVisible =
    row !== undefined &&
    (isAdministrator(actor) ||
      row.initiator_id === actor.userId ||
      // Also what its lifecycle or an administrator began of it; but not how it was built for its pool.
      (row.owner_id === actor.userId && !row.is_prebuild) ||
      (row.is_prebuild && isTemplateAdmin(actor, row.organization_id)));
  if (!isVisible) throw new CodedError("not_found", `There is no job ${jobId} that you may see.`);
  return row;
}

export async function getJob(context: AppContext, actor: Actor, jobId: JobId): Promise<Job> {
  return jobView(context, await requireJob(context, actor, jobId));
}

export interface ListJobsQuery extends PageQuery {
  readonly organization?: string;
  readonly status?: Job["status"];
  readonly initiator?: string;
  readonly template?: string;
  readonly tag?: string;
  readonly lane?: JobLane;
}

export async function listVisibleJobs(
  context: AppContext,
  actor: Actor,
  query: ListJobsQuery,
): Promise<{ jobs: Job[]; total: number }> {
  const organization = await organizationOf(context, actor, query.organization);
  const rows = await listJobs(context.db, {
    daemonsSeenSince: daemonsSeenSince(context),
    organizationId: organization.id,
    visibleTo: isAdministrator(actor) ? null : actor.userId,
    seesPrebuilds: isTemplateAdmin(actor, organization.id),
    status: query.status ?? null,
    initiator: query.initiator ?? null,
    template: query.template ?? null,
    tag: query.tag === undefined ? null : tagOf(query.tag),
    lane: query.lane ?? null,
    ...pageOf(query),
  });
  return { jobs: rows.map((row) => jobView(context, row)), total: rows[0]?.total ?? 0 };
}

function tagOf(text: string): Record<string, string> {
  const equals = text.indexOf("=");
  if (equals <= 0) {
    throw new CodedError("invalid_request", `The tag "${text}" is not of the form key=value.`, {
      problems: [{ field: "tag", reason: "it is not of the form key=value" }],
    });
  }
  return { [text.slice(0, equals)]: text.slice(equals + 1) };
}

/** Cancels a job: a pending one ends at once, a running one is asked to stop. Errors: `not_found`, `conflict`. */
export async function cancelJob(context: AppContext, actor: Actor, jobId: JobId): Promise<Job> {
  const job = await requireJob(context, actor, jobId);
  if (isJobFinished(job.status)) throw new CodedError("conflict", `The job has ended already: ${job.status}.`);
  const now = context.clock.now();
  await context.db.transaction("cancel job", async (tx) => {
    if (!(await cancelInTransaction(tx, jobId, now))) return;
    await recordAudit(tx, {
      at: now,
      actorId: actor.userId,
      organizationId: job.organization_id,
      action: "job.cancel",
      targetId: jobId,
      targetName: job.workspace ?? "",
      detail: { initiator: job.initiator, kind: job.kind, template: job.template },
    });
  });
  return await getJob(context, actor, jobId);
}

async function cancelInTransaction(tx: Tx, jobId: JobId, now: Date): Promise<boolean> {
  const hasEnded = await finishJob(tx, {
    jobId,
    attempt: null,
    from: ["pending"],
    outcome: { kind: "canceled" },
    now,
  });
  return hasEnded || (await requestCancel(tx, jobId, now));
}

/** Which pending builds of pools; all of them unless said. */
export interface CancelFilter {
  readonly organization?: string;
  readonly template?: string;
  readonly status?: Job["status"];
  readonly initiator?: string;
  readonly tag?: string;
}

/** Cancels pending builds of pools, never a claim or a person's job, whatever the filter names. */
export async function cancelPendingPrebuildJobs(
  context: AppContext,
  actor: Actor,
  input: CancelFilter,
): Promise<{ canceled: number }> {
  const { organization: name, ...filter } = input;
  const organization = await organizationOf(context, actor, name);
  requireTemplateAdmin(actor, organization.id, "cancel the jobs of pools");
  const jobIds = await pendingPrebuildJobs(context.db, organization.id, {
    template: input.template ?? null,
    status: input.status ?? null,
    initiator: input.initiator ?? null,
    tag: input.tag === undefined ? null : tagOf(input.tag),
    max: bulkCancelMax,
  });
  const now = context.clock.now();
  // In the order of the ids, so that two who cancel at once never deadlock.
  const ordered = jobIds.toSorted();
  let canceled = 0;
  for (let from = 0; from < ordered.length; from += cancelsPerTransactionMax) {
    const batch = ordered.slice(from, from + cancelsPerTransactionMax);
    canceled += await context.db.transaction("cancel prebuild jobs", async (tx) => await cancelAll(tx, batch, now));
  }
  await recordAudit(context.db, {
    at: now,
    actorId: actor.userId,
    organizationId: organization.id,
    action: "job.cancel_prebuilds",
    targetId: organization.id,
    targetName: organization.name,
    detail: { template: null, status: null, initiator: null, tag: null, ...filter, canceled },
  });
  return { canceled };
}

async function cancelAll(tx: Tx, jobIds: readonly JobId[], now: Date): Promise<number> {
  let canceled = 0;
  for (const jobId of jobIds) {
    const outcome = { kind: "canceled" } as const;
    if (await finishJob(tx, { jobId, attempt: null, from: ["pending"], outcome, now })) canceled += 1;
  }
  return canceled;
}

export interface LogQuery {
  readonly after?: number;
  readonly limit?: number;
  /** Only lines that have this text, whatever its case. */
  readonly search?: string;
}

function logPageOf({ after, limit }: LogQuery) {
  return { after: after ?? 0, limit: limit ?? logLimitDefault };
}

export async function getJobLogs(
  context: AppContext,
  actor: Actor,
  input: LogQuery & { readonly jobId: JobId },
  gone?: AbortSignal,
): Promise<LogPage> {
  const { jobId, search } = input;
  await requireJob(context, actor, jobId);
  const page = logPageOf(input);
  if (search === undefined) return { entries: (await readJobLog(context.db, jobId, page)).map(logEntry) };
  const lookAt = async (part: PartQuery) => await searchJobLog(context.db, jobId, part);
  return await searchLog({ monotonicMs: context.monotonicMs, lookAt }, { ...page, text: search, gone });
}

export async function getAgentLogs(
  context: AppContext,
  actor: Actor,
  input: LogQuery & { readonly workspace: string },
  gone?: AbortSignal,
): Promise<LogPage> {
  const { id } = await requireWorkspace(context, actor, input.workspace);
  const page = logPageOf(input);
  if (input.search === undefined) return { entries: (await readAgentLog(context.db, id, page)).map(logEntry) };
  const lookAt = async (part: PartQuery) => await searchAgentLog(context.db, id, part);
  return await searchLog({ monotonicMs: context.monotonicMs, lookAt }, { ...page, text: input.search, gone });
}
