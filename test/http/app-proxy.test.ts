// What the proxy of apps does with one request, between a browser's connection and an app's, without a tunnel between.
import { createHash } from "node:crypto";
import {
  Agent,
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from "node:http";
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { AppRequest } from "../../src/http/apps/app-proxy.ts";
import { passRequest, type StreamsToApps } from "../../src/http/apps/app-proxy.ts";
import type { CodedError } from "../../src/contracts/errors.ts";

const mebibyte = 1_048_576;

let app: Server;
let front: Server;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
/** What was refused, with its code. */
let refused: CodedError[];
let streams: { firstByteMs: number } & StreamsToApps;

const portOf = (server: Server): number => (server.address() as { port: number }).port;
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 5 });

beforeEach(async () => {
  refused = [];
  app = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  const toApp = { host: "127.0.0.1", port: portOf(app) };
  const agent = new Agent({ keepAlive: true });
  agent.createConnection = () => connect(toApp);
  streams = { firstByteMs: 60_000, agentOf: () => agent, open: async () => connect(toApp) };
  const at = { kind: "tcp", port: portOf(app), isTls: false } as const;
  // Of a place the proxy reads these alone.
  const served = { ref: "code", agent: "main", host: "preserve", at };
  const asked = {
    place: { workspace: { agents: [] }, app: served },
    app: served,
    publicHost: "code.apps.localhost",
    publicProtocol: "http:",
    clientAddress: "127.0.0.1",
    visitor: null,
  } as unknown as AppRequest;
  front = createServer((request, response) => {
    passRequest(streams, asked, { request, response, headers: [] }).catch((error: CodedError) => {
      refused.push(error);
      response.writeHead(error.status).end(error.message);
    });
  });
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  for (const server of [front, app]) {
    server.closeAllConnections();
    server.close();
  }
});

const begin = (options: object = {}) =>
  httpRequest({ host: "127.0.0.1", port: portOf(front), agent: false, ...options });

test("an app that answers nothing in its time is told so, and its side sees the connection closed", async () => {
  streams.firstByteMs = 50;
  let isClosed = false;
  answer = (request) => void request.socket.once("close", () => (isClosed = true));
  const got = await fetch(`http://127.0.0.1:${portOf(front)}/slow`);
  expect(got.status).toBe(504);
  expect(await got.text()).toContain("answered nothing in 0.05 s");
  expect(refused.map(({ code }) => code)).toEqual(["app_silent"]);
  await until(() => expect(isClosed).toBe(true));
});

test("one that has begun to answer has all the time it wants", async () => {
  streams.firstByteMs = 50;
  let goOn: () => void = () => undefined;
  answer = (_, response) => {
    response.write("first ");
    goOn = () => response.end("last");
  };
  const got = await fetch(`http://127.0.0.1:${portOf(front)}/`);
  const text = got.text();
  // Only time can show that it ends nothing.
  await new Promise((resolve) => setTimeout(resolve, 150));
  goOn();
  expect(await text).toBe("first last");
  expect(refused).toEqual([]);
});

test.each([
  ["before it has answered", false],
  ["in the middle of its answer", true],
])("when the client goes, the app's side sees the connection closed: %s", async (_, isAnswering) => {
  let isAsked = false;
  let closed: Socket | null = null;
  answer = (request, response) => {
    isAsked = true;
    request.socket.once("close", () => (closed = request.socket));
    if (isAnswering) response.write("first");
  };
  const request = begin();
  request.on("error", () => undefined);
  const answered = isAnswering ? once(request, "response") : Promise.resolve();
  request.end();
  await until(() => expect(isAsked).toBe(true));
  await answered;
  request.destroy();
  await until(() => expect(closed).not.toBeNull());
});

test("a client that goes in the middle of its body leaves an app that sees it broken off", async () => {
  let heard = "";
  let isBroken = false;
  answer = (request) => {
    request.on("data", (piece: Buffer) => (heard += String(piece)));
    request.on("error", () => (isBroken = true));
  };
  const request = begin({ method: "PUT", headers: { "content-length": "1000" } });
  request.on("error", () => undefined);
  request.write("half");
  await until(() => expect(heard).toBe("half"));
  request.destroy();
  await until(() => expect(isBroken).toBe(true));
});

test("trailers go through, of requests that come in pieces and of answers", async () => {
  answer = (request, response) => {
    response.setHeader("trailer", "x-sum");
    request.pipe(response, { end: false });
    request.once("end", () => {
      response.addTrailers({ "x-sum": "whole" });
      response.end();
    });
  };
  const request = begin({ method: "POST", headers: { "transfer-encoding": "chunked" } });
  request.end("body");
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.resume();
  await once(response, "end");
  expect(response.trailers).toEqual({ "x-sum": "whole" });
});

test("a client that waits for leave to send its body gets it, once", async () => {
  answer = (request, response) => {
    expect(request.headers.expect).toBeUndefined();
    request.pipe(response);
  };
  let count = 0;
  const request = begin({ method: "POST", headers: { expect: "100-continue", "content-length": "4" } });
  request.flushHeaders();
  request.on("continue", () => {
    count += 1;
    request.end("body");
  });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of response as AsyncIterable<Buffer>) pieces.push(piece);
  expect([String(Buffer.concat(pieces)), count]).toEqual(["body", 1]);
});

test("a body of 64 MiB goes up and comes down without being held, byte by byte the same", async () => {
  const up = createHash("sha256");
  const block = Buffer.alloc(mebibyte, "0123456789abcdef!");
  answer = (request, response) => {
    request.on("data", (piece: Buffer) => up.update(piece));
    request.once("end", () => {
      response.setHeader("x-sum", up.digest("hex"));
      Readable.from(blocks()).pipe(response);
    });
  };
  function* blocks(): Generator<Buffer> {
    for (let count = 0; count < 64; count += 1) yield block;
  }
  const whole = createHash("sha256");
  for (const piece of blocks()) whole.update(piece);
  const expected = whole.digest("hex");
  const request = begin({ method: "POST", headers: { "transfer-encoding": "chunked" } });
  Readable.from(blocks()).pipe(request);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  expect(response.headers["x-sum"]).toBe(expected);
  const down = createHash("sha256");
  for await (const piece of response as AsyncIterable<Buffer>) down.update(piece);
  expect(down.digest("hex")).toBe(expected);
}, 60_000);
