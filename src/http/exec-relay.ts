import type { IncomingHttpHeaders } from "node:http";
import { WebSocket } from "ws";
import type { ExecTarget } from "../app/agents/exec-target.ts";
import { execPath, type ExecToClient } from "../contracts/agent-protocol.ts";
import { CodedError } from "../contracts/errors.ts";
import { agentMessageBytesMax } from "../contracts/limits.ts";
import type { ExecEnd, ExecEvents, ExecStart } from "./exec-end.ts";
import type { HttpLimits } from "./http-limits.ts";
import { pingRegularly } from "./keep-alive.ts";

/** Set on a connection that one server makes to another, so that none is relayed in a circle. */
export const relayHeader = "x-prewarm-relayed";

export interface RelayOptions {
  readonly target: ExecTarget;
  readonly start: ExecStart;
  /** Of the person's own request. */
  readonly headers: IncomingHttpHeaders;
  /** His session or token as an `authorization` header: the other server checks it again. */
  readonly authorization: string | undefined;
  readonly limits: HttpLimits;
}

/** A command in an agent that is connected to another server, to which the whole conversation goes. */
export function openRelayedExec(options: RelayOptions, events: ExecEvents): ExecEnd {
  const { target, start, headers, authorization, limits } = options;
  if (headers[relayHeader] !== undefined) {
    throw new CodedError("agent_unavailable", "The agent moved to another server; try again.");
  }
  const there = new URL(execPath(target.workspaceId), target.elsewhereUrl ?? "");
  there.protocol = there.protocol === "https:" ? "wss:" : "ws:";
  const upstream = new WebSocket(there, {
    headers: { [relayHeader]: "1", ...(authorization === undefined ? {} : { authorization }) },
    handshakeTimeout: limits.relayConnectMs,
    maxPayload: 2 * agentMessageBytesMax,
    perMessageDeflate: false,
  });
  const stopPings = pingRegularly(upstream, limits.execPingMs);
  const lost = (why: string): void =>
    events.onLost(new CodedError("agent_unavailable", `The server that holds the agent cannot be reached: ${why}.`));
  upstream.on("open", () => {
    upstream.send(JSON.stringify(start));
    events.onOpen();
  });
  upstream.on("message", (data) => {
    const frame = parseFrame(String(data));
    if (frame !== undefined) events.onFrame(frame);
    if (frame?.kind === "exit") upstream.close();
  });
  upstream.on("error", (error) => lost(error.message));
  upstream.on("close", (code) => {
    stopPings();
    lost(`it closed the connection (${code})`);
  });
  return {
    send: (frame) => {
      if (upstream.readyState === upstream.OPEN) upstream.send(JSON.stringify(frame));
    },
    backlogBytes: () => upstream.bufferedAmount,
    hold: (isHeld) => {
      if (!isHeld) goOn(upstream);
      else if (upstream.readyState === upstream.OPEN) upstream.pause();
      return true;
    },
    hangUp: () => {
      // One that is held back would never read the other side's goodbye.
      goOn(upstream);
      upstream.close();
    },
  };
}

/** Of one that never came to be a connection, as when it is refused, `resume` throws: nothing there can be held back. */
function goOn(upstream: WebSocket): void {
  if (upstream.isPaused) upstream.resume();
}

function parseFrame(text: string): ExecToClient | undefined {
  try {
    // A server of this deployment sends frames of this schema only.
    return JSON.parse(text) as ExecToClient;
  } catch {
    return undefined;
  }
}
