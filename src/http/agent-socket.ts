import { Compile } from "typebox/compile";
import type { WebSocket } from "ws";
import {
  agentConnected,
  agentDisconnected,
  agentReportsApps,
  agentReportsLogs,
  agentReportsState,
} from "../app/agents/agents.ts";
import { agentPingMs, AgentToServer } from "../contracts/agent-protocol.ts";
import type { AgentIdentity } from "./credentials.ts";
import { endSocket } from "./end-socket.ts";
import type { HttpDeps } from "./http-deps.ts";
import { pingRegularly } from "./keep-alive.ts";
import { ReportQueue } from "./report-queue.ts";
import { storable } from "./storable-input.ts";

const check = Compile(AgentToServer);
const kinds: ReadonlySet<string> = new Set(AgentToServer.anyOf.map((frame) => frame.properties.kind.const));
/**
 * Serves one agent's connection: what it reports is stored in the order in which it was said, and it is poked when
 * its claim record may have changed.
 */
export async function serveAgent(deps: HttpDeps, agent: AgentIdentity, socket: WebSocket): Promise<void> {
  // It may have ended while it was looked up who it is, and nobody would ever be told again.
  if (socket.readyState !== socket.OPEN) return;
  const connectionId = deps.random.uuid();
  const logger = deps.logger.child({ agentId: agent.id });
  const reports = new ReportQueue(deps.hub.pendingReports, {
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    fail: (error) => {
      logger.warn("a report of an agent could not be stored; it reconnects and reports anew", {
        reason: String(error),
      });
      endSocket(socket, 1011, "report not stored");
    },
  });
  const poke = (): void => deps.hub.poke(agent.id);
  const stop = deps.news.subscribe(`agent:${agent.id}`, poke);
  const stopPings = pingRegularly(socket, agentPingMs);
  socket.on("message", (data) => handleFrame(deps, agent, { text: String(data), reports, socket, connectionId }));
  socket.on("close", () => {
    stop();
    stopPings();
    deps.hub.remove(agent.id, connectionId);
    deps.agentMetadata.forget(agent.id, connectionId);
    reports.add(0, async () => agentDisconnected(deps, agent.id, connectionId));
    deps.hub.storing(reports.stored);
  });
  socket.on("error", (error) => logger.debug("an agent's connection failed", { reason: error.message }));
  deps.hub.add(agent.id, connectionId, socket);
  reports.add(0, async () => {
    const since = await agentConnected(deps, agent.id, connectionId);
    if (since === null) return endSocket(socket, 4001, "agent retired");
    deps.hub.stored(agent.id, connectionId, { since });
    poke();
  });
}

interface Frame {
  readonly text: string;
  readonly reports: ReportQueue;
  readonly socket: WebSocket;
  readonly connectionId: string;
}

function handleFrame(deps: HttpDeps, agent: AgentIdentity, { text, reports, socket, connectionId }: Frame): void {
  const frame = parseFrame(text);
  if (frame === undefined) {
    deps.logger.warn("an agent sent a frame that is not of the protocol", { agentId: agent.id });
    endSocket(socket, 1008, "not of the protocol");
    return;
  }
  if (frame === "unknown") {
    deps.logger.debug("an agent said something that this release does not know", { agentId: agent.id });
    return;
  }
  switch (frame.kind) {
    case "state":
      return reports.add(text.length, async () => {
        await agentReportsState(deps, agent.id, frame);
        deps.hub.stored(agent.id, connectionId, { state: frame.state });
      });
    case "apps":
      return reports.add(text.length, async () => agentReportsApps(deps, { agentId: agent.id, connectionId }, frame));
    case "metadata":
      return keepMetadata(deps, agent, { frame, connectionId });
    case "logs":
      return reports.add(text.length, async () => agentReportsLogs(deps, agent, frame));
    case "exec_output":
      return deps.hub.execEvent(agent.id, frame.execId, { kind: "output", stream: frame.stream, data: frame.data });
    case "exec_exit":
      return deps.hub.execEvent(agent.id, frame.execId, {
        kind: "exit",
        exitCode: frame.exitCode,
        error: frame.error,
        isAgentLost: false,
      });
  }
}

/** In memory alone. A connection that was replaced meanwhile has nothing more to say. */
function keepMetadata(
  deps: HttpDeps,
  agent: AgentIdentity,
  told: { readonly frame: Extract<AgentToServer, { kind: "metadata" }>; readonly connectionId: string },
): void {
  const { frame, connectionId } = told;
  if (!deps.hub.holds(agent.id, connectionId)) return;
  const heardAtMs = deps.clock.now().getTime();
  const kept = { connectionId, values: frame.values, toldAt: frame.at ?? null, heardAtMs };
  deps.agentMetadata.take(agent.id, kept, () => deps.db.publish([`metadata:${agent.workspace_id}`]));
}

/** `unknown`: of a kind that a newer release may have. An agent that is new is not cut off for what it says besides. */
function parseFrame(text: string): AgentToServer | "unknown" | undefined {
  try {
    const value = storable(JSON.parse(text));
    if (check.Check(value)) return value;
    return isOfUnknownKind(value) ? "unknown" : undefined;
  } catch {
    return undefined;
  }
}

function isOfUnknownKind(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  return typeof value.kind === "string" && !kinds.has(value.kind);
}
