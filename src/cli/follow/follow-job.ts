import type { Client } from "../../client/client.ts";
import type { Job } from "../../contracts/api/jobs.ts";
import type { LogEntry } from "../../contracts/api/logs.ts";
import { isJobFinished } from "../../contracts/states.ts";
import type { CliWorld } from "../world.ts";
import { watchPatiently } from "./watch-patiently.ts";

export interface FollowJobOptions {
  readonly client: Client;
  readonly jobId: string;
  readonly onEntry: (entry: LogEntry) => void;
  /** Called while no daemon has taken the job, with what it waits for in words, unless it is the very next. */
  readonly onWaiting?: (reason: string) => void;
  readonly signal: AbortSignal;
  readonly world: Pick<CliWorld, "random" | "monotonicMs">;
}

/** Hands on each log entry of a job once, in order, until the job ends; undefined when `signal` aborted before. */
export async function followJob(options: FollowJobOptions): Promise<Job | undefined> {
  const { client, jobId, signal, world } = options;
  let after = 0;
  const open = () => client.watch("watchJob", { params: { jobId }, query: { after }, signal });
  for await (const event of watchPatiently({ open, signal, world })) {
    if (event.event === "log") {
      // The server serialises both events by the schemas from which these types come.
      const entry = event.data as LogEntry;
      if (entry.id <= after) continue;
      after = entry.id;
      options.onEntry(entry);
    } else if (event.event === "job") {
      const job = event.data as Job;
      if (isJobFinished(job.status)) return job;
      const reason = waitingText(job);
      if (reason !== undefined) options.onWaiting?.(reason);
    }
  }
  return undefined;
}

function waitingText(job: Job): string | undefined {
  if (job.waitingFor !== null && job.waitingFor.kind !== "turn") return `The job waits for ${job.waitingFor.text}.`;
  const position = job.queuePosition ?? 0;
  return position > 1 ? `The job is number ${position} in the queue.` : undefined;
}
