import { cancelJob, cancelPendingPrebuildJobs, getJob, getJobLogs, listVisibleJobs } from "../../app/jobs/jobs.ts";
import type { jobRoutes } from "../../contracts/api/jobs.ts";
import type { JobId } from "../../contracts/ids.ts";
import { isJobFinished } from "../../contracts/states.ts";
import { openEventStream } from "../event-stream.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

/** Little enough that a hundred slow readers, who each hold one, are no matter. */
const logPageMax = 100;

export function jobHandlers(deps: HttpDeps): Handlers<keyof typeof jobRoutes> {
  return {
    listJobs: async ({ caller, query }) => await listVisibleJobs(deps, caller, query),
    getJob: async ({ caller, params }) => await getJob(deps, caller, params.jobId as JobId),
    cancelJob: async ({ caller, params }) => await cancelJob(deps, caller, params.jobId as JobId),
    cancelJobs: async ({ caller, query, body }) => await cancelPendingPrebuildJobs(deps, caller, { ...query, ...body }),
    getJobLogs: async ({ caller, params, query, gone }) => {
      const asked = { ...query, jobId: params.jobId as JobId };
      return await deps.searches.counted(caller, query.search, () => getJobLogs(deps, caller, asked, gone));
    },
    watchJob: async (call) => {
      const { caller, params, query } = call;
      const jobId = params.jobId as JobId;
      let job = await getJob(deps, caller, jobId);
      let after = query.after ?? 0;
      let told = "";
      await openEventStream(deps, { call, topics: [`job:${jobId}`] }, async (send) => {
        // The job first, its log after: a log read behind the job's end is complete.
        job = await getJob(deps, caller, jobId);
        for (;;) {
          const { entries } = await getJobLogs(deps, caller, { jobId, after, limit: logPageMax });
          for (const entry of entries) await send("log", entry);
          after = entries.at(-1)?.id ?? after;
          if (entries.length < logPageMax) break;
        }
        if (told !== job.status) await send("job", job);
        told = job.status;
        return isJobFinished(job.status) ? "ended" : "open";
      });
    },
  };
}
