// What callers do not take is bounded, whoever they are: by waiting at its source, and where that cannot be, by an end.
import { connect, type Socket } from "node:net";
import pg from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { execPath, type ServerToAgent } from "../../src/contracts/agent-protocol.ts";
import { sleep } from "../../src/platform/sleep.ts";
import { connectAgent, type SocketAgent } from "../support/socket-agent.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";

const mebibyte = 1_048_576;
const limits = { personQueueBytesMax: 40 * mebibyte, bodyWindowMs: 1_000, queueLookMs: 20 };
let server: TestServer;
let database: pg.Client;

beforeAll(async () => {
  server = await startTestServer({ metricsPublic: true }, limits);
  database = new pg.Client(server.databaseUrl);
  await database.connect();
});
afterAll(async () => {
  await database.end();
  await server.stop();
});

async function metric(series: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const line = text.split("\n").find((one) => one.startsWith(`prewarm_${series} `));
  return Number(line?.split(" ")[1] ?? Number.NaN);
}

const unsent = (reader: string): Promise<number> => metric(`http_unsent_bytes{reader="${reader}"}`);

/** The most that was seen while `goes` goes on. */
async function mostUnsent(reader: string, goes: Promise<unknown>): Promise<number> {
  let most = 0;
  let isOver = false;
  void goes.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    most = Math.max(most, await unsent(reader));
    await sleep(10);
  }
  return most;
}

/** A command whose reader takes nothing once it has begun. */
async function deafCommand(workspaceId: string): Promise<WebSocket> {
  const socket = new WebSocket(`${server.url.replace("http", "ws")}${execPath(workspaceId)}`, {
    headers: { authorization: `Bearer ${server.admin.token}` },
  });
  onTestFinished(() => socket.terminate());
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("open", resolve));
  socket.send(JSON.stringify({ kind: "start", command: ["flood"], env: {}, agent: null }));
  return socket;
}

const piece = Buffer.alloc(49_152, "x").toString("base64");
const readers = 20;

/** Floods each command with output. @param isObedient whether it waits when it is told to. */
function flooding(isObedient: boolean) {
  const running = new Set<string>();
  const held = new Set<string>();
  const onFrame = (frame: ServerToAgent): void => {
    if (frame.kind === "exec_start") running.add(frame.execId);
    if (frame.kind === "exec_signal") running.delete(frame.execId);
    if (frame.kind === "exec_flow" && isObedient) held[frame.isHeld ? "add" : "delete"](frame.execId);
  };
  const flood = async (agent: SocketAgent, bytes: number): Promise<void> => {
    for (let sent = 0; sent < bytes && running.size > held.size; ) {
      for (const execId of running) {
        if (held.has(execId)) continue;
        agent.send({ kind: "exec_output", execId, stream: "stdout", data: piece });
        sent += piece.length;
      }
      // As fast as the server reads: what the test's own process queues is not the matter.
      while (agent.socket.bufferedAmount > 0) await sleep(1);
      await sleep(1);
    }
  };
  return { running, held, onFrame, flood };
}

test("twenty readers who take nothing hold their commands, and little of their output", async () => {
  const { running, held, onFrame, flood } = flooding(true);
  const agent = await connectAgent(server, onFrame);
  onTestFinished(() => agent.close());
  const sockets = await Promise.all(Array.from({ length: readers }, () => deafCommand(agent.workspaceId)));
  await waitUntil("all have begun", () => running.size === readers);
  for (const socket of sockets) socket.pause();
  const most = await mostUnsent("person", flood(agent, 600 * mebibyte));
  expect(held.size, "each command waits").toBe(readers);
  expect(most).toBeLessThan(readers * 2 * mebibyte);
  // Whoever reads on has it all, and his command goes on.
  sockets[0]?.resume();
  await waitUntil("one goes on", () => held.size === readers - 1);
  expect(sockets.every(({ readyState }) => readyState === WebSocket.OPEN)).toBe(true);
});

test("where the source does not obey, a person's budget ends the largest", async () => {
  const { running, onFrame, flood } = flooding(false);
  const agent = await connectAgent(server, onFrame);
  onTestFinished(() => agent.close());
  const sockets = await Promise.all(Array.from({ length: readers }, () => deafCommand(agent.workspaceId)));
  await waitUntil("all have begun", () => running.size === readers);
  for (const socket of sockets) socket.pause();
  const most = await mostUnsent("person", flood(agent, 400 * mebibyte));
  // The budget, and what comes between two looks.
  expect(most).toBeLessThan(3 * limits.personQueueBytesMax);
  await waitUntil("it is within the budget", async () => (await unsent("person")) <= limits.personQueueBytesMax);
  expect(await metric('http_connections_cut{reason="budget"}')).toBeGreaterThan(0);
});

test("an agent that was stopped is sent no more than its budget, and commands to it are refused", async () => {
  const agent = await connectAgent(server, () => undefined);
  onTestFinished(() => agent.close());
  const sockets = await Promise.all(Array.from({ length: 60 }, () => deafCommand(agent.workspaceId)));
  await sleep(100);
  agent.socket.pause();
  const frame = JSON.stringify({ kind: "input", data: Buffer.alloc(98_304).toString("base64"), end: false });
  const sending = (async () => {
    for (let round = 0; round < 40; round += 1) {
      for (const socket of sockets) if (socket.readyState === WebSocket.OPEN) socket.send(frame);
      await sleep(20);
    }
  })();
  expect(await mostUnsent("agent", sending)).toBeLessThan(16 * mebibyte);
  const late = await deafCommand(agent.workspaceId);
  const answer = await new Promise<string>((resolve) => late.once("message", (data: Buffer) => resolve(String(data))));
  expect(answer).toContain("agent_unavailable");
  // Replaced by a new connection, the old one and what was queued for it are gone at once.
  const token = "retired";
  await database.query("update agents set token_hash = sha256($1::bytea) where workspace_id = $2", [
    Buffer.from(token),
    agent.workspaceId,
  ]);
  const anew = new WebSocket(`${server.url.replace("http", "ws")}/api/v1/agent/connect`, {
    headers: { authorization: `Bearer ${token}` },
  });
  onTestFinished(() => anew.terminate());
  await waitUntil("the queue is gone", async () => (await unsent("agent")) === 0);
});

/** A request whose answer is not read. */
async function deafRequest(path: string): Promise<Socket> {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.pause();
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.admin.token}\r\n\r\n`);
  return socket;
}

async function jobWithLongLog(): Promise<string> {
  const { rows } = await database.query<{ id: string }>("select id from jobs order by created_at limit 1");
  const id = rows[0]?.id ?? "";
  await database.query(
    `insert into job_logs (job_id, at, level, stage, line)
     select $1, now(), 'info', 'import', repeat('x', 8000) || n from generate_series(1, 4000) n`,
    [id],
  );
  return id;
}

test("a long log is followed by who does not read without being queued, and an answer that is not taken ends", async () => {
  const jobId = await jobWithLongLog();
  const streams = await Promise.all(Array.from({ length: 20 }, () => deafRequest(`/api/v1/jobs/${jobId}/events`)));
  await waitUntil("they are served", async () => (await metric('http_open{kind="stream"}')) === 20);
  expect(await mostUnsent("person", sleep(1_500))).toBeLessThan(20 * 0.2 * mebibyte);
  // Who reads at last has all of it.
  let text = "";
  const [first] = streams;
  first?.on("data", (data) => {
    text = (text + String(data)).slice(-20_000);
  });
  first?.resume();
  await waitUntil("it has come to the end", () => text.includes("x4000"));
  for (const socket of streams) socket.destroy();

  await waitUntil("they are gone", async () => (await unsent("person")) === 0);
  // Each is longer than what the kernel takes of a connection that nobody reads.
  await database.query("update job_logs set line = repeat('y', 20000) where job_id = $1", [jobId]);
  await Promise.all(Array.from({ length: 3 }, () => deafRequest(`/api/v1/jobs/${jobId}/logs?limit=500`)));
  const cut = waitUntil("they are cut", async () => (await metric('http_connections_cut{reason="slow_answer"}')) === 3);
  expect(await mostUnsent("person", cut)).toBeGreaterThan(2 * mebibyte);
  await waitUntil("none waits any more", async () => (await unsent("person")) === 0);
});
