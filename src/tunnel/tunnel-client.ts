import { WebSocket } from "ws";
import type { TunnelAccept, TunnelService } from "../contracts/tunnel.ts";
import { tunnelProtocol, tunnelResumeMs } from "../contracts/tunnel-terms.ts";
import { decodeTunnelFrame, encodeTunnelFrame, TunnelFault, type TunnelFrame, type TunnelReset } from "./frames.ts";
import { FairWriter } from "./fair-writer.ts";
import { keepAlive } from "./keep-alive.ts";
import { maskingFor } from "./masking.ts";
import { readInTurns } from "./read-in-turns.ts";
import { TunnelDuplex, TunnelLineError, TunnelResetError } from "./tunnel-duplex.ts";

const handshakeMs = 10_000;
/** From the beginning to the agent's answer: more than the server and the agent take for their parts. */
const openMs = 40_000;
/** Between two attempts to take a stream up again, or to open it. */
const againMs = 500;
const openTriesMax = 4;
/** A line that answers nothing is given up after 20 s: nobody waits for four of them. */
const openAgainMs = 30_000;
/** What is begun by a client's first words within the stream, so that one which was opened in vain has begun nothing. */
const opensAgain: ReadonlySet<TunnelService["kind"]> = new Set(["ssh", "files", "echo", "ports", "image"]);
/** Silence after which the server is asked for a sign of life, and after twice of which the line is given up. */
const pingMs = 10_000;
const messageBytesMax = 128 * 1_024;

export interface TunnelTarget {
  /** `ws://` or `wss://` address of the workspace's tunnel. */
  readonly url: string;
  readonly token: string;
  /** False: one that has lost its line is over. */
  readonly isResumed?: boolean;
  readonly service: TunnelService;
  readonly agent: string | null;
  /** Told before the first byte. */
  readonly onAccepted?: (accepted: TunnelAccept) => void;
  /** The line is gone, and the stream waits for another; then, that it has one. */
  readonly onLine?: (state: "lost" | "back") => void;
  /** Makes the line, where it is none to `url`. */
  readonly dial?: () => WebSocket;
  /** What an upgrade that was refused is told as. */
  readonly refusal?: (status: number, body: string) => Error;
}

/**
 * Opens a stream into a workspace. It survives its line for a minute: over a new one, to whichever server answers, it
 * goes on where it was. A server that goes away before it has answered is asked for anew, too, where nothing can have
 * begun yet.
 * Errors: `TunnelResetError` with the server's or the agent's code; whatever `refusal` makes of an upgrade refused;
 * `TunnelLineError` when there is no line to the server.
 */
export function openTunnel(target: TunnelTarget): Promise<TunnelDuplex> {
  return new Client(target).open();
}

class Client {
  readonly #target: TunnelTarget;
  readonly #duplex: TunnelDuplex;
  #writer: FairWriter | null = null;
  #socket: WebSocket | null = null;
  #accepted: TunnelAccept | null = null;
  #lostAtMs = 0;
  #isOver = false;

  constructor(target: TunnelTarget) {
    this.#target = target;
    this.#duplex = new TunnelDuplex(() => this.#writer?.poke(0));
    // It may be over before whoever opens it has it, and listens: he is told by what `open` throws.
    this.#duplex.on("error", () => undefined);
  }

  async open(): Promise<TunnelDuplex> {
    this.#duplex.once("close", () => this.#leave());
    await this.#reach();
    if (this.#duplex.errored !== null) throw this.#duplex.errored;
    return this.#duplex;
  }

  async #reach(): Promise<void> {
    const { service, isResumed = true } = this.#target;
    const mayFollow = isResumed && opensAgain.has(service.kind);
    const begunMs = performance.now();
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#connect();
      } catch (error) {
        const isCut = error instanceof TunnelLineError && error.isCut;
        const isOver = tries === openTriesMax || performance.now() - begunMs > openAgainMs;
        if (!isCut || !mayFollow || isOver) throw error;
        await new Promise((resolve) => setTimeout(resolve, againMs));
      }
    }
  }

  /** One line, until it is accepted; what becomes of it then is looked after by its events. */
  #connect(): Promise<void> {
    const { refusal } = this.#target;
    const socket = this.#target.dial?.() ?? dialUrl(this.#target);
    const stopPings = keepAlive(socket, pingMs);
    readInTurns(socket);
    return new Promise((resolve, reject) => {
      let isAccepted = false;
      const limit = setTimeout(() => {
        reject(new TunnelResetError({ code: "agent_unavailable", message: "The workspace did not answer in time." }));
        socket.terminate();
      }, openMs);
      socket.on("unexpected-response", (_, response) => {
        let body = "";
        response.on("data", (piece) => {
          if (body.length < messageBytesMax) body += String(piece);
        });
        response.on("end", () => {
          const status = response.statusCode ?? 0;
          reject(refusal?.(status, body) ?? new Error(`The server refused the stream (${status}).`));
        });
        response.on("error", (cause) => reject(lineError(cause)));
      });
      socket.on("error", (cause) => reject(lineError(cause)));
      socket.on("open", () => {
        const { service, agent } = this.#target;
        socket.send(encodeTunnelFrame(0, { kind: "open", json: { service, agent, resume: this.#resumed() } }));
      });
      socket.on("message", (data: Buffer) => {
        if (isAccepted) return this.#receive(data);
        try {
          const accepted = acceptOf(decodeTunnelFrame(data).frame);
          clearTimeout(limit);
          this.#begin(socket, accepted);
          isAccepted = true;
          resolve();
        } catch (error) {
          reject(error instanceof TunnelFault ? faultReset(error) : error);
          // A server passes a refusal of the agent on, and leaves the line to whoever made it.
          socket.close(1000);
        }
      });
      socket.on("close", () => {
        stopPings();
        clearTimeout(limit);
        if (!isAccepted) reject(new TunnelLineError("it closed the line", { isCut: true }));
        else if (this.#socket === socket) this.#lose();
      });
    });
  }

  /** What takes the stream up again. A server refuses what it does not ask for, and an acceptance may say more. */
  #resumed(): Pick<TunnelAccept, "sessionId" | "secret"> | null {
    const accepted = this.#accepted;
    return accepted === null ? null : { sessionId: accepted.sessionId, secret: accepted.secret };
  }

  #begin(socket: WebSocket, accepted: TunnelAccept): void {
    const isFirst = this.#accepted === null;
    if (isFirst) this.#target.onAccepted?.(accepted);
    this.#accepted = accepted;
    this.#socket = socket;
    const line = {
      get bufferedAmount() {
        return socket.bufferedAmount;
      },
      send: (message: Buffer, sent: () => void) => socket.send(message, () => sent()),
    };
    this.#writer = new FairWriter(line, () => this.#leave());
    if (isFirst) this.#duplex.stream.open();
    else {
      this.#duplex.stream.resume();
      this.#target.onLine?.("back");
    }
    this.#writer.add(0, this.#duplex.stream);
  }

  /** Agents belong to those who own the workspaces: what they say wrong ends their stream, and nothing else. */
  #receive(message: Buffer): void {
    try {
      this.#duplex.stream.receive(decodeTunnelFrame(message).frame);
    } catch (error) {
      if (!(error instanceof TunnelFault)) throw error;
      this.#duplex.destroy(faultReset(error));
    }
  }

  /** The line is gone; the stream is not. */
  #lose(): void {
    this.#socket = null;
    this.#writer = null;
    this.#duplex.stream.detach();
    if (this.#isOver || this.#duplex.stream.isOver) return;
    if (this.#target.isResumed === false) return void this.#duplex.destroy(new TunnelResetError(lineLost));
    this.#lostAtMs = performance.now();
    this.#target.onLine?.("lost");
    void this.#comeBack();
  }

  async #comeBack(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#connect();
        return;
      } catch (error) {
        const isForGood = error instanceof TunnelResetError && error.code !== "agent_unavailable";
        if (isForGood || performance.now() - this.#lostAtMs > tunnelResumeMs) {
          this.#duplex.destroy(isForGood ? error : new TunnelResetError(lineLost));
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, againMs));
      }
    }
  }

  /** The stream is over: its last frames have been written, and its line goes after them. */
  #leave(): void {
    if (!this.#duplex.destroyed && !this.#duplex.stream.isOver) return;
    this.#isOver = true;
    this.#writer?.poke(0);
    this.#socket?.close(1000);
  }
}

function dialUrl({ url, token }: TunnelTarget): WebSocket {
  return new WebSocket(url, tunnelProtocol, {
    headers: { authorization: `Bearer ${token}` },
    handshakeTimeout: handshakeMs,
    maxPayload: messageBytesMax,
    perMessageDeflate: false,
    ...maskingFor(new URL(url)),
  });
}

function lineError(cause: Error): TunnelLineError {
  const isCut = (cause as NodeJS.ErrnoException).code === "ECONNRESET";
  return new TunnelLineError(cause.message, { cause, isCut });
}

/** The first frame of all. @throws TunnelResetError for a refusal, TunnelFault for what is neither. */
function acceptOf(frame: TunnelFrame): TunnelAccept {
  if (frame.kind === "reset") throw new TunnelResetError(frame);
  const json = frame.kind === "accept" && typeof frame.json === "object" ? frame.json : null;
  const { sessionId, secret, hostKey } = (json ?? {}) as Readonly<Record<string, unknown>>;
  const isKey = hostKey === undefined || typeof hostKey === "string";
  if (typeof sessionId !== "string" || typeof secret !== "string" || !isKey) {
    throw new TunnelFault("What answers is no acceptance of a stream.");
  }
  return { sessionId, secret, ...(hostKey === undefined ? {} : { hostKey }) };
}

function faultReset({ message }: TunnelFault): TunnelResetError {
  return new TunnelResetError({ code: "tunnel_fault", message });
}

const lineLost: TunnelReset = { code: "line_lost", message: "The line to the workspace was lost." };
