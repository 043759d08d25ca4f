import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { RouteDefinition } from "../../src/contracts/api/route.ts";
import { type RouteId, routes } from "../../src/contracts/api/routes.ts";

export interface ScriptedRequest {
  readonly id: RouteId;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly bytes: Buffer;
  readonly token: string | undefined;
}

/** `json`: one answer. `events`: a stream that ends after them, or stays open. `drop`: the connection is cut. */
export type ScriptedAnswer =
  | { readonly json: unknown; readonly status?: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly events: readonly (readonly [event: string, data: unknown])[]; readonly staysOpen?: boolean }
  | { readonly drop: true };

/** `attempt` counts the calls of this route, from 1. */
export type Script = (request: ScriptedRequest, attempt: number) => ScriptedAnswer;
export type Scripts = { readonly [Id in RouteId]?: Script };

export interface ScriptedApi {
  readonly url: string;
  /** Every request, in order. */
  readonly requests: readonly ScriptedRequest[];
  readonly calls: (id: RouteId) => readonly ScriptedRequest[];
  readonly close: () => Promise<void>;
}

export interface ScriptedApiOptions {
  readonly scripts?: Scripts;
  /** Plays the server's side of an exec session. */
  readonly onExec?: (socket: WebSocket, request: IncomingMessage) => void;
  /** Refuses the upgrade with this status and body instead. */
  readonly refuseExec?: { readonly status: number; readonly json: unknown };
}

function matcher(id: RouteId): { readonly id: RouteId; readonly method: string; readonly pattern: RegExp } {
  const route: RouteDefinition = routes[id];
  const pattern = route.path.replaceAll(/:(\w+)/g, "(?<$1>[^/]+)");
  return { id, method: route.method, pattern: new RegExp(`^${pattern}$`) };
}

// Fixed paths before those with parameters: `/users/me` is no user name.
const matchers = (Object.keys(routes) as RouteId[])
  .toSorted((one, other) => routes[one].path.split(":").length - routes[other].path.split(":").length)
  .map(matcher);

function findRoute(method: string, pathname: string) {
  for (const { id, method: expected, pattern } of matchers) {
    const match = method === expected ? pattern.exec(pathname) : null;
    if (match === null) continue;
    const params = Object.entries(match.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)]);
    return { id, params: Object.fromEntries(params) as Record<string, string> };
  }
  return undefined;
}

export const codedAnswer = (status: number, code: string, more: Record<string, unknown> = {}) => ({
  status,
  json: { error: { code, message: `Scripted ${code}.`, ...more } },
});

function answer(response: ServerResponse, scripted: ScriptedAnswer): void {
  if ("drop" in scripted) response.destroy();
  else if ("events" in scripted) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const [event, data] of scripted.events) response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    if (scripted.staysOpen !== true) response.end();
  } else {
    response.writeHead(scripted.status ?? 200, { "content-type": "application/json", ...scripted.headers });
    response.end(JSON.stringify(scripted.json));
  }
}

function parseBody(bytes: Buffer, type: string | undefined): unknown {
  return type === "application/json" && bytes.length > 0 ? JSON.parse(bytes.toString()) : undefined;
}

/** A server that answers by route as its script says; a route without a script is answered 404 with `not_found`. */
export async function startScriptedApi(options: ScriptedApiOptions = {}): Promise<ScriptedApi> {
  const requests: ScriptedRequest[] = [];
  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? "/", "http://scripted");
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const route = findRoute(incoming.method ?? "GET", url.pathname);
    const script = route === undefined ? undefined : options.scripts?.[route.id];
    if (route === undefined || script === undefined) {
      answer(response, codedAnswer(404, "not_found"));
      return;
    }
    const request: ScriptedRequest = {
      ...route,
      query: Object.fromEntries(url.searchParams),
      body: parseBody(bytes, incoming.headers["content-type"]),
      bytes,
      token: incoming.headers.authorization?.replace("Bearer ", ""),
    };
    requests.push(request);
    answer(response, script(request, requests.filter(({ id }) => id === request.id).length));
  };
  const server = createServer((incoming, response) => {
    // A request that is cut short has nobody left to answer.
    serve(incoming, response).catch(() => response.destroy());
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    const { refuseExec, onExec } = options;
    if (refuseExec !== undefined || onExec === undefined) {
      const { status, json } = refuseExec ?? { status: 404, json: {} };
      const body = JSON.stringify(json);
      socket.end(`HTTP/1.1 ${status} Refused\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`);
    } else sockets.handleUpgrade(request, socket, head, (ws) => onExec(ws, request));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    calls: (id) => requests.filter((request) => request.id === id),
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
