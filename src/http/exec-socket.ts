import type { FastifyRequest } from "fastify";
import type { WebSocket } from "ws";
import { execTarget } from "../app/agents/exec-target.ts";
import type { Actor } from "../app/authorize.ts";
import { execPath } from "../contracts/agent-protocol.ts";
import { ExecBridge } from "./exec-bridge.ts";
import { openLocalExec } from "./exec-local.ts";
import { openRelayedExec } from "./exec-relay.ts";
import type { HttpDeps } from "./http-deps.ts";
import { httpLimits } from "./http-limits.ts";
import { noteVisit } from "./note-visit.ts";
import { relayTo } from "./relay-credential.ts";

export interface ExecConnection {
  readonly socket: WebSocket;
  readonly request: FastifyRequest;
  readonly actor: Actor;
  readonly workspace: string;
}

/** Serves a person's command in a workspace: the first frame starts it, the last answer is its exit. */
export function serveExec(deps: HttpDeps, { socket, request, actor, workspace }: ExecConnection): void {
  const limits = deps.limits ?? httpLimits;
  const revoked = new AbortController();
  const letGo = deps.credentials.hold(actor.tokenId, (reason) => revoked.abort(reason));
  socket.once("close", letGo);
  const bridge = new ExecBridge(socket, {
    limits,
    revoked: revoked.signal,
    stopping: deps.stopping,
    find: async (start) => {
      const target = await execTarget(deps, actor, { workspace, agent: start.agent });
      const { elsewhere, workspaceId } = target;
      noteVisit(deps, { request, socket, target, userId: actor.userId, door: "command" });
      if (elsewhere === null) return (events) => openLocalExec(deps, { target, start }, events);
      const there = relayTo(deps, { request, actor, elsewhere, path: execPath(workspaceId) });
      return (events) => openRelayedExec({ start, ...there, limits }, events);
    },
  });
  bridge.serve();
}
