import { acknowledge, claimRecordOf, manifestOf } from "../../app/agents/agents.ts";
import { keepImageReport } from "../../app/ides/workspace-ides.ts";
import { agentSecretsOf } from "../../app/secrets/deliver-secrets.ts";
import { giveGitCredential, reportGitCredential } from "../../app/secrets/give-git-credential.ts";
import type { agentRoutes } from "../../contracts/api/system.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";
import { measureHandOver } from "../measure.ts";

export function agentHandlers(deps: HttpDeps): Handlers<keyof typeof agentRoutes> {
  return {
    agentManifest: async ({ caller, reply }) => {
      // It may hold what an author has put into the agent's variables and scripts.
      void reply.header("cache-control", "no-store");
      return await manifestOf(deps, caller);
    },
    agentClaim: async ({ caller }) => await claimRecordOf(deps, caller),
    agentSecrets: async ({ caller, reply }) => {
      void reply.header("cache-control", "no-store");
      return await agentSecretsOf(deps, caller);
    },
    agentGitCredential: async ({ caller, body, reply }) => {
      void reply.header("cache-control", "no-store");
      return await giveGitCredential(deps, caller, body);
    },
    reportGitCredential: async ({ caller, body }) => {
      await reportGitCredential(deps, caller, body);
      return {};
    },
    acknowledgeClaim: async ({ caller, body }) => {
      const times = await acknowledge(deps, caller, body);
      if (times !== null) measureHandOver(deps.metrics, times, body.error === null ? "succeeded" : "failed");
      return {};
    },
    reportImage: async ({ caller, body }) => {
      await keepImageReport(deps, caller, body);
      return {};
    },
  };
}
