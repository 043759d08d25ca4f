import { leaseJob, registerProvisioner, templateArchive } from "../../app/provisioner/lease-jobs.ts";
import { reportGone } from "../../app/provisioner/report-gone.ts";
import { reportResources } from "../../app/provisioner/report-resources.ts";
import { signOff } from "../../app/provisioner/sign-off.ts";
import { adoptState, appendLogs, completeJob, heartbeatJob, storeState } from "../../app/provisioner/report-jobs.ts";
import type { daemonRoutes } from "../../contracts/api/system.ts";
import type { JobId, WorkspaceId } from "../../contracts/ids.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";
import { measureJob } from "../measure.ts";

export function daemonHandlers(deps: HttpDeps): Handlers<keyof typeof daemonRoutes> {
  return {
    registerDaemon: async ({ caller, body }) => await registerProvisioner(deps, caller.kind, body),
    signOffDaemon: async ({ body }) => {
      await signOff(deps, body);
      return {};
    },
    leaseJob: async ({ body, gone }) => ({ job: await leaseJob(deps, body, gone) }),
    getTemplateArchive: async ({ params, reply }) =>
      await reply.type("application/gzip").send(await templateArchive(deps, params.hash)),
    heartbeatJob: async ({ params, body }) => await heartbeatJob(deps, { ...body, jobId: params.jobId as JobId }),
    appendJobLogs: async ({ params, body }) => {
      await appendLogs(deps, { ...body, jobId: params.jobId as JobId });
      return {};
    },
    putJobState: async ({ params, body }) => {
      await storeState(deps, { ...body, jobId: params.jobId as JobId });
      return {};
    },
    adoptState: async ({ params, body }) => {
      await adoptState(deps, { ...body, workspaceId: params.workspaceId as WorkspaceId });
      return {};
    },
    reportResources: async ({ body }) => await reportResources(deps, body),
    reportGone: async ({ body }) => {
      await reportGone(deps, body);
      return {};
    },
    completeJob: async ({ params, body }) => {
      const job = await completeJob(deps, { ...body, jobId: params.jobId as JobId });
      measureJob(deps.metrics, job, body.outcome.kind);
      return {};
    },
  };
}
