import { Compile } from "typebox/compile";
import type { WebSocket } from "ws";
import { agentConnected, agentDisconnected, agentReportsLogs, agentReportsState } from "../app/agents/agents.ts";
import { agentPingMs, AgentToServer } from "../contracts/agent-protocol.ts";
import type { AgentIdentity } from "./credentials.ts";
import type { HttpDeps } from "./http-deps.ts";
import { pingRegularly } from "./keep-alive.ts";
import { storable } from "./storable-input.ts";

const check = Compile(AgentToServer);
const kinds: ReadonlySet<string> = new Set(AgentToServer.anyOf.map((frame) => frame.properties.kind.const));
/** Frames of one agent that may wait to be stored; beyond it the socket is paused until they are. */
const pendingFramesMax = 256;

/**
 * Serves one agent's connection: what it reports is stored in the order in which it was said, and it is poked when
 * its claim record may have changed.
 */
export async function serveAgent(deps: HttpDeps, agent: AgentIdentity, socket: WebSocket): Promise<void> {
  // It may have ended while it was looked up who it is, and nobody would ever be told again.
  if (socket.readyState !== socket.OPEN) return;
  const connectionId = deps.random.uuid();
  const logger = deps.logger.child({ agentId: agent.id });
  let chain: Promise<void> = Promise.resolve();
  let pending = 0;
  const inOrder = (work: () => Promise<unknown>): void => {
    pending += 1;
    if (pending === pendingFramesMax) socket.pause();
    chain = chain
      .then(work)
      .then(
        () => undefined,
        (error: unknown) => {
          logger.warn("a report of an agent could not be stored; it reconnects and reports anew", {
            reason: String(error),
          });
          socket.close(1011, "report not stored");
        },
      )
      .finally(() => {
        pending -= 1;
        if (pending === pendingFramesMax - 1) socket.resume();
      });
  };
  const poke = (): void => deps.hub.poke(agent.id);
  const stop = deps.news.subscribe(`agent:${agent.id}`, poke);
  const stopPings = pingRegularly(socket, agentPingMs);
  socket.on("message", (data) => handleFrame(deps, agent, { text: String(data), inOrder, socket, connectionId }));
  socket.on("close", () => {
    stop();
    stopPings();
    deps.hub.remove(agent.id, connectionId);
    inOrder(async () => agentDisconnected(deps, agent.id, connectionId));
    deps.hub.storing(chain);
  });
  socket.on("error", (error) => logger.debug("an agent's connection failed", { reason: error.message }));
  deps.hub.add(agent.id, connectionId, socket);
  inOrder(async () => {
    const since = await agentConnected(deps, agent.id, connectionId);
    if (since === null) return socket.close(4001, "agent retired");
    deps.hub.stored(agent.id, connectionId, { since });
    poke();
  });
}

interface Frame {
  readonly text: string;
  readonly inOrder: (work: () => Promise<unknown>) => void;
  readonly socket: WebSocket;
  readonly connectionId: string;
}

function handleFrame(deps: HttpDeps, agent: AgentIdentity, { text, inOrder, socket, connectionId }: Frame): void {
  const frame = parseFrame(text);
  if (frame === undefined) {
    deps.logger.warn("an agent sent a frame that is not of the protocol", { agentId: agent.id });
    socket.close(1008, "not of the protocol");
    return;
  }
  if (frame === "unknown") {
    deps.logger.debug("an agent said something that this release does not know", { agentId: agent.id });
    return;
  }
  switch (frame.kind) {
    case "state":
      return inOrder(async () => {
        await agentReportsState(deps, agent.id, frame);
        deps.hub.stored(agent.id, connectionId, { state: frame.state });
      });
    case "logs":
      return inOrder(async () => agentReportsLogs(deps, agent, frame));
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
