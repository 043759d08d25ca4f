// The live channel, on two servers with one database: what is poked, to whom, how often, and how it ends.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import pg from "pg";
import { WebSocket } from "ws";
import type { Client } from "../../src/client/client.ts";
import { liveMessagesPerSecondMax, livePokeIntervalMs, liveTopicsMax } from "../../src/contracts/limits.ts";
import { livePath } from "../../src/contracts/live-channel.ts";
import type { LiveFrame } from "../../src/contracts/live.ts";
import type { RunningServer } from "../../src/main/start-server.ts";
import { connectAgent, type SocketAgent } from "../support/socket-agent.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";

/** What is promised of a change, from its commit. */
const pokeMsMax = 500;
/** What is promised of a credential or role that changed. */
const rightsMsMax = 5_000;

let server: TestServer;
let another: RunningServer;
let agent: SocketAgent;
let ann: Client;
let database: pg.Client;

beforeAll(async () => {
  server = await startTestServer();
  another = await server.another();
  agent = await connectAgent(server, () => undefined);
  ann = await server.member("ann");
  database = new pg.Client(server.databaseUrl);
  await database.connect();
});

afterAll(async () => {
  await database.end();
  agent.close();
  await server.stop();
});

interface Live {
  readonly socket: WebSocket;
  readonly frames: LiveFrame[];
  readonly closed: Promise<number>;
  subscribe(...topics: string[]): void;
  pokes(topic: string): number;
  refusal(topic: string): string | undefined;
}

async function open(url: string, headers: Readonly<Record<string, string>>): Promise<Live> {
  const socket = new WebSocket(`${url.replace("http", "ws")}${livePath}`, { headers });
  const frames: LiveFrame[] = [];
  socket.on("message", (data: Buffer) => frames.push(JSON.parse(data.toString("utf8")) as LiveFrame));
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
    socket.once("unexpected-response", (_, response) => reject(new Error(`status ${response.statusCode}`)));
  });
  onTestFinished(() => socket.terminate());
  return {
    socket,
    frames,
    closed,
    subscribe: (...topics) => socket.send(JSON.stringify({ kind: "subscribe", topics })),
    pokes: (topic) => frames.filter((frame) => frame.kind === "poke" && frame.topic === topic).length,
    refusal: (topic) =>
      frames.flatMap((frame) => (frame.kind === "refused" && frame.topic === topic ? [frame.code] : []))[0],
  };
}

async function openAs({ token }: Client, url = server.url): Promise<Live> {
  return await open(url, { authorization: `Bearer ${token ?? ""}` });
}

/** Heard from now on: the first poke says so, and what others did before has been told. */
async function hearing(live: Live, ...topics: string[]): Promise<void> {
  live.subscribe(...topics);
  await waitUntil("all topics are heard", () => topics.every((topic) => live.pokes(topic) > 0));
}

async function pokedAfter(lives: readonly Live[], topic: string, act: () => Promise<unknown>): Promise<void> {
  const before = lives.map((live) => live.pokes(topic));
  await act();
  const begunMs = performance.now();
  await waitUntil(`a poke of ${topic}`, () => lives.every((live, nth) => live.pokes(topic) > (before[nth] ?? 0)));
  expect(performance.now() - begunMs).toBeLessThan(livePokeIntervalMs + pokeMsMax);
}

describe("a change is poked on both servers", () => {
  const workspaceTopics = (): string[] => [
    `workspace:${agent.workspaceId}`,
    "workspaces:me",
    "workspaces:default",
    "jobs:default",
  ];

  test("of a workspace, to those who look at it, at a list that has it, and at the jobs", async () => {
    const lives = await Promise.all([openAs(server.admin), openAs(server.admin, another.url)]);
    for (const live of lives) await hearing(live, ...workspaceTopics());
    const transition = "stop" as const;
    const stop = () =>
      server.admin.call("createBuild", { params: { workspace: agent.workspaceId }, body: { transition } });
    const [first = "", ...rest] = workspaceTopics();
    const before = rest.map((topic) => lives.map((live) => live.pokes(topic)));
    await pokedAfter(lives, first, stop);
    await waitUntil("the lists were poked", () =>
      rest.every((topic, nth) => lives.every((live, which) => live.pokes(topic) > (before[nth]?.[which] ?? 0))),
    );
  });

  test("of the pools and of the switches", async () => {
    const lives = await Promise.all([openAs(ann), openAs(ann, another.url)]);
    for (const live of lives) await hearing(live, "pools:default", "settings");
    await pokedAfter(lives, "pools:default", () => server.admin.call("pausePrebuilds", {}));
    await waitUntil("the settings were poked", () => lives.every((live) => live.pokes("settings") > 1));
    await server.admin.call("resumePrebuilds", {});
  });

  test("of the templates", async () => {
    const lives = await Promise.all([openAs(ann), openAs(ann, another.url)]);
    for (const live of lives) await hearing(live, "templates:default");
    await pokedAfter(lives, "templates:default", () =>
      server.admin.call("deprecateTemplate", {
        params: { template: "starter" },
        body: { deprecated: true, message: "old" },
      }),
    );
    await server.admin.call("deprecateTemplate", {
      params: { template: "starter" },
      body: { deprecated: false },
    });
  });
});

test("somebody else's workspace does not poke one's own list", async () => {
  const [hers, his] = await Promise.all([openAs(ann), openAs(server.admin)]);
  await Promise.all([hearing(hers, "workspaces:me"), hearing(his, "workspaces:me")]);
  const body = { ttlMs: 3_600_000 };
  await pokedAfter([his], "workspaces:me", () =>
    server.admin.call("setWorkspaceSchedule", { params: { workspace: agent.workspaceId }, body }),
  );
  expect(hers.pokes("workspaces:me")).toBe(1);
});

describe("a topic is refused", () => {
  const nothing = "00000000-0000-4000-8000-00000000ffff";
  test.each([
    { topic: "workspaces:default", code: "forbidden" },
    { topic: "daemons", code: "forbidden" },
    { topic: "pools:elsewhere", code: "not_found" },
    { topic: "jobs:elsewhere", code: "not_found" },
    { topic: "templates:elsewhere", code: "not_found" },
    { topic: `job:${nothing}`, code: "not_found" },
    { topic: `pool:${nothing}`, code: "not_found" },
    { topic: `workspace:${nothing}`, code: "not_found" },
    { topic: "weather", code: "invalid_request" },
    { topic: "workspace:'; drop table workspaces", code: "invalid_request" },
  ])("to a member: $topic, with $code", async ({ topic, code }) => {
    const live = await openAs(ann);
    live.subscribe(topic, "inbox");
    await waitUntil("the other one is heard", () => live.pokes("inbox") > 0);
    expect(live.refusal(topic)).toBe(code);
    expect(live.pokes(topic)).toBe(0);
  });

  test("when it is another person's workspace", async () => {
    const live = await openAs(ann);
    const topic = `workspace:${agent.workspaceId}`;
    live.subscribe(topic);
    expect(await waitUntil("a refusal", () => live.refusal(topic))).toBe("not_found");
  });
});

test("the topics of a message are all that is heard from then on", async () => {
  const live = await openAs(server.admin);
  await hearing(live, "settings", "inbox");
  await hearing(live, "inbox", "pools:default");
  const heard = live.pokes("settings");
  await pokedAfter([live], "pools:default", () => server.admin.call("pausePrebuilds", {}));
  await server.admin.call("resumePrebuilds", {});
  expect(live.pokes("settings")).toBe(heard);
});

describe("what somebody may do changes", () => {
  test("a role that is taken away ends its topics, and leaves the others", async () => {
    const boris = await server.member("boris");
    const set = (role: "administrator" | "member") =>
      server.admin.call("setRole", { params: { username: "boris" }, body: { role } });
    await set("administrator");
    const lives = await Promise.all([openAs(boris), openAs(boris, another.url)]);
    for (const live of lives) await hearing(live, "workspaces:default", "inbox");
    await set("member");
    const begunMs = performance.now();
    await waitUntil("a refusal", () => lives.every((live) => live.refusal("workspaces:default") === "forbidden"));
    expect(performance.now() - begunMs).toBeLessThan(rightsMsMax);
    expect(lives.map((live) => live.socket.readyState)).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
  });

  test("also where no news tell of it", async () => {
    const clara = await server.member("clara");
    await server.admin.call("setRole", { params: { username: "clara" }, body: { role: "administrator" } });
    const live = await openAs(clara);
    await hearing(live, "daemons");
    await database.query("update users set role = 'member' where username = 'clara'");
    await waitUntil("a refusal", () => live.refusal("daemons") === "forbidden", rightsMsMax);
  });

  test("a suspension ends the channel on both servers, and says that coming back is no use", async () => {
    const dora = await server.member("dora");
    const lives = await Promise.all([openAs(dora), openAs(dora, another.url)]);
    const begunMs = performance.now();
    await server.admin.call("suspendUser", { params: { username: "dora" }, body: { reason: "leave" } });
    expect(await Promise.all(lives.map(({ closed }) => closed))).toEqual([4001, 4001]);
    expect(performance.now() - begunMs).toBeLessThan(rightsMsMax);
  });
});

describe("an upgrade is refused", () => {
  test("without a credential", async () => {
    await expect(open(server.url, {})).rejects.toThrow("status 401");
  });

  test("from another page with the session's cookie, and not from our own", async () => {
    const cookie = `prewarm_session=${ann.token ?? ""}`;
    await expect(open(server.url, { cookie, origin: "http://evil.example" })).rejects.toThrow("status 403");
    const live = await open(server.url, { cookie, origin: server.url });
    await hearing(live, "inbox");
  });
});

describe("a channel is closed for its client's fault", () => {
  test.each([
    { what: "what is no JSON", send: "hello" },
    { what: "another message than a subscription", send: JSON.stringify({ kind: "poke", topic: "inbox" }) },
    {
      what: "too many topics",
      send: JSON.stringify({
        kind: "subscribe",
        topics: Array.from({ length: liveTopicsMax + 1 }, (_, n) => `pools:o${n}`),
      }),
    },
    { what: "a message that is too long", send: " ".repeat(9_000) },
  ])("$what", async ({ send }) => {
    const live = await openAs(ann);
    live.socket.send(send);
    expect(await live.closed).toBe(1008);
  });

  test("too many messages in a second", async () => {
    const live = await openAs(ann);
    for (let sent = 0; sent <= liveMessagesPerSecondMax; sent += 1) live.subscribe("inbox");
    expect(await live.closed).toBe(1008);
  });
});

test("many changes at once are few pokes, and the last is not lost", async () => {
  const live = await openAs(server.admin);
  const topic = `workspace:${agent.workspaceId}`;
  await hearing(live, topic);
  const begunMs = performance.now();
  const changes = 40;
  for (let nth = 1; nth <= changes; nth += 1) {
    const body = { ttlMs: 3_600_000 + nth * 1_000 };
    await server.admin.call("setWorkspaceSchedule", { params: { workspace: agent.workspaceId }, body });
  }
  const pokes = live.pokes(topic);
  const tookMs = performance.now() - begunMs;
  expect(pokes).toBeLessThanOrEqual(2 + Math.ceil(tookMs / livePokeIntervalMs));
  await waitUntil("one more", () => live.pokes(topic) > pokes);
});

test("after the line for news was cut, everything is poked", async () => {
  const lives = await Promise.all([openAs(ann), openAs(ann, another.url)]);
  for (const live of lives) await hearing(live, "inbox", "workspaces:me", "pools:default");
  await database.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'prewarm-bus'");
  await waitUntil("all topics were poked again", () =>
    lives.every((live) => ["inbox", "workspaces:me", "pools:default"].every((topic) => live.pokes(topic) > 1)),
  );
});
