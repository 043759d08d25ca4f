import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { errorRegistry, type ErrorCode } from "../../src/contracts/errors.ts";

export interface ScriptedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly token: string;
  /** Fires when the caller has gone away. */
  readonly gone: AbortSignal;
}

export type ScriptedAnswer =
  | { readonly json: unknown }
  | { readonly bytes: Uint8Array }
  | { readonly error: ErrorCode };
export type ScriptedHandler = (request: ScriptedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>;

async function bodyOf(incoming: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming as AsyncIterable<Buffer>) pieces.push(piece);
  const text = Buffer.concat(pieces).toString("utf8");
  return text === "" ? undefined : JSON.parse(text);
}

/** A peer that speaks HTTP from a script: it can be stopped and come back at the same address. */
export class ScriptedServer {
  readonly requests: ScriptedRequest[] = [];
  readonly #handler: ScriptedHandler;
  readonly #onServer: (server: Server) => void;
  #server: Server | null = null;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  constructor(handler: ScriptedHandler, onServer: (server: Server) => void = () => {}) {
    this.#handler = handler;
    this.#onServer = onServer;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const server = createServer((incoming, answer) => {
      void (async () => {
        const gone = new AbortController();
        answer.on("close", () => gone.abort());
        const request = {
          method: incoming.method ?? "",
          path: incoming.url ?? "",
          body: await bodyOf(incoming),
          token: (incoming.headers.authorization ?? "").replace("Bearer ", ""),
          gone: gone.signal,
        };
        this.requests.push(request);
        const result = await this.#handler(request);
        if ("bytes" in result) {
          answer.end(result.bytes);
          return;
        }
        const status = "error" in result ? errorRegistry[result.error].status : 200;
        const body = "error" in result ? { error: { code: result.error, message: "scripted" } } : result.json;
        answer.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      })();
    });
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#onServer(server);
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (server.address() as AddressInfo).port; // listening on TCP, so it is an address
    this.#server = server;
  }

  /** Goes away as a killed process does: every connection is cut. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    this.cutConnections();
    await closed;
  }

  cutConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
