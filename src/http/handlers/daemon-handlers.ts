import { answerEvaluation, leaseEvaluation } from "../../app/provisioner/evaluations.ts";
import { leaseJob, registerProvisioner, templateArchive } from "../../app/provisioner/lease-jobs.ts";
import { requireOwnDaemon, requireOwnJob } from "../../app/provisioner/daemon-binding.ts";
import { reportGone } from "../../app/provisioner/report-gone.ts";
import { reportResources } from "../../app/provisioner/report-resources.ts";
import { signOff } from "../../app/provisioner/sign-off.ts";
import { adoptState, appendLogs, completeJob, heartbeatJob, storeState } from "../../app/provisioner/report-jobs.ts";
import type { daemonRoutes } from "../../contracts/api/system.ts";
import type { EvaluationId, JobId, WorkspaceId } from "../../contracts/ids.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";
import { measureJob } from "../measure.ts";

export function daemonHandlers(deps: HttpDeps): Handlers<keyof typeof daemonRoutes> {
  return {
    registerDaemon: async ({ caller, body }) => await registerProvisioner(deps, caller, body),
    signOffDaemon: async ({ caller, body }) => {
      await requireOwnDaemon(deps, caller, body.daemonId);
      await signOff(deps, body);
      return {};
    },
    leaseJob: async ({ caller, body, gone }) => {
      await requireOwnDaemon(deps, caller, body.daemonId);
      return { job: await leaseJob(deps, body, gone) };
    },
    leaseEvaluation: async ({ caller, body, gone }) => {
      await requireOwnDaemon(deps, caller, body.daemonId);
      return { evaluation: await leaseEvaluation(deps, body, gone) };
    },
    answerEvaluation: async ({ caller, params, body }) => {
      await requireOwnDaemon(deps, caller, body.daemonId);
      await answerEvaluation(deps, { ...body, evaluationId: params.evaluationId as EvaluationId });
      return {};
    },
    getTemplateArchive: async ({ params, reply }) =>
      await reply.type("application/gzip").send(await templateArchive(deps, params.hash)),
    heartbeatJob: async ({ caller, params, body }) => {
      await requireOwnJob(deps, caller, params.jobId);
      return await heartbeatJob(deps, { ...body, jobId: params.jobId as JobId });
    },
    appendJobLogs: async ({ caller, params, body }) => {
      await requireOwnJob(deps, caller, params.jobId);
      await appendLogs(deps, { ...body, jobId: params.jobId as JobId });
      return {};
    },
    putJobState: async ({ caller, params, body }) => {
      await requireOwnJob(deps, caller, params.jobId);
      await storeState(deps, { ...body, jobId: params.jobId as JobId });
      return {};
    },
    adoptState: async ({ caller, params, body }) => {
      await requireOwnJob(deps, caller, body.jobId);
      await adoptState(deps, { ...body, workspaceId: params.workspaceId as WorkspaceId });
      return {};
    },
    reportResources: async ({ caller, body }) => {
      await requireOwnDaemon(deps, caller, body.daemonId);
      return await reportResources(deps, body);
    },
    reportGone: async ({ caller, body }) => {
      await requireOwnDaemon(deps, caller, body.daemonId);
      await reportGone(deps, body);
      return {};
    },
    completeJob: async ({ caller, params, body }) => {
      await requireOwnJob(deps, caller, params.jobId);
      const job = await completeJob(deps, { ...body, jobId: params.jobId as JobId });
      measureJob(deps.metrics, job, body.outcome.kind);
      return {};
    },
  };
}
