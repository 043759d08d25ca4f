import { leaseJob, registerProvisioner } from "../../src/app/provisioner/lease-jobs.ts";
import { reportGone } from "../../src/app/provisioner/report-gone.ts";
import { reportResources } from "../../src/app/provisioner/report-resources.ts";
import { signOff } from "../../src/app/provisioner/sign-off.ts";
import { completeJob, storeState } from "../../src/app/provisioner/report-jobs.ts";
import type { JobId } from "../../src/contracts/ids.ts";
import type { JobResult, LeasedJob, UnavailableDriver } from "../../src/contracts/provisioner-protocol.ts";
import { systemRandom } from "../../src/platform/random.ts";
import type { Fixture } from "./fixture.ts";
import type { TestServer } from "./server.ts";

type Outcome = JobResult["outcome"];

/** A daemon that speaks to the use cases, as a real one does to the routes before them. */
export interface LeasingDaemon {
  readonly id: string;
  readonly incarnation: string;
  readonly deploymentId: string;
  /** The next job, or null when there is none for it now. */
  take(): Promise<LeasedJob | null>;
  /** Jobs until there is none. */
  takeAll(): Promise<LeasedJob[]>;
  /** Stores a state of the job's workspace. */
  store(job: LeasedJob, state: unknown, serial?: number): Promise<void>;
  end(job: LeasedJob, outcome?: Outcome): Promise<void>;
  /** Reports what exists; answers the strangers. */
  report(workspaceIds: readonly string[], options?: ReportOptions): Promise<readonly string[]>;
  /** Tells that what a build of a workspace made is gone. */
  gone(workspaceId: string, buildId: string): Promise<void>;
  /** Stops on purpose. */
  signOff(): Promise<void>;
}

export interface ReportOptions {
  readonly isMarked?: boolean;
  readonly isComplete?: boolean;
  readonly isPartial?: boolean;
}

export interface LeasingDaemonOptions {
  readonly name?: string;
  readonly concurrency?: number;
  readonly tags?: Readonly<Record<string, string>>;
  readonly drivers?: readonly string[];
  readonly unavailable?: readonly UnavailableDriver[];
  readonly on?: TestServer;
}

const never = new AbortController().signal;

export async function registerDaemon(fx: Fixture, options: LeasingDaemonOptions = {}): Promise<LeasingDaemon> {
  const { context } = options.on ?? fx;
  const incarnation = systemRandom.uuid();
  const [driver = "fake"] = options.drivers ?? [];
  const { daemonId, deploymentId } = await registerProvisioner(
    context,
    { kind: "external", keyId: null },
    {
      name: options.name ?? "host-1",
      incarnation,
      drivers: [...(options.drivers ?? ["fake"])],
      unavailable: [...(options.unavailable ?? [])],
      tags: { ...options.tags },
      concurrency: options.concurrency ?? 4,
      version: "test",
    },
  );
  const take = (): Promise<LeasedJob | null> => leaseJob(context, { daemonId, incarnation, waitMs: 0 }, never);
  const idOf = (job: LeasedJob): { readonly jobId: JobId; readonly attempt: number } => ({
    jobId: job.jobId as JobId,
    attempt: job.attempt,
  });
  return {
    id: daemonId,
    incarnation,
    deploymentId,
    take,
    takeAll: async () => {
      const jobs: LeasedJob[] = [];
      for (let job = await take(); job !== null; job = await take()) jobs.push(job);
      return jobs;
    },
    store: (job, state, serial = 1) => storeState(context, { ...idOf(job), serial, state }),
    end: async (job, outcome = { kind: "succeeded" }) => {
      await completeJob(context, { ...idOf(job), outcome });
    },
    report: async (workspaceIds, { isMarked = true, isComplete = true, isPartial = false } = {}) => {
      const resources = workspaceIds.map((workspaceId) => ({ workspaceId, detail: "running", isMarked, isPartial }));
      const body = { daemonId, incarnation, driver, isComplete, resources };
      return (await reportResources(context, body)).strangers;
    },
    gone: (workspaceId, buildId) =>
      reportGone(context, { daemonId, incarnation, driver, workspaceId, buildId, detail: "its container" }),
    signOff: () => signOff(context, { daemonId, incarnation }),
  };
}

/** The build of a job that is one. */
export function buildOf(job: LeasedJob): Extract<LeasedJob["work"], { readonly kind: "build" }> {
  if (job.work.kind !== "build") throw new Error("the job is no build");
  return job.work;
}
