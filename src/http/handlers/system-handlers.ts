import { examine } from "../../app/system/doctor.ts";
import { isDatabaseUp, isHeartbeatCurrent } from "../../app/system/readiness.ts";
import type { DoctorFinding, systemRoutes } from "../../contracts/api/system.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

/** By the fingerprint an operator tells people what their first connection is to show. */
function gatewayFindings({ sshGateway }: HttpDeps): readonly DoctorFinding[] {
  const gateway = sshGateway();
  if (gateway === null) return [];
  const message = `The SSH gateway listens at port ${gateway.port}; its host key is ${gateway.fingerprint} (ED25519).`;
  return [{ check: "ssh_gateway", severity: "ok", message, next: null }];
}

export function systemHandlers(deps: HttpDeps): Handlers<keyof typeof systemRoutes> {
  return {
    health: async () => ({ status: "ok" }),
    ready: async ({ reply }) => {
      const isUp = await isDatabaseUp(deps);
      const isCurrent = isHeartbeatCurrent(deps.controllers(), deps.clock.now());
      const isReady = isUp && isCurrent && !deps.leaving.isLeaving;
      if (!isReady) void reply.code(503);
      return {
        status: deps.leaving.isLeaving ? "stopping" : isReady ? "ready" : "not_ready",
        database: isUp ? "up" : "down",
        heartbeat: isCurrent ? "current" : "late",
        news: deps.hearsNews() ? "heard" : "polled",
      };
    },
    version: async () => ({ version: deps.options.version }),
    doctor: async ({ caller }) => {
      const report = await examine(deps, caller, deps.controllers);
      return { ...report, findings: [...report.findings, ...gatewayFindings(deps)] };
    },
  };
}
