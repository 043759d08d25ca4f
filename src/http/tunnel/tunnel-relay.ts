import { WebSocket } from "ws";
import { agentTunnelPath, tunnelProtocol } from "../../contracts/tunnel.ts";
import { endSocket } from "../end-socket.ts";
import { relayHeader, socketUrl } from "../relay-credential.ts";
import type { HttpLimits } from "../http-limits.ts";
import { pingRegularly } from "../keep-alive.ts";
import { encodeTunnelFrame } from "../../tunnel/frames.ts";
import { maskingFor } from "../../tunnel/masking.ts";
import { readInTurns } from "../../tunnel/read-in-turns.ts";
import { loseLeg, type TunnelOnward } from "./tunnel-hub.ts";

/** Bytes that wait for one side: above it the other is not read. */
const sideBytesHigh = 1_048_576;
const messageBytesMax = 128 * 1_024;

export interface TunnelRelay {
  readonly socket: WebSocket;
  /** The client's `open`, which the other server is asked with. */
  readonly first: Buffer;
  /** Of the other server's route. */
  readonly url: URL;
  /** What this server comes with; see `relayHeaders`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly limits: HttpLimits;
}

/**
 * A stream to an agent that is connected to another server: frames go through as they are, as fast as both sides read.
 * Resolves when the other server has been reached, or cannot be.
 * @returns what ends it for good there.
 */
export async function relayTunnel({ socket, first, url, headers, limits }: TunnelRelay): Promise<TunnelOnward> {
  const upstream = dialServer(url, headers, limits);
  const stopPings = pingRegularly(upstream, limits.execPingMs);
  passBothWays(socket, upstream);
  upstream.on("error", () => undefined);
  upstream.on("close", () => {
    stopPings();
    loseLeg(socket);
  });
  socket.on("close", () => {
    upstream.close();
  });
  await new Promise<void>((resolve) => {
    upstream.once("open", () => {
      upstream.send(first);
      resolve();
    });
    upstream.once("close", () => resolve());
  });
  return {
    reset: (reset) => {
      if (upstream.readyState === WebSocket.OPEN) upstream.send(encodeTunnelFrame(0, { kind: "reset", ...reset }));
    },
  };
}

export interface LineRelay {
  readonly socket: WebSocket;
  /** The server to which the agent is connected. */
  readonly url: string;
  /** The agent's own credentials: the other server checks them again. */
  readonly headers: Readonly<Record<string, string>>;
  readonly limits: HttpLimits;
}

/**
 * An agent's tunnel that a balancer has brought to another server than its connection: it belongs where people are sent
 * to. Resolves when that server has been reached, or cannot be.
 */
export async function relayAgentTunnel({ socket, url, headers, limits }: LineRelay): Promise<void> {
  const upstream = dialServer(socketUrl(agentTunnelPath, url), { [relayHeader]: "1", ...headers }, limits);
  const stopPings = [pingRegularly(upstream, limits.execPingMs), pingRegularly(socket, limits.execPingMs)];
  socket.on("error", () => undefined);
  upstream.on("error", () => undefined);
  passBothWays(socket, upstream);
  upstream.on("close", () => {
    for (const stop of stopPings) stop();
    endSocket(socket, 1011, "try again");
  });
  socket.on("close", () => {
    upstream.close();
  });
  await new Promise<void>((resolve) => {
    upstream.once("open", () => resolve());
    upstream.once("close", () => resolve());
  });
}

function dialServer(url: URL, headers: Readonly<Record<string, string>>, limits: HttpLimits): WebSocket {
  return new WebSocket(url, tunnelProtocol, {
    headers,
    handshakeTimeout: limits.relayConnectMs,
    maxPayload: messageBytesMax,
    perMessageDeflate: false,
    ...maskingFor(url),
  });
}

/** Each side is read as fast as the other takes it, and in turn with all other lines. */
function passBothWays(one: WebSocket, other: WebSocket): void {
  const readings = [
    { from: one, to: other, reading: readInTurns(one) },
    { from: other, to: one, reading: readInTurns(other) },
  ];
  for (const { from, to, reading } of readings) {
    from.on("message", (data: Buffer) => {
      if (to.readyState !== WebSocket.OPEN) return;
      to.send(data, () => {
        if (to.bufferedAmount < sideBytesHigh / 2) reading.goOn();
      });
      if (to.bufferedAmount > sideBytesHigh) reading.hold();
    });
    to.on("close", () => reading.goOn());
  }
}
