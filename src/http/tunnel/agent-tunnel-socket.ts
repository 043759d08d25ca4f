import type { FastifyRequest } from "fastify";
import type { WebSocket } from "ws";
import { agentElsewhere } from "../../app/agents/agent-elsewhere.ts";
import { agentKeyHeader, agentPingMs } from "../../contracts/agent-protocol.ts";
import { TunnelFault } from "../../tunnel/frames.ts";
import { readInTurns } from "../../tunnel/read-in-turns.ts";
import type { AgentIdentity } from "../credentials.ts";
import { endSocket } from "../end-socket.ts";
import { relayHeader } from "../relay-credential.ts";
import type { HttpDeps } from "../http-deps.ts";
import { httpLimits } from "../http-limits.ts";
import { pingRegularly } from "../keep-alive.ts";
import { AgentLine } from "./tunnel-hub.ts";
import { relayAgentTunnel } from "./tunnel-relay.ts";

/** Serves an agent's tunnel here, or passes it on to the server to which the agent is connected. */
export async function serveAgentTunnel(
  deps: HttpDeps,
  agent: AgentIdentity,
  { socket, request }: { readonly socket: WebSocket; readonly request: FastifyRequest },
): Promise<void> {
  const isRelayed = request.headers[relayHeader] !== undefined;
  const url = isRelayed || deps.hub.has(agent.id) ? null : await agentElsewhere(deps, agent);
  if (socket.readyState !== socket.OPEN) return;
  if (url === null) return holdLine(deps, agent, socket);
  const headers = Object.fromEntries(
    ["authorization", agentKeyHeader].flatMap((name) => {
      const value = request.headers[name];
      return typeof value === "string" ? [[name, value] as const] : [];
    }),
  );
  await relayAgentTunnel({ socket, url, headers, limits: deps.limits ?? httpLimits });
}

/** What comes over it goes to the clients of its streams. */
function holdLine(deps: HttpDeps, agent: AgentIdentity, socket: WebSocket): void {
  const line = new AgentLine(socket);
  readInTurns(socket);
  const stopPings = pingRegularly(socket, agentPingMs);
  socket.on("message", (data: Buffer, isBinary) => {
    try {
      if (!isBinary) throw new TunnelFault("The tunnel has binary frames only.");
      line.deliver(data);
    } catch (error) {
      deps.logger.warn("an agent sent a frame that is none of the tunnel", {
        agentId: agent.id,
        reason: String(error),
      });
      endSocket(socket, 1008, "not of the protocol");
    }
  });
  socket.on("error", (error) =>
    deps.logger.debug("a tunnel's line failed", { agentId: agent.id, reason: error.message }),
  );
  socket.on("close", () => {
    stopPings();
    deps.tunnels.remove(agent.id, line);
  });
  deps.tunnels.add(agent.id, line);
}
