import type { Client } from "../client/client.ts";
import { CodedError } from "../contracts/errors.ts";
import type { JobResult, LeasedJob, PlanReport } from "../contracts/provisioner-protocol.ts";
import type { Logger } from "../platform/logger.ts";
import type { Random } from "../platform/random.ts";
import { sleep } from "../platform/sleep.ts";
import type { DaemonTiming } from "./daemon-timing.ts";
import { type ApplyReport, type DriverContext, type Driver, errorReportOf } from "./driver.ts";
import { abortable } from "./abortable.ts";
import { JobLease, type StopReason } from "./job-lease.ts";
import { JobLog } from "./job-log.ts";
import { untilAnswered } from "./retry.ts";
import type { TemplateFolders } from "./template-folders.ts";

export interface JobEnvironment {
  readonly client: Client;
  readonly drivers: ReadonlyMap<string, Driver>;
  readonly templates: TemplateFolders;
  readonly leaseMs: number;
  readonly accessUrl: string;
  readonly deploymentId: string;
  readonly timing: DaemonTiming;
  readonly random: Random;
  readonly logger: Logger;
  readonly now: () => Date;
  /** Fires when the daemon's patience with running jobs is over. */
  readonly stopping: AbortSignal;
}

type Outcome = JobResult["outcome"];
type Limit = keyof DaemonTiming["limitMs"];

/** One leased job from its driver to its report. Never rejects. */
export async function runJob(job: LeasedJob, environment: JobEnvironment): Promise<void> {
  const { client, timing, leaseMs } = environment;
  const identity = { client, jobId: job.jobId, attempt: job.attempt };
  const logger = environment.logger.child({ jobId: job.jobId, attempt: job.attempt });
  const lease = new JobLease({ ...identity, leaseMs });
  const log = new JobLog({ ...identity, flushMs: timing.logFlushMs, now: environment.now });
  const keeping = lease.keep();
  const onStopping = (): void => lease.stopWork("stopping");
  environment.stopping.addEventListener("abort", onStopping, { once: true });
  if (environment.stopping.aborted) onStopping();
  const limitMs = timing.limitMs[limitOf(job)];
  const timer = setTimeout(() => lease.stopWork("timeout"), limitMs);
  try {
    const done: Done = { plan: undefined };
    const working = work(job, { environment, lease, log, done });
    const outcome = withDone(await outcomeOf(working, { lease, log, timing, limitMs }), done);
    clearTimeout(timer);
    if (lease.reason === "lease_lost" && outcome.kind !== "succeeded") {
      logger.warn("the lease was lost; the job is left to the server");
      return;
    }
    await report({ job, outcome, log, environment });
    logger.info("the job has ended", { outcome: outcome.kind });
  } catch (error) {
    logger.warn("the job's end could not be reported", { error });
  } finally {
    clearTimeout(timer);
    environment.stopping.removeEventListener("abort", onStopping);
    log.stop();
    lease.end();
    await keeping;
  }
}

function limitOf(job: LeasedJob): Limit {
  return job.work.kind === "import" ? "import" : job.work.transition;
}

/** What the driver has said of a claim under way. */
interface Done {
  plan: PlanReport | undefined;
}

/** A claim that did not come to its end may have replaced something all the same, and that is told. */
function withDone(outcome: Outcome, { plan }: Done): Outcome {
  return outcome.kind === "succeeded" || plan === undefined ? outcome : { ...outcome, plan };
}

interface JobParts {
  readonly done: Done;
  readonly environment: JobEnvironment;
  readonly lease: JobLease;
  readonly log: JobLog;
}

/** Lets the driver do its work. Resolves with the good outcome, or throws what went wrong. */
async function work(job: LeasedJob, parts: JobParts): Promise<Outcome> {
  const { environment, lease, log } = parts;
  const driver = environment.drivers.get(job.driver);
  if (driver === undefined) {
    throw new CodedError("invalid_template", `This provisioner has no driver "${job.driver}".`);
  }
  let hasFolder = false;
  let acquired: Promise<string> = Promise.resolve("");
  const context: DriverContext = {
    jobId: job.jobId,
    attempt: job.attempt,
    archiveHash: job.archiveHash,
    versionState: job.versionState ?? undefined,
    ...(job.variables === undefined ? {} : { variables: job.variables }),
    ...(job.carriedVariables === undefined ? {} : { carriedVariables: job.carriedVariables }),
    manifest: job.manifest,
    templateName: job.templateName,
    ...(job.templateId === undefined ? {} : { templateId: job.templateId }),
    ...(job.versionName === undefined ? {} : { versionName: job.versionName }),
    accessUrl: environment.accessUrl,
    deploymentId: environment.deploymentId,
    abort: lease.abort,
    log: (level, stage, line) => log.add(level, stage, line),
    templateFolder: async () => {
      if (!hasFolder) {
        hasFolder = true;
        acquired = environment.templates.acquire(job.archiveHash);
      }
      return abortable(acquired, lease.abort);
    },
  };
  try {
    if (job.work.kind === "import") {
      // Unpacked here, so that an archive that cannot be is refused at its publication and not at its first use.
      await context.templateFolder();
      const { versionState, manifestParts, usedVariables, tellsAgentSettings, hasDynamicForm } =
        (await driver.parse(context)) ?? {};
      const { claimEffect } = driver.capabilities(job.manifest);
      return {
        kind: "succeeded",
        claimEffect,
        ...(versionState === undefined ? {} : { versionState }),
        ...(manifestParts === undefined ? {} : { manifestParts }),
        ...(tellsAgentSettings === undefined ? {} : { tellsAgentSettings }),
        ...(hasDynamicForm === undefined ? {} : { hasDynamicForm }),
        ...(usedVariables === undefined ? {} : { usedVariables: [...usedVariables] }),
      };
    }
    if (job.work.kind === "rehearsal") return await rehearse(driver, { ...context, work: job.work });
    const notePlan = (plan: PlanReport): void => {
      parts.done.plan = plan;
    };
    const build = { ...context, work: job.work, saveState: stateWriter(job, parts), notePlan };
    if (job.work.transition === "delete") {
      await driver.destroy(build);
      return { kind: "succeeded" };
    }
    return succeeded((await driver.apply(build)) ?? {});
  } finally {
    void acquired.then(
      () => hasFolder && environment.templates.release(job.archiveHash),
      () => {},
    );
  }
}

/** Plans a claim by a made-up owner. A driver that cannot tell leaves it open: then no claim is taken for harmless. */
async function rehearse(
  driver: Driver,
  context: DriverContext & { readonly work: Extract<LeasedJob["work"], { readonly kind: "rehearsal" }> },
): Promise<Outcome> {
  if (driver.planClaim === undefined) return { kind: "succeeded" };
  const work = { ...context.work, kind: "build" as const };
  const plan = await driver.planClaim({ ...context, work, saveState: refuseState });
  return { kind: "succeeded", plan };
}

function refuseState(): Promise<never> {
  return Promise.reject(new Error("A rehearsal changes nothing, so it has no state to store."));
}

function succeeded({ resources, plan, phases, agents }: ApplyReport): Outcome {
  return {
    kind: "succeeded",
    ...(resources === undefined ? {} : { resources: [...resources] }),
    ...(plan === undefined ? {} : { plan }),
    ...(phases === undefined ? {} : { phases: [...phases] }),
    ...(agents === undefined ? {} : { agents: [...agents] }),
  };
}

/**
 * Stores each version of what exists, in order, and waits until the server has it. Also after the work was stopped:
 * what was made until then must be known, and the lease is kept until the job's end is reported.
 */
function stateWriter(job: LeasedJob, { environment, lease }: JobParts): (state: unknown) => Promise<void> {
  let serial = 0;
  return async (state) => {
    serial += 1;
    const body = { attempt: job.attempt, serial, state };
    const input = { params: { jobId: job.jobId }, body, signal: lease.over };
    // Not sent at all, so for certain not stored.
    if (lease.over.aborted) throw new CodedError("lease_lost", "The lease of this job is over.");
    let isInDoubt = false;
    const onRetry = (): void => {
      isInDoubt = true;
    };
    try {
      await untilAnswered(() => environment.client.call("putJobState", input), {
        ...environment,
        abort: lease.over,
        onRetry,
      });
    } catch (cause) {
      if (!isInDoubt) throw cause;
      // Drivers take `lease_lost` for "not stored", and an earlier try may have been, whose answer was lost.
      throw new CodedError("transient", "Whether the server has stored the state is not known.", { cause });
    }
  };
}

interface Waiting {
  readonly lease: JobLease;
  readonly log: JobLog;
  readonly timing: DaemonTiming;
  readonly limitMs: number;
}

/** What the job came to: what the driver did when it had its way, else why it was stopped. */
async function outcomeOf(working: Promise<Outcome>, waiting: Waiting): Promise<Outcome> {
  const { lease, log, timing, limitMs } = waiting;
  const over = new AbortController();
  const tooLate = untilTooLate({ abort: lease.abort, over: over.signal, graceMs: timing.abortGraceMs });
  try {
    return await Promise.race([working, tooLate]);
  } catch (error) {
    const reason = lease.reason;
    if (reason !== null) return stoppedOutcome(reason, limitMs);
    const report = errorReportOf(error, "build_failed");
    log.add("error", "end", report.message);
    return { kind: "failed", error: report };
  } finally {
    over.abort();
  }
}

function stoppedOutcome(reason: StopReason, limitMs: number): Outcome {
  switch (reason) {
    case "canceled":
      return { kind: "canceled" };
    case "timeout":
      return {
        kind: "failed",
        error: { code: "build_timeout", message: `The job was stopped: it ran longer than ${limitMs / 1000} s.` },
      };
    case "stopping":
    case "lease_lost":
      return { kind: "abandoned" };
  }
}

/** Rejects when a driver has not stopped within the grace: what hangs must not hold a place for ever. */
async function untilTooLate(options: {
  readonly abort: AbortSignal;
  readonly over: AbortSignal;
  readonly graceMs: number;
}): Promise<never> {
  const { abort, over, graceMs } = options;
  await untilFired(AbortSignal.any([abort, over]));
  await sleep(graceMs, over);
  throw new Error(`the driver did not stop within ${graceMs} ms`);
}

async function untilFired(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

interface Report {
  readonly job: LeasedJob;
  readonly outcome: Outcome;
  readonly log: JobLog;
  readonly environment: JobEnvironment;
}

/** Tells the end, after all log lines. Goes on while the server is away: it refuses what comes too late. */
async function report({ job, outcome, log, environment }: Report): Promise<void> {
  const limit = AbortSignal.timeout(environment.timing.reportMs);
  await log.drain(limit);
  const input = { params: { jobId: job.jobId }, body: { attempt: job.attempt, outcome } };
  await untilAnswered(() => environment.client.call("completeJob", input), { ...environment, abort: limit });
}
