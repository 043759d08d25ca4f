import { liveHelloMs } from "../contracts/limits.ts";
import { liveCloses, livePath } from "../contracts/live-channel.ts";
import type { LiveFrame } from "../contracts/live.ts";

/** What there is of a WebSocket in browsers, in Node and in packages alike. */
export interface LiveSocket {
  send(text: string): void;
  close(): void;
  onopen: ((event: never) => unknown) | null;
  onmessage: ((event: { readonly data: unknown }) => unknown) | null;
  onclose: ((event: { readonly code: number }) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
}

/**
 * `connecting`: it has never been connected; `lost`: it was, or could not be, and is tried again; `ended`: for good, as the
 * session has ended (or `close` was called), and trying again would end the same.
 */
export type LiveState = "connecting" | "connected" | "lost" | "ended";

export interface LiveOptions {
  /** Opens a WebSocket; in a page `(url) => new WebSocket(url)`, as its cookie goes along. */
  readonly connect: (url: string) => LiveSocket;
  /** Base URL of the server, for example `https://prewarm.example`. */
  readonly url: string;
  /** Look again. Also once for each topic when it is heard from now on, after each reconnection too. */
  readonly onPoke: (topic: string) => void;
  readonly onState?: (state: LiveState) => void;
  /** Nothing comes of this topic until it is asked for anew. */
  readonly onRefused?: (topic: string, code: string) => void;
  /** Milliseconds that the server's clock is ahead of ours, and its release. */
  readonly onHello?: (hello: { readonly aheadMs: number; readonly version: string }) => void;
  /** From 0 to 1; for tests. */
  readonly random?: () => number;
  /** For tests. */
  readonly retryMs?: { readonly first: number; readonly max: number };
  readonly silenceMs?: number;
}

/** Shortest and longest wait before it tries again. It doubles, and is drawn from the upper half, so that not all come at once. */
const retryFirstMs = 1_000;
const retryMsMax = 30_000;
/** The server says hello every `liveHelloMs`. Without three of them the line is taken for dead, which a page cannot find out otherwise. */
const silenceMsMax = 3 * liveHelloMs;

/**
 * One live channel: subscribes to what is wanted, comes back by itself, and has everything looked at again whenever it has.
 * It needs nothing of a browser but timers, and nothing of a framework.
 */
export class LiveClient {
  readonly #options: LiveOptions;
  #topics: readonly string[] = [];
  #socket: LiveSocket | undefined;
  #state: LiveState = "connecting";
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#open();
  }

  get state(): LiveState {
    return this.#state;
  }

  /** All that is wanted from now on; what was wanted before and is not named is heard no more. */
  setTopics(topics: readonly string[]): void {
    const next = [...new Set(topics)].sort();
    if (next.join("\n") === this.#topics.join("\n")) return;
    this.#topics = next;
    if (this.#state === "connected") this.#subscribe();
  }

  /** Tries at once instead of when its time comes: a page that was asleep, or whose network is back. */
  wake(): void {
    if (this.#state !== "lost" || this.#retry === undefined) return;
    this.#open();
  }

  close(): void {
    this.#leave();
    this.#become("ended");
  }

  #open(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const { url, connect } = this.#options;
    let socket: LiveSocket;
    try {
      socket = connect(`${url.replace(/^http/u, "ws").replace(/\/$/u, "")}${livePath}`);
    } catch {
      return this.#tryLater();
    }
    this.#socket = socket;
    this.#heard(socket);
    socket.onmessage = ({ data }) => {
      if (this.#socket !== socket) return;
      this.#heard(socket);
      this.#take(frameOf(data));
    };
    socket.onerror = () => undefined;
    socket.onclose = ({ code }) => this.#lose(socket, code);
  }

  #take(frame: LiveFrame | undefined): void {
    switch (frame?.kind) {
      case "hello": {
        const isFirst = this.#state !== "connected";
        this.#failures = 0;
        this.#become("connected");
        this.#options.onHello?.({ aheadMs: Date.parse(frame.at) - Date.now(), version: frame.version });
        // Each topic is poked by the server once it is heard: what happened while nobody listened is looked at then.
        if (isFirst) this.#subscribe();
        break;
      }
      case "poke":
        // One that was on its way when its topic ceased to be wanted.
        if (this.#topics.includes(frame.topic)) this.#options.onPoke(frame.topic);
        break;
      case "refused":
        this.#options.onRefused?.(frame.topic, frame.code);
        break;
      case undefined:
    }
  }

  #subscribe(): void {
    this.#socket?.send(JSON.stringify({ kind: "subscribe", topics: this.#topics }));
  }

  /** There was a sign of life; the next one is due. */
  #heard(socket: LiveSocket): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lose(socket, 0), this.#options.silenceMs ?? silenceMsMax);
  }

  #lose(socket: LiveSocket, code: number): void {
    if (this.#socket !== socket) return;
    this.#leave();
    if (code === liveCloses.unauthenticated) return this.#become("ended");
    this.#tryLater();
  }

  #tryLater(): void {
    const { first, max } = this.#options.retryMs ?? { first: retryFirstMs, max: retryMsMax };
    const ceilingMs = Math.min(max, first * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    const waitMs = Math.max(first, ceilingMs * (0.5 + (this.#options.random ?? Math.random)() / 2));
    this.#retry = setTimeout(() => this.#open(), waitMs);
    this.#become("lost");
  }

  /** Lets go of the connection, without a word of it to anybody. */
  #leave(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    this.#retry = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }

  #become(state: LiveState): void {
    if (this.#state === state || this.#state === "ended") return;
    this.#state = state;
    this.#options.onState?.(state);
  }
}

/** Undefined for what this release does not know: a newer server may say more. */
function frameOf(data: unknown): LiveFrame | undefined {
  try {
    const frame: unknown = typeof data === "string" ? JSON.parse(data) : undefined;
    if (typeof frame !== "object" || frame === null || !("kind" in frame)) return undefined;
    return ["hello", "poke", "refused"].includes(String(frame.kind)) ? (frame as LiveFrame) : undefined;
  } catch {
    return undefined;
  }
}
