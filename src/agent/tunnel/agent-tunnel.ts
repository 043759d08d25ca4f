import { randomBytes, timingSafeEqual } from "node:crypto";
import { WebSocket } from "ws";
import {
  agentTunnelPath,
  type TunnelAccept,
  type TunnelOpen,
  tunnelProtocol,
  tunnelStreamsPerAgentMax,
} from "../../contracts/tunnel.ts";
import { decodeTunnelFrame, encodeTunnelFrame, readTunnelHeader, type TunnelReset } from "../../tunnel/frames.ts";
import { underUrl } from "../../contracts/under-url.ts";
import { backoffDelayMs } from "../../platform/backoff.ts";
import { sleep } from "../../platform/sleep.ts";
import { FairWriter, type TunnelLine } from "../../tunnel/fair-writer.ts";
import type { AgentConfig } from "../agent-config.ts";
import type { HandOver } from "../hand-over.ts";
import { keepAlive } from "../../tunnel/keep-alive.ts";
import { maskingFor } from "../../tunnel/masking.ts";
import { readInTurns } from "../../tunnel/read-in-turns.ts";
import { keyHeader } from "../server-http.ts";
import { parseTunnelOpen } from "./parse-open.ts";
import type { Target } from "./target.ts";
import type { OpenTarget } from "./targets.ts";
import { TunnelSession } from "./tunnel-session.ts";

/** Without a stream the line is closed again: an agent at rest has one connection. */
const restMs = 600_000;
const restLookMs = 30_000;
const secretBytes = 24;
const messageBytesMax = 128 * 1_024;

interface Deps {
  readonly config: AgentConfig;
  /** See `agentKey`. */
  readonly key: string | null;
  readonly handOver: Pick<HandOver, "owner">;
  readonly openTarget: OpenTarget;
  readonly abort: AbortSignal;
}

interface Line {
  readonly socket: WebSocket;
  readonly writer: FairWriter;
  readonly byNumber: Map<number, TunnelSession>;
}

/**
 * The agent's second connection, over which its owner reaches what listens in the workspace. It is made when the server
 * asks for it. Streams outlive it: one that has lost its line is kept for a minute, and goes on over another one.
 */
export class AgentTunnel {
  readonly #deps: Deps;
  readonly #sessions = new Map<string, TunnelSession>();
  #line: Line | null = null;
  #isRunning = false;
  #restingSinceMs = 0;
  /** Streams whose target is dialled. */
  #opening = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
    deps.abort.addEventListener("abort", () => this.#endAll(), { once: true });
  }

  /** The server has somebody who wants to get in. */
  wanted(): void {
    this.#restingSinceMs = performance.now();
    if (!this.#isRunning && !this.#deps.abort.aborted) void this.#run();
  }

  /** The agent is connected anew, to whichever server: this line is made again, so that it comes to the same one. */
  moved(): void {
    this.#line?.socket.terminate();
  }

  /** Connected while there is a reason to be. */
  async #run(): Promise<void> {
    const { timing, random, logger } = this.#deps.config;
    this.#isRunning = true;
    for (let attempt = 1; !this.#deps.abort.aborted && this.#isOfUse(); attempt += 1) {
      const wasOpen = await this.#connectOnce();
      if (wasOpen) attempt = 0;
      const { reconnectBaseMs: baseMs, reconnectCapMs: capMs } = timing;
      const delayMs = backoffDelayMs({ attempt: attempt + 1, baseMs, capMs, random });
      logger.debug("the tunnel's line ended", { wasOpen, streams: this.#sessions.size });
      if (this.#isOfUse()) await sleep(delayMs, this.#deps.abort);
    }
    this.#isRunning = false;
  }

  #isOfUse(): boolean {
    return this.#sessions.size > 0 || performance.now() - this.#restingSinceMs < restMs;
  }

  /** One line from its beginning to its end. @returns whether it was open. */
  #connectOnce(): Promise<boolean> {
    const { config, key, abort } = this.#deps;
    const url = new URL(underUrl(config.serverUrl, agentTunnelPath));
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, tunnelProtocol, {
      headers: { authorization: `Bearer ${config.token}`, ...keyHeader(key) },
      handshakeTimeout: config.timing.requestMs,
      maxPayload: messageBytesMax,
      perMessageDeflate: false,
      ...maskingFor(url),
    });
    const line: Line = {
      socket,
      byNumber: new Map(),
      writer: new FairWriter(lineOf(socket), (number) => line.byNumber.delete(number)),
    };
    let wasOpen = false;
    const stopPings = keepAlive(socket, config.timing.pingMs);
    readInTurns(socket);
    const rest = setInterval(() => {
      if (this.#sessions.size > 0) this.#restingSinceMs = performance.now();
      else if (!this.#isOfUse()) socket.close(1000, "at rest");
    }, restLookMs);
    const onAbort = (): void => socket.close(1001, "shutting down");
    abort.addEventListener("abort", onAbort, { once: true });
    return new Promise((resolve) => {
      socket.on("open", () => {
        wasOpen = true;
        this.#line = line;
      });
      socket.on("message", (data: Buffer, isBinary) => this.#onMessage(line, isBinary ? data : Buffer.alloc(0)));
      socket.on("error", (error) => config.logger.debug("the tunnel's line failed", { error }));
      socket.on("close", () => {
        stopPings();
        clearInterval(rest);
        abort.removeEventListener("abort", onAbort);
        if (this.#line === line) this.#line = null;
        for (const session of line.byNumber.values()) session.detach();
        resolve(wasOpen);
      });
    });
  }

  #onMessage(line: Line, message: Buffer): void {
    let session: TunnelSession | undefined;
    try {
      const { stream: number, kind } = readTunnelHeader(message);
      session = line.byNumber.get(number);
      // Of one that has ended here while its frames were on the way.
      if (session === undefined && kind !== "open") return;
      const { frame } = decodeTunnelFrame(message);
      if (frame.kind === "open") return void this.#open(line, number, frame.json);
      if (frame.kind === "detach") return this.#detach(line, session);
      session?.duplex.stream.receive(frame);
    } catch (error) {
      this.#deps.config.logger.warn("a frame of the tunnel was not understood", { error });
      // Servers pass on what clients send: this is one client's fault, and ends what is his.
      session?.end("tunnel_fault", error instanceof Error ? error.message : String(error));
    }
  }

  #detach(line: Line, session: TunnelSession | undefined): void {
    if (session === undefined) return;
    if (session.number !== null) this.#unbind(line, session.number);
    session.detach();
  }

  #unbind(line: Line, number: number): void {
    line.byNumber.delete(number);
    line.writer.remove(number);
  }

  async #open(line: Line, number: number, json: unknown): Promise<void> {
    const refuse = (reset: TunnelReset): void =>
      line.socket.send(encodeTunnelFrame(number, { kind: "reset", ...reset }), () => undefined);
    const asked = parseTunnelOpen(json);
    if (asked === undefined) return refuse({ code: "tunnel_fault", message: "It is not known what is wanted." });
    if (asked.secret !== null) return this.#resume(line, number, { ...asked, secret: asked.secret }, refuse);
    if (this.#sessions.size + this.#opening >= tunnelStreamsPerAgentMax) {
      return refuse({
        code: "too_many_open",
        message: `The workspace has ${tunnelStreamsPerAgentMax} streams, its limit.`,
      });
    }
    this.#opening += 1;
    try {
      const owner = await this.#deps.handOver.owner();
      if (owner?.owner?.id !== asked.userId) {
        return refuse({ code: "forbidden", message: "The workspace does not belong to whoever asks." });
      }
      const target = await this.#deps.openTarget(asked.service, asked.targets ?? "any");
      // Nobody knows of it, and so nobody comes back for it.
      if (line.socket.readyState !== WebSocket.OPEN) return target.leave();
      const session = this.#add(asked);
      this.#bind(line, number, session, target.told);
      session.duplex.stream.open();
      target.take(session);
    } catch (error) {
      refuse({ code: "tunnel_refused", message: error instanceof Error ? error.message : String(error) });
    } finally {
      this.#opening -= 1;
    }
  }

  #add({ sessionId: id, userId }: TunnelOpen): TunnelSession {
    const session = new TunnelSession({
      id,
      userId,
      secret: randomBytes(secretBytes).toString("base64url"),
      onWork: () => {
        if (session.number !== null) this.#line?.writer.poke(session.number);
      },
      // Its last frames still go out.
      onOver: () => this.#sessions.delete(session.id),
    });
    this.#sessions.set(id, session);
    return session;
  }

  #resume(
    line: Line,
    number: number,
    asked: { readonly sessionId: string; readonly userId: string; readonly secret: string },
    refuse: (reset: TunnelReset) => void,
  ): void {
    const session = this.#sessions.get(asked.sessionId);
    if (session === undefined || session.userId !== asked.userId || !isSame(session.secret, asked.secret)) {
      return refuse({ code: "tunnel_over", message: "The stream is over." });
    }
    // A client that comes back before its old line is known to be gone.
    if (session.number !== null && this.#line !== null) this.#unbind(this.#line, session.number);
    session.duplex.stream.detach();
    this.#bind(line, number, session);
    session.duplex.stream.resume();
  }

  #bind(line: Line, number: number, session: TunnelSession, told: Target["told"] = {}): void {
    const accept: TunnelAccept = { sessionId: session.id, secret: session.secret, ...told };
    line.socket.send(encodeTunnelFrame(number, { kind: "accept", json: accept }), () => undefined);
    session.attach(number);
    line.byNumber.set(number, session);
    line.writer.add(number, session.duplex.stream);
  }

  #endAll(): void {
    for (const session of this.#sessions.values()) session.end("workspace_stopped", "The workspace is shutting down.");
  }
}

function lineOf(socket: WebSocket): TunnelLine {
  return {
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send: (message, sent) => socket.send(message, () => sent()),
  };
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
