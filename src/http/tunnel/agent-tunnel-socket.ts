import type { WebSocket } from "ws";
import { agentPingMs } from "../../contracts/agent-protocol.ts";
import { TunnelFault } from "../../tunnel/frames.ts";
import type { AgentIdentity } from "../credentials.ts";
import { endSocket } from "../end-socket.ts";
import type { HttpDeps } from "../http-deps.ts";
import { pingRegularly } from "../keep-alive.ts";
import { AgentLine } from "./tunnel-hub.ts";

/** Serves an agent's tunnel: what comes over it goes to the clients of its streams. */
export function serveAgentTunnel(deps: HttpDeps, agent: AgentIdentity, socket: WebSocket): void {
  if (socket.readyState !== socket.OPEN) return;
  const line = new AgentLine(socket);
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
