import { WebSocket } from "ws";
import { type AgentToServer, agentConnectPath, type ServerToAgent } from "../contracts/agent-protocol.ts";
import { agentMessageBytesMax, execPerAgentMax } from "../contracts/limits.ts";
import { backoffDelayMs } from "../platform/backoff.ts";
import { sleep } from "../platform/sleep.ts";
import type { AgentConfig } from "./agent-config.ts";
import { keepAlive } from "../tunnel/keep-alive.ts";
import { keyHeader } from "./server-http.ts";
import { parseServerMessage } from "./server-message.ts";
import { underUrl } from "../contracts/under-url.ts";

export interface SocketListener {
  /** Called for each new connection, before anything else is sent over it. */
  onOpen(): void;
  /** Called at the end of each connection that was open. */
  onClose(): void;
  onMessage(message: ServerToAgent): void;
}

/** With the agent's key, see `agentKey`. */
type SocketConfig = AgentConfig & { readonly key: string | null };

/** The agent's one connection: it is kept up until `run`'s signal aborts. */
export class ServerSocket {
  readonly #config: SocketConfig;
  readonly #listener: SocketListener;
  #socket: WebSocket | null = null;
  readonly #waitingForOpen = new Set<() => void>();

  constructor(config: SocketConfig, listener: SocketListener) {
    this.#config = config;
    this.#listener = listener;
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /**
   * Sends a frame and resolves when the operating system has taken it: that is the back-pressure of every
   * stream. False when there is no connection, or it broke on the way.
   */
  send(frame: AgentToServer): Promise<boolean> {
    const socket = this.#socket;
    if (socket === null || socket.readyState !== WebSocket.OPEN) return Promise.resolve(false);
    return new Promise((resolve) => {
      const onClose = (): void => resolve(false);
      socket.once("close", onClose);
      socket.send(JSON.stringify(frame), (error) => {
        socket.off("close", onClose);
        resolve(error === undefined || error === null);
      });
    });
  }

  /** Resolves when there is a connection, or when `abort` fires. */
  async whenOpen(abort: AbortSignal): Promise<void> {
    if (this.isOpen || abort.aborted) return;
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        this.#waitingForOpen.delete(finish);
        abort.removeEventListener("abort", finish);
        resolve();
      };
      this.#waitingForOpen.add(finish);
      abort.addEventListener("abort", finish, { once: true });
    });
  }

  /** Connects, and connects again whenever the connection ends, until `abort`. */
  async run(abort: AbortSignal): Promise<void> {
    const { timing, random, logger } = this.#config;
    let attempt = 0;
    while (!abort.aborted) {
      const openedForMs = await this.#connectOnce(abort);
      if (abort.aborted) return;
      // One that was refused, or closed at once, must not be hammered.
      attempt = openedForMs > timing.reconnectCapMs ? 1 : attempt + 1;
      const delayMs = backoffDelayMs({ attempt, baseMs: timing.reconnectBaseMs, capMs: timing.reconnectCapMs, random });
      logger.debug("the connection to the server ended", { openedForMs, delayMs: Math.round(delayMs) });
      await sleep(delayMs, abort);
    }
  }

  /** One connection from its beginning to its end. Resolves with how long it was open. */
  #connectOnce(abort: AbortSignal): Promise<number> {
    const { serverUrl, token, key, timing, logger } = this.#config;
    const url = new URL(underUrl(serverUrl, agentConnectPath));
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${token}`, ...keyHeader(key) },
      handshakeTimeout: timing.requestMs,
      maxPayload: agentMessageBytesMax,
      perMessageDeflate: false,
    });
    // Each frame that is on its way listens for the connection's end.
    socket.setMaxListeners(4 * execPerAgentMax);
    this.#socket = socket;
    let openedAtMs: number | null = null;
    const stopPings = keepAlive(socket, timing.pingMs);
    const onAbort = (): void => socket.terminate();
    abort.addEventListener("abort", onAbort, { once: true });
    if (abort.aborted) onAbort();
    return new Promise((resolve) => {
      socket.on("open", () => {
        openedAtMs = performance.now();
        this.#listener.onOpen();
        for (const waiting of this.#waitingForOpen) waiting();
      });
      socket.on("message", (data, isBinary) => {
        // One buffer a message is ws' way with the default `binaryType`.
        const message = isBinary ? undefined : parseServerMessage((data as Buffer).toString("utf8"));
        if (message === undefined) logger.warn("a frame of the server was not understood");
        else this.#listener.onMessage(message);
      });
      socket.on("error", (error) => logger.debug("the connection to the server failed", { error }));
      socket.on("close", () => {
        stopPings();
        abort.removeEventListener("abort", onAbort);
        this.#socket = null;
        if (openedAtMs !== null) this.#listener.onClose();
        resolve(openedAtMs === null ? 0 : performance.now() - openedAtMs);
      });
    });
  }
}
