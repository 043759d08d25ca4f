import { type IncomingHttpHeaders, request as httpRequest } from "node:http";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";

type Headers = Readonly<Record<string, string>>;

export interface AppQuestion {
  /** Base address of the server that is asked. */
  readonly url: string;
  /** Of the app's address, as a browser says it. */
  readonly host: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Headers;
  readonly body?: Buffer;
}

export interface AppAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly json: () => { url: string; headers: Record<string, string>; error: { code: string } };
}

/** One request to an app's address, with nothing added to it, and nothing followed. */
export async function askApp({
  url,
  host,
  path = "/",
  method = "GET",
  headers = {},
  body,
}: AppQuestion): Promise<AppAnswer> {
  const { hostname, port } = new URL(url);
  return await new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, path, method, headers: { host, ...headers } }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () => {
        const whole = Buffer.concat(pieces);
        const { statusCode: status = 0, headers: got } = response;
        resolve({ status, headers: got, body: whole, json: () => JSON.parse(String(whole)) });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** A WebSocket to an app's address, which ends with the test. */
export function appSocket(url: string, host: string, headers: Headers, path = "/socket"): WebSocket {
  const { hostname, port } = new URL(url);
  const socket = new WebSocket(`ws://${hostname}:${port}${path}`, { headers: { host, ...headers } });
  onTestFinished(() => socket.terminate());
  socket.on("error", () => undefined);
  return socket;
}

/** 101 once it is open; the status of what it was refused with otherwise. */
export async function upgradeStatus(socket: WebSocket): Promise<number> {
  return await new Promise((resolve) => {
    socket.once("open", () => resolve(101));
    socket.once("unexpected-response", (_, response) => resolve(response.statusCode ?? 0));
  });
}

/** The cookies that an answer sets, as the next request sends them. */
export function cookieIn({ headers }: AppAnswer): string {
  return (headers["set-cookie"] ?? []).map((line) => line.split(";")[0]).join("; ");
}
