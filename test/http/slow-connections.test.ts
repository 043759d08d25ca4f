// Connections that hold a server without asking anything of it: each ends by itself, and those that are only slow do not.
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { sleep } from "../../src/platform/sleep.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";

const connectionsMax = 60;
let server: TestServer;

beforeAll(async () => {
  const limits = { headersMs: 300, checkMs: 50, bodyWindowMs: 400, bodyBytesMin: 200, connectionsMax };
  server = await startTestServer({}, limits);
});
afterAll(async () => server.stop());

interface Line {
  readonly socket: Socket;
  readonly heard: () => string;
  readonly closed: Promise<void>;
}

async function dial(): Promise<Line> {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  let text = "";
  socket.on("data", (data) => {
    text += String(data);
  });
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve) => socket.once("connect", resolve).once("close", resolve));
  return { socket, closed, heard: () => text };
}

const head = (path: string, bytes: number, type = "application/json"): string =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.admin.token}\r\ncontent-type: ${type}\r\ncontent-length: ${bytes}\r\n\r\n`;

test("fifty unfinished headers, and connections that say nothing at all, end", async () => {
  const lines = await Promise.all(Array.from({ length: 50 }, dial));
  for (const [nth, { socket }] of lines.entries())
    if (nth % 5 > 0) socket.write("GET /healthz HTTP/1.1\r\nhost: x\r\n");
  await Promise.all(lines.map((line) => line.closed));
});

test("bodies that trickle end with a code, also those of requests that were refused before them", async () => {
  const paths = ["/api/v1/workspaces", "/api/v1/nothing", "/api/v1/provisioner/lease"];
  const lines = await Promise.all(Array.from({ length: 30 }, dial));
  for (const [nth, { socket }] of lines.entries()) socket.write(head(paths[nth % 3] ?? "", 100));
  const trickle = setInterval(() => {
    for (const { socket } of lines) if (socket.writable) socket.write(" ");
  }, 50);
  onTestFinished(() => clearInterval(trickle));
  await Promise.all(lines.map((line) => line.closed));
  const answered = lines.filter((_, nth) => nth % 3 === 0);
  for (const { heard } of answered) {
    expect(heard()).toMatch(/^HTTP\/1.1 408 /);
    expect(heard()).toContain('"code":"request_timeout"');
  }
});

test("an upload over a slow line that goes on is read to its end", async () => {
  const { socket, heard } = await dial();
  const pieces = 10;
  socket.write(head("/api/v1/templates/slow/versions", pieces * 200, "application/gzip"));
  for (let nth = 0; nth < pieces; nth += 1) {
    await sleep(100);
    socket.write(Buffer.alloc(200, nth));
  }
  await waitUntil("it is answered", () => heard().includes("\r\n\r\n"));
  // Longer than a window, and looked at as what it is: no archive.
  expect(heard()).toContain('"code":"invalid_archive"');
});

test("beyond its limit a server takes no connection, and those that are there stay", async () => {
  const stream = new AbortController();
  onTestFinished(() => stream.abort());
  const watch = server.admin.watch("watchNotifications", { signal: stream.signal });
  const events: unknown[] = [];
  let isEnded = false;
  void (async () => {
    for await (const event of watch) events.push(event);
    isEnded = true;
  })().catch(() => undefined);
  await waitUntil("the stream is open", () => events.length > 0);
  const lines = await Promise.all(Array.from({ length: connectionsMax + 20 }, dial));
  await waitUntil("some were refused", () =>
    server.logger.entries.some((one) => one.message.includes("as many as it may")),
  );
  await Promise.all(lines.map((line) => line.closed));
  // The unfinished ones have ended, and there is room again; the stream has outlived them.
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  expect(isEnded).toBe(false);
});
