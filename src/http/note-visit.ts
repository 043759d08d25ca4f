import type { FastifyRequest } from "fastify";
import type { WebSocket } from "ws";
import type { ExecTarget } from "../app/agents/exec-target.ts";
import type { UserId } from "../contracts/ids.ts";
import type { HttpDeps } from "./http-deps.ts";

interface Visiting {
  readonly request: FastifyRequest;
  /** Of the person, or the end of his line within this server. */
  readonly socket: WebSocket;
  readonly target: Pick<ExecTarget, "workspaceId" | "workspaceName" | "organizationId">;
  readonly userId: UserId;
  /** See `Access`. */
  readonly door: string;
}

/** Notes for the audit log that somebody gets into a workspace, and what his line has carried when it is closed. */
export function noteVisit(deps: Pick<HttpDeps, "accessLog">, visiting: Visiting): void {
  const { request, socket, target, userId, door } = visiting;
  if (socket.readyState !== socket.OPEN) return;
  const { workspaceId, workspaceName, organizationId } = target;
  const line = request.raw.socket;
  const address = request.ip;
  const leave = deps.accessLog.enter({ userId, workspaceId, workspaceName, organizationId, door, address });
  socket.once("close", () => leave({ toWorkspace: line.bytesRead, fromWorkspace: line.bytesWritten }));
}
