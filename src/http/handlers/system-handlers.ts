import type { FastifyReply } from "fastify";
import { examine } from "../../app/system/doctor.ts";
import { isDatabaseUp, isHeartbeatCurrent } from "../../app/system/readiness.ts";
import type { DoctorFinding, systemRoutes } from "../../contracts/api/system.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

/** By the fingerprint an operator tells people what their first connection is to show. */
function gatewayFindings({ sshGateway }: HttpDeps): readonly DoctorFinding[] {
  const gateway = sshGateway();
  if (gateway === null) return [];
  const message = `The SSH gateway listens at port ${gateway.port}; its host key is ${gateway.fingerprint} (ED25519).`;
  return [{ check: "ssh_gateway", severity: "ok", message, next: null }];
}

function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}

/** Errors: `not_found` where there is no agent for such a machine. */
function sendScript(reply: FastifyReply, script: string): string {
  if (script === "") {
    throw new CodedError("not_found", "There is no agent for this system and architecture.", {
      next: "It runs on linux, with amd64, arm64 or armv7 (Go's names).",
    });
  }
  void reply.type("text/plain; charset=utf-8").header("cache-control", "no-cache");
  return script;
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
    agentStartScript: async ({ reply }) => sendScript(reply, deps.agentFiles.scripts.start()),
    coderProgram: async ({ params, reply }) =>
      sendScript(reply, deps.agentFiles.scripts.coderProgram(params, withSlash(deps.options.accessUrl()))),
    agentInitScript: async ({ params, reply }) =>
      sendScript(reply, deps.agentFiles.scripts.init(params, withSlash(deps.options.accessUrl()))),
    coderGitSshKey: async () => {
      throw new CodedError("not_found", "Prewarm gives the owner's SSH key to nobody, also not to his workspace.", {
        next: "Programs of the workspace sign with it by the socket that SSH_AUTH_SOCK names: `ssh-add -L` shows its public half.",
      });
    },
    doctor: async ({ caller }) => {
      const report = await examine(deps, caller, deps.controllers);
      return { ...report, findings: [...report.findings, ...gatewayFindings(deps)] };
    },
  };
}
