// One person, or one machine, cannot take what all share: connections, event streams, commands.
import { connect, type Socket } from "node:net";
import pg from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import type { Client } from "../../src/client/client.ts";
import { execPath } from "../../src/contracts/agent-protocol.ts";
import { parseAddressRanges } from "../../src/platform/network/address-ranges.ts";
import { connectAgent } from "../support/socket-agent.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";

const proxy = "127.0.0.9";
const streamsPerPersonMax = 20;
const openingsPerMinuteMax = 50;
let server: TestServer;
let mallory: Client;

beforeAll(async () => {
  const trusted = parseAddressRanges(proxy);
  if (trusted === undefined) throw new Error("no ranges");
  const limits = {
    streamsPerPersonMax,
    openingsPerMinuteMax,
    commandsPerPersonMax: 4,
    heldPerAddressMax: 30,
    connectionsPerAddressMax: 60,
  };
  server = await startTestServer({ httpTrustedProxies: trusted }, { ...limits, execIdleMs: 600 });
  mallory = await server.member("mallory");
});
afterAll(async () => server.stop());

interface Line {
  readonly socket: Socket;
  readonly heard: () => string;
  readonly closed: Promise<void>;
}

/** A connection from an address of the loopback network. */
async function dial(localAddress: string): Promise<Line> {
  const socket = connect({ port: Number(new URL(server.url).port), host: "127.0.0.1", localAddress });
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

const openStream = (token: string | undefined, more = ""): string =>
  `GET /api/v1/notifications/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n${more}\r\n`;

async function streamFrom(localAddress: string, token: string | undefined, more = ""): Promise<Line> {
  const line = await dial(localAddress);
  line.socket.write(openStream(token, more));
  await waitUntil("it is answered", () => line.heard().includes("\n\n") || line.heard().includes('"requestId"'));
  return line;
}

const isOpen = ({ heard }: Line): boolean => heard().startsWith("HTTP/1.1 200 ");

test("two thousand event streams of one member leave the others theirs", async () => {
  const lines: Line[] = [];
  for (let round = 0; round < 40; round += 1) {
    const more = await Promise.all(
      Array.from({ length: 50 }, (_, nth) => streamFrom(`127.0.1.${1 + ((round * 50 + nth) % 200)}`, mallory.token)),
    );
    lines.push(...more);
  }
  expect(lines.filter(isOpen)).toHaveLength(streamsPerPersonMax);
  const refused = lines.find((line) => !isOpen(line));
  expect(refused?.heard()).toMatch(/^HTTP\/1.1 429 [^]*retry-after: \d[^]*"too_many_open"[^]*http.streams_per_person/);
  const bob = await server.member("bob");
  expect(isOpen(await streamFrom("127.0.0.1", bob.token))).toBe(true);
  // A place is free again as soon as one is closed.
  lines.find(isOpen)?.socket.destroy();
  await waitUntil("there is a place", async () => isOpen(await streamFrom("127.0.2.1", mallory.token)));
});

test("one address has a bound of its own, whoever comes from it", async () => {
  const people = await Promise.all(["carol", "dave"].map((name) => server.member(name)));
  const lines: Line[] = [];
  for (const { token } of people)
    for (let nth = 0; nth < streamsPerPersonMax; nth += 1) lines.push(await streamFrom("127.0.3.1", token));
  expect(lines.filter(isOpen)).toHaveLength(30);
  expect(lines.at(-1)?.heard()).toContain("http.held_per_address");
  expect(isOpen(await streamFrom("127.0.3.2", people[1]?.token))).toBe(true);
});

test("whom a trusted proxy names is the caller, and what anybody else says is not believed", async () => {
  const erin = await server.member("erin");
  const frank = await server.member("frank");
  const named = async (from: string, forwarded: string): Promise<boolean> =>
    isOpen(await streamFrom(from, frank.token, `x-forwarded-for: ${forwarded}\r\n`));
  for (let nth = 0; nth < streamsPerPersonMax; nth += 1)
    await streamFrom(proxy, erin.token, "x-forwarded-for: 203.0.113.5\r\n");
  for (let nth = 0; nth < 10; nth += 1) await named(proxy, "203.0.113.5");
  // What the caller wrote himself stands before what the proxy added.
  expect(await named(proxy, "198.51.100.1, 203.0.113.5")).toBe(false);
  expect(await named(proxy, "203.0.113.6")).toBe(true);
  expect(await named("127.0.4.1", "203.0.113.5")).toBe(true);
  expect(server.logger.entries.some((entry) => entry.message.includes("http.trusted_proxies"))).toBe(true);
});

test("connections of one address are bounded: some are told so, none is kept, and other addresses have theirs", async () => {
  const lines = await Promise.all(Array.from({ length: 100 }, () => dial("127.0.5.1")));
  const closed = lines.filter(({ socket }) => socket.destroyed);
  const told = await dial("127.0.5.1");
  told.socket.write("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
  await Promise.race([told.closed, waitUntil("it is answered", () => told.heard().includes("requestId"))]);
  await waitUntil("those beyond are closed", () => lines.filter(({ socket }) => !socket.destroyed).length === 60);
  expect(closed.length).toBeLessThanOrEqual(40);
  const one = await dial("127.0.5.1");
  one.socket.write("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
  await waitUntil("it is answered", () => one.heard().includes('"requestId"'));
  expect(one.heard()).toMatch(/^HTTP\/1.1 429 [^]*connection: close[^]*too_many_open[^]*http.connections_per_address/);
  const other = await dial("127.0.5.2");
  other.socket.write("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
  await waitUntil("it is answered", () => other.heard().startsWith("HTTP/1.1 200"));
});

async function command(client: Client, workspaceId: string): Promise<{ socket: WebSocket; status: number }> {
  const socket = new WebSocket(`${server.url.replace("http", "ws")}${execPath(workspaceId)}`, {
    headers: { authorization: `Bearer ${client.token}` },
  });
  onTestFinished(() => socket.terminate());
  socket.on("error", () => undefined);
  const status = await new Promise<number>((resolve) => {
    socket.once("open", () => resolve(101));
    socket.once("unexpected-response", (_, response) => resolve(response.statusCode ?? 0));
  });
  return { socket, status };
}

test("commands of one person are bounded before they begin", async () => {
  const id = "0fc0334e-1e8a-48e8-a799-ce13b21e0a15";
  const sockets = await Promise.all(Array.from({ length: 20 }, () => command(mallory, id)));
  expect(sockets.filter(({ status }) => status === 101)).toHaveLength(4);
  expect(sockets.filter(({ status }) => status === 429)).toHaveLength(16);
  expect((await command(server.admin, id)).status).toBe(101);
});

test("whoever is gone before it is known who he is holds no place", async () => {
  const grace = await server.member("grace");
  const id = "0fc0334e-1e8a-48e8-a799-ce13b21e0a15";
  const database = new pg.Client({ connectionString: server.databaseUrl });
  await database.connect();
  onTestFinished(() => database.end());
  // Nobody can be looked up meanwhile.
  await database.query("begin");
  await database.query("lock table tokens in access exclusive mode");
  const lines = await Promise.all(Array.from({ length: 4 }, (_, nth) => dial(`127.0.4.${1 + nth}`)));
  for (const { socket } of lines) {
    socket.write(
      `GET ${execPath(id)} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${grace.token}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
    );
  }
  const waiting = "select count(*)::int as count from pg_locks where not granted and relation = 'tokens'::regclass";
  await waitUntil("they are looked up", async () => (await database.query(waiting)).rows[0]?.count > 0);
  for (const { socket } of lines) socket.resetAndDestroy();
  // The server reads what has come before in the same turn as this, or an earlier one.
  expect((await fetch(new URL("/healthz", server.url))).status).toBe(200);
  await database.query("rollback");
  await grace.call("whoAmI", {});
  expect((await command(grace, id)).status).toBe(101);
});

test("a command over which nothing comes is ended with a code, and one over which something does goes on", async () => {
  const agent = await connectAgent(server, () => undefined);
  onTestFinished(() => agent.close());
  const start = JSON.stringify({ kind: "start", command: ["sh"], env: {}, agent: null });
  const idle = await command(server.admin, agent.workspaceId);
  const busy = await command(server.admin, agent.workspaceId);
  const frames: string[] = [];
  idle.socket.on("message", (data: Buffer) => frames.push(data.toString()));
  for (const { socket } of [idle, busy]) socket.send(start);
  const typing = setInterval(() => busy.socket.send('{"kind":"input","data":"","end":false}'), 50);
  onTestFinished(() => clearInterval(typing));
  await waitUntil("the idle one is told", () => frames.some((frame) => frame.includes('"command_idle"')));
  await waitUntil("it is closed", () => idle.socket.readyState === WebSocket.CLOSED);
  expect(busy.socket.readyState).toBe(WebSocket.OPEN);
});

test("addresses of apps, each of which is an entry in the audit log, are bounded for each person in a minute", async () => {
  const ida = await server.member("ida");
  const make = async (client: Client): Promise<unknown> =>
    await client
      .call("createAppLink", { params: { workspace: "none", app: "1" }, body: {} })
      .catch((error) => error.code);
  const codes: unknown[] = [];
  for (let nth = 0; nth <= openingsPerMinuteMax; nth += 1) codes.push(await make(ida));
  expect(new Set(codes.slice(0, -1))).toEqual(new Set(["not_found"]));
  expect(codes.at(-1)).toBe("rate_limited");
  expect(await make(await server.member("judy"))).toBe("not_found");
});
