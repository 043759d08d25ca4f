// What agents find by the scripts of their metadata, on two servers with one database: who sees it, when, and how it ends.
import pg from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { Client } from "../../src/client/client.ts";
import { LiveClient } from "../../src/client/live.ts";
import { agentConnectPath } from "../../src/contracts/agent-protocol.ts";
import type { AgentMetadataValue } from "../../src/contracts/agent-metadata.ts";
import type { RunningServer } from "../../src/main/start-server.ts";
import { connectAgent, type SocketAgent } from "../support/socket-agent.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";

let server: TestServer;
let another: RunningServer;

beforeAll(async () => {
  server = await startTestServer();
  another = await server.another();
});
afterAll(() => server.stop());

function value(key: string, text: string, said: Partial<AgentMetadataValue> = {}): AgentMetadataValue {
  const collectedAt = "2001-01-01T00:00:00.000Z";
  return { key, name: key.toUpperCase(), value: text, error: "", collectedAt, intervalMs: 1_000, order: 0, ...said };
}

const goneServer = "00000000-0000-4000-8000-00000000dead";
const toldAt = "2001-01-01T00:00:02.000Z";

function tell({ socket }: Pick<SocketAgent, "socket">, ...values: AgentMetadataValue[]): void {
  socket.send(JSON.stringify({ kind: "metadata", at: toldAt, values }));
}

async function agentAt(url = server.url): Promise<SocketAgent> {
  const agent = await connectAgent({ ...server, url }, () => undefined);
  onTestFinished(() => agent.close());
  return agent;
}

/** The same agent over another connection. */
async function again({ token }: SocketAgent, url: string): Promise<{ readonly socket: WebSocket }> {
  const socket = new WebSocket(`${url.replace("http", "ws")}${agentConnectPath}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  onTestFinished(() => socket.terminate());
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return { socket };
}

const at = (url: string, { token } = server.admin): Client => new Client({ url, token });

async function shown({ workspaceId: workspace }: SocketAgent, client = server.admin) {
  return await client.call("getAgentMetadata", { params: { workspace, agent: "main" } });
}

/** As `KEY=VALUE …`, or the state while nothing is known. */
async function words(agent: SocketAgent, client?: Client): Promise<string> {
  try {
    const { state, items } = await shown(agent, client);
    return state === "known" ? items.map(({ key, value: text }) => `${key}=${text}`).join(" ") : state;
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}

async function untilShown(agent: SocketAgent, expected: string, client?: Client): Promise<void> {
  await waitUntil(`metadata is ${expected}`, async () => (await words(agent, client)) === expected);
}

function live(url: string, ...topics: string[]) {
  const pokes: { readonly topic: string; readonly atMs: number }[] = [];
  const headers = { authorization: `Bearer ${server.admin.token ?? ""}` };
  const client = new LiveClient({
    connect: (address) => new WebSocket(address, { headers }) as never,
    url,
    onPoke: (topic) => pokes.push({ topic, atMs: performance.now() }),
    onRefused: (topic, code) => pokes.push({ topic: `${topic} ${code}`, atMs: 0 }),
  });
  client.setTopics(topics);
  onTestFinished(() => client.close());
  return pokes;
}

test("both servers show what an agent told last, in its order and with its age by the server's clock", async () => {
  const agent = await agentAt();
  await untilShown(agent, "untold");
  tell(agent, value("b", "2"), value("a", "1"), value("z", "0", { order: -1, error: "it exited with 3" }));
  for (const url of [server.url, another.url]) {
    await untilShown(agent, "z=0 a=1 b=2", at(url));
    const { items } = await shown(agent, at(url));
    expect(items.map(({ name, error, isStale }) => [name, error, isStale])).toEqual([
      ["Z", "it exited with 3", false],
      ["A", "", false],
      ["B", "", false],
    ]);
    const agoMs = server.server.context.clock.now().getTime() - Date.parse(items[0]?.collectedAt ?? "");
    expect(agoMs).toBeGreaterThanOrEqual(2_000);
    expect(agoMs).toBeLessThan(60_000);
  }
});

test("whoever may not see the workspace may not see its metadata, on neither server", async () => {
  const agent = await agentAt();
  tell(agent, value("a", "1"));
  await untilShown(agent, "a=1");
  const stranger = await server.member("stranger");
  expect(await words(agent, stranger)).toBe("not_found");
  expect(await words(agent, at(another.url, stranger))).toBe("not_found");
  expect(await words(agent, new Client({ url: server.url, token: undefined }))).toBe("unauthenticated");
  const { workspaceId: workspace } = agent;
  const other = server.admin.call("getAgentMetadata", { params: { workspace, agent: "other" } });
  await expect(other).rejects.toMatchObject({ code: "not_found", next: "Its agents are: main." });
});

test("who watches on another server is told of each change that he has read before, and of none that nobody reads", async () => {
  const agent = await agentAt();
  const topic = `metadata:${agent.workspaceId}`;
  const pokes = live(another.url, topic);
  await waitUntil("the topic is heard", () => pokes.length > 0);
  const reader = at(another.url);
  const changed = async (text: string): Promise<void> => {
    const before = pokes.length;
    tell(agent, value("a", text));
    await waitUntil(`a poke of ${text}`, () => pokes.length > before);
    await untilShown(agent, `a=${text}`, reader);
  };
  for (const text of ["1", "2", "3"]) await changed(text);
  const gaps = pokes.slice(1).map(({ atMs }, nth) => atMs - (pokes[nth]?.atMs ?? 0));
  // Timers may fire a little early.
  expect(Math.min(...gaps)).toBeGreaterThan(950);
  expect(new Set(pokes.map((poke) => poke.topic))).toEqual(new Set([topic]));
});

test("nobody hears of the metadata of a workspace that he may not see", async () => {
  const topic = "metadata:00000000-0000-4000-8000-000000000000";
  const pokes = live(server.url, topic);
  await waitUntil("a refusal", () => pokes.length > 0);
  expect(pokes.map((poke) => poke.topic)).toEqual([`${topic} not_found`]);
});

test("the values end when the agent goes, and both servers say that it is not connected", async () => {
  const agent = await agentAt();
  tell(agent, value("a", "1"));
  await untilShown(agent, "a=1", at(another.url));
  agent.close();
  for (const url of [server.url, another.url]) await untilShown(agent, "not_connected", at(url));
  await again(agent, server.url);
  for (const url of [server.url, another.url]) await untilShown(agent, "untold", at(url));
});

test("an agent that comes back to another server is read there, with nothing of what it told before", async () => {
  const agent = await agentAt();
  tell(agent, value("a", "1"));
  await untilShown(agent, "a=1");
  const moved = await again(agent, another.url);
  for (const url of [server.url, another.url]) await untilShown(agent, "untold", at(url));
  tell(moved, value("b", "2"));
  for (const url of [server.url, another.url]) await untilShown(agent, "b=2", at(url));
});

test("of two connections to one server the newer counts, and the end of the older takes nothing away", async () => {
  const agent = await agentAt();
  tell(agent, value("a", "1"));
  await untilShown(agent, "a=1");
  const newer = await again(agent, server.url);
  tell(newer, value("a", "2"));
  await waitUntil("the older has ended", () => agent.socket.readyState === WebSocket.CLOSED);
  await untilShown(agent, "a=2");
});

test("a server that is gone is said to be, and what its agent found is there when it has come to another", async () => {
  const agent = await agentAt();
  tell(agent, value("a", "1"));
  await untilShown(agent, "a=1");
  agent.close();
  await untilShown(agent, "not_connected");
  const database = new pg.Client(server.databaseUrl);
  await database.connect();
  try {
    // As the database has it until the others find out: connected to one that does not answer any more.
    await database.query(`insert into servers (id, url, started_at, seen_at, version)
      values ('${goneServer}', 'http://127.0.0.1:1', now(), now(), '1.0.0')`);
    await database.query(`update agents set server_id = '${goneServer}' where workspace_id = '${agent.workspaceId}'`);
    expect(await words(agent)).toBe("agent_unavailable");
    tell(await again(agent, another.url), value("a", "2"));
    await untilShown(agent, "a=2");
  } finally {
    await database.query(`delete from servers where id = '${goneServer}'`);
    await database.end();
  }
});

test.each<readonly [string, unknown]>([
  ["has too many items", Array.from({ length: 65 }, (_, nth) => value(`k${nth}`, "v"))],
  ["has a value that is too long", [value("a", "x".repeat(2_049))]],
  ["has a key that is none", [value("", "v")]],
  ["has a value that is no text", [{ ...value("a", "v"), value: 7 }]],
  ["has no list", { a: "v" }],
  ["has an order that is no number", [{ ...value("a", "v"), order: "first" }]],
])("a frame that %s ends its connection, and nothing else", async (_, values) => {
  const [bad, good] = [await agentAt(), await agentAt()];
  tell(good, value("a", "1"));
  await untilShown(good, "a=1");
  tell(bad, value("a", "before"));
  await untilShown(bad, "a=before");
  const closed = new Promise<number>((resolve) => bad.socket.once("close", resolve));
  bad.socket.send(JSON.stringify({ kind: "metadata", at: toldAt, values }));
  expect(await closed).toBe(1_008);
  await untilShown(bad, "not_connected");
  expect(await words(good)).toBe("a=1");
  tell(await again(bad, server.url), value("a", "after"));
  await untilShown(bad, "a=after");
});
