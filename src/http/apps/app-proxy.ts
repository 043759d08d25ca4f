import { type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { healthOfApp } from "../../app/apps/apps.ts";
import { shellWord } from "../../contracts/shell-word.ts";
import { CodedError } from "../../contracts/errors.ts";
import { type BodyLength, type Passing, toApp, toBrowser } from "./app-headers.ts";
import type { AppStreams, ListeningPlace } from "./app-streams.ts";

export interface AppRequest extends Passing {
  readonly place: ListeningPlace;
  readonly clientAddress: string;
  readonly visitor: string | null;
}

export type StreamsToApps = Pick<AppStreams, "agentOf" | "open" | "firstByteMs">;

/**
 * Passes a request on to its app, and the answer back, as both come.
 * Errors: `app_unreachable` and those of a stream, while nothing was answered; `app_silent`.
 */
export async function passRequest(
  streams: StreamsToApps,
  asked: AppRequest,
  ends: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly headers: readonly string[] },
): Promise<void> {
  const { request } = ends;
  // What was read of a body cannot be read again.
  const isRepeatable = (request.method === "GET" || request.method === "HEAD") && !hasBody(request);
  try {
    await passOnce(streams, asked, ends);
  } catch (error) {
    // The app had closed a stream that rested here, and nothing was answered.
    if (!(error instanceof RestedTooLong) || !isRepeatable) throw reasonOf(error, asked);
    await passOnce(streams, asked, ends).catch((again: unknown) => {
      throw reasonOf(again, asked);
    });
  }
}

class RestedTooLong extends Error {}

async function passOnce(
  streams: StreamsToApps,
  asked: AppRequest,
  { request, response, headers }: Parameters<typeof passRequest>[2],
): Promise<void> {
  const { place } = asked;
  const { firstByteMs } = streams;
  await new Promise<void>((resolve, reject) => {
    const upstream = httpRequest({
      agent: streams.agentOf(place),
      method: request.method,
      path: request.url,
      headers: toApp(request.rawHeaders, { ...asked, body: bodyOf(request), isUpgrade: false }),
      setHost: false,
    });
    const silent = setTimeout(() => upstream.destroy(silence(asked, firstByteMs)), firstByteMs);
    const onGone = (): void => void upstream.destroy();
    response.once("close", onGone);
    upstream.once("response", (answer) => {
      clearTimeout(silent);
      if (response.destroyed) return resolve();
      const lines = toBrowser(answer.rawHeaders, { ...asked, isUpgrade: false });
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, [...withoutOurs(lines, headers), ...headers]);
      // What comes slowly is shown as it comes; a short answer goes with its head, in one write.
      setImmediate(() => {
        if (!response.destroyed && !response.writableEnded) response.flushHeaders();
      });
      answer.on("error", () => response.destroy());
      answer.once("end", () => {
        if (answer.rawTrailers.length > 0 && !response.writableEnded) response.addTrailers(pairsOf(answer.rawTrailers));
      });
      answer.pipe(response);
      response.once("close", resolve);
    });
    upstream.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(silent);
      response.off("close", onGone);
      if (response.headersSent || response.destroyed) {
        response.destroy();
        return resolve();
      }
      const isReset = error.code === "ECONNRESET" || error.code === "EPIPE";
      reject(upstream.reusedSocket && isReset ? new RestedTooLong() : error);
    });
    if (hasBody(request)) request.pipe(upstream);
    else upstream.end();
  });
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** A body without a length comes in pieces, as it did here; of others the length is what it was found to be here. */
function bodyOf({ headers }: IncomingMessage): BodyLength {
  if (headers["transfer-encoding"] !== undefined) return "pieces";
  const bytes = headers["content-length"];
  return bytes === undefined ? "none" : { bytes };
}

/** A browser takes no answer that says twice who may read it. */
function withoutOurs(lines: readonly string[], ours: readonly string[]): string[] {
  const said = new Set(pairsOf(ours).map(([name]) => name.toLowerCase()));
  const kept = pairsOf(lines).filter(([name]) => {
    const key = name.toLowerCase();
    return !key.startsWith("access-control-allow-") || !said.has(key);
  });
  return kept.flat();
}

function pairsOf(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ""] as [string, string]] : []));
}

function silence(asked: AppRequest, afterMs: number): CodedError {
  const message = `The app ${whereOf(asked)} took the request, and answered nothing in ${afterMs / 1_000} s.`;
  return withHealth("app_silent", message, asked);
}

function reasonOf(error: unknown, asked: AppRequest): CodedError {
  if (error instanceof CodedError && error.code !== "conflict") return error;
  const why = error instanceof Error ? error.message : String(error);
  const { at } = asked.app;
  const what = at.kind === "tcp" ? `Port ${at.port}` : `The socket ${at.path}`;
  return withHealth("app_unreachable", `${what} of the workspace cannot be reached: ${why.replace(/\.$/, "")}.`, asked);
}

function whereOf({ app: { at } }: AppRequest): string {
  return at.kind === "tcp" ? `on port ${at.port}` : `on the socket ${at.path}`;
}

/** With what the agent's last check of it found. */
function withHealth(code: "app_silent" | "app_unreachable", message: string, { place }: AppRequest): CodedError {
  const found = healthOfApp(place.workspace, place.app);
  // Only its owner gets that far, where it is not shared: others are not told the name.
  const next = `\`prewarm ports list ${shellWord(place.workspace.name)}\` shows what listens; look at the app's own log.`;
  const own = place.app.share === "owner" && code === "app_unreachable" ? { next } : {};
  if (found === null || found.health === "healthy" || found.health === "unknown")
    return new CodedError(code, message, own);
  const { health, detail } = found;
  const said = `${message} Its last health check: ${detail === "" ? health : `${health}, ${detail}`}.`;
  return new CodedError(code, said, { ...own, details: { health, lastCheck: detail } });
}

/**
 * Passes an upgrade on, such as a WebSocket's, and then both directions as they come.
 * Errors: as `passRequest`.
 */
export async function passUpgrade(
  streams: StreamsToApps,
  asked: AppRequest,
  { request, socket, head }: { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer },
): Promise<void> {
  const stream = await streams.open(asked.place).catch((error: unknown) => {
    throw reasonOf(error, asked);
  });
  if (socket.destroyed) return void stream.destroy();
  const { firstByteMs } = streams;
  await new Promise<void>((resolve, reject) => {
    const upstream = httpRequest({
      createConnection: () => stream,
      method: request.method,
      path: request.url,
      // What follows an upgrade is no body.
      headers: toApp(request.rawHeaders, { ...asked, body: "none", isUpgrade: true }),
      setHost: false,
    });
    const silent = setTimeout(() => upstream.destroy(silence(asked, firstByteMs)), firstByteMs);
    socket.once("close", () => {
      upstream.destroy();
      stream.destroy();
      resolve();
    });
    upstream.once("upgrade", (answer, _, first) => {
      clearTimeout(silent);
      socket.write(headOf(answer, asked, { isUpgrade: true }));
      if (first.length > 0) socket.write(first);
      if (head.length > 0) stream.write(head);
      joinBoth(socket, stream);
    });
    upstream.once("response", (answer) => {
      clearTimeout(silent);
      socket.write(headOf(answer, asked, { isUpgrade: false }));
      answer.pipe(socket);
    });
    upstream.once("error", (error) => {
      clearTimeout(silent);
      if (socket.destroyed) return resolve();
      reject(reasonOf(error, asked));
    });
    upstream.end();
  });
}

function headOf(answer: IncomingMessage, asked: AppRequest, { isUpgrade }: { readonly isUpgrade: boolean }): string {
  const lines = toBrowser(answer.rawHeaders, { ...asked, isUpgrade });
  const closing = isUpgrade ? [] : ["Connection", "close"];
  const text = pairsOf([...lines, ...closing])
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("");
  return `HTTP/1.1 ${answer.statusCode ?? 502} ${answer.statusMessage ?? ""}\r\n${text}\r\n`;
}

function joinBoth(socket: Duplex, stream: Duplex): void {
  stream.on("error", () => socket.destroy());
  socket.on("error", () => stream.destroy());
  stream.once("close", () => socket.destroy());
  socket.pipe(stream);
  stream.pipe(socket);
}
