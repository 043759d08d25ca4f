import { randomUUID } from "node:crypto";
import pg from "pg";
import { WebSocket } from "ws";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RouteDefinition } from "../../src/contracts/api/route.ts";
import { routes } from "../../src/contracts/api/routes.ts";
import { execPath } from "../../src/contracts/agent-protocol.ts";
import { connectAgent, type SocketAgent } from "../support/socket-agent.ts";
import { tarArchive } from "../support/tar-archive.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";

let server: TestServer;
let agent: SocketAgent;

beforeAll(async () => {
  server = await startTestServer();
  agent = await connectAgent(server, () => undefined);
});

afterAll(async () => {
  agent.close();
  await server.stop();
});

interface Call {
  readonly method?: string;
  readonly body?: string;
  readonly token?: string | undefined;
}

async function call(path: string, { method = "GET", body, token = server.admin.token }: Call = {}) {
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token ?? ""}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    body: body ?? null,
  });
  return {
    status: answer.status,
    answer: (await answer.json()) as { readonly error?: { readonly code: string; readonly message: string } },
  };
}

const ofPeople = Object.entries(routes as Readonly<Record<string, RouteDefinition>>).filter(
  ([, { credential }]) => credential === "user",
);
const unstorable = [
  ["U+0000", "\\u0000", "%00"],
  ["half a surrogate pair", "\\ud83d", "%ed%a0%bd"],
] as const;

describe.each(unstorable)("%s is refused as a request that is not valid", (_, escaped, encoded) => {
  test.each(ofPeople.filter(([, { path }]) => path.includes(":")))("in the path of %s", async (_id, route) => {
    const path = route.path.replaceAll(/:\w+/g, `a${encoded}`);
    const body = route.body === undefined ? {} : { body: "{}" };
    const { status, answer } = await call(path, { method: route.method, ...body });
    expect([status, answer.error?.code]).toEqual([400, "invalid_request"]);
  });

  test.each([
    ["a parameter", "POST /api/v1/workspaces", { name: "n", template: "starter", parameters: { v: "a@" } }],
    ["a parameter's name", "POST /api/v1/workspaces", { name: "n", template: "starter", parameters: { "v@": "a" } }],
    ["a template's name", "POST /api/v1/workspaces", { name: "n", template: "starter@" }],
    ["an autostart", "PUT /api/v1/workspaces/mine/schedule", { autostartSchedule: "0 9 * * 1@" }],
    ["a display name", "POST /api/v1/groups", { name: "g", displayName: "G@" }],
    ["a user's password", "POST /api/v1/users", { username: "u", password: "long enough 1@" }],
    ["a token's name", "POST /api/v1/tokens", { name: "t@" }],
    ["a daemon key's name", "POST /api/v1/daemon-keys", { name: "k@" }],
    ["a message", "POST /api/v1/templates/starter/deprecate", { message: "d@" }],
    ["a sign-in", "POST /api/v1/auth/login", { username: "admin@", password: "x" }],
  ])("in %s", async (_what, route, body) => {
    const [method = "", path = ""] = route.split(" ");
    const { status, answer } = await call(path, { method, body: JSON.stringify(body).replaceAll("@", escaped) });
    expect([status, answer.error?.code]).toEqual([400, "invalid_request"]);
  });
});

test.each([
  "/api/v1/workspaces?owner=%00",
  "/api/v1/jobs?tag=a%3D%00",
  "/api/v1/audit?actor=%00",
  "/api/v1/quota?user=%00",
  "/api/v1/workspaces?organization=%00",
])("U+0000 in the query of %s is refused, and named", async (path) => {
  const { status, answer } = await call(path);
  expect(status).toBe(400);
  expect(answer.error?.message).toContain("U+0000");
});

describe("a number that no column holds is refused", () => {
  test.each([
    `/api/v1/workspaces/mine/builds/2147483648`,
    `/api/v1/workspaces/mine/states/9223372036854775808`,
    `/api/v1/workspaces/mine/logs?after=1e300`,
  ])("%s", async (path) => {
    const { status, answer } = await call(path);
    expect([status, answer.error?.code]).toEqual([400, "invalid_request"]);
  });

  test("a number beyond all numbers", async () => {
    const body = '{"name":"n","template":"starter","waitMs":1e400}';
    expect((await call("/api/v1/workspaces", { method: "POST", body })).status).toBe(400);
  });
});

test("an instant that there is not is refused as a filter", async () => {
  for (const instant of ["infinity", "10000-01-01T00:00:00Z", "2024-13-45T99:99:99Z"]) {
    expect((await call(`/api/v1/audit?since=${instant}`)).status).toBe(400);
  }
});

const logsPath = () => `/api/v1/workspaces/${agent.workspaceId}/logs`;
const isIso = /^\d{4}-\d{2}-\d{2}T/;

async function lines(): Promise<readonly { readonly at: string; readonly line: string }[]> {
  const answer = await fetch(`${server.url}${logsPath()}`, {
    headers: { authorization: `Bearer ${server.admin.token}` },
  });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { readonly entries: { readonly at: string; readonly line: string }[] }).entries;
}

describe("what an agent says", () => {
  test("with an impossible instant is stored with the present one, and all of its log stays readable", async () => {
    const impossible = [
      "infinity",
      "-infinity",
      "+275760-09-13T00:00:00.001Z",
      "10000-01-01T00:00:00Z",
      "yesterday",
      "",
    ];
    agent.send({
      kind: "logs",
      lines: impossible.map((at) => ({ at, level: "info", source: "agent", line: `at ${at}` })),
    });
    await waitUntil("the lines are stored", async () => (await lines()).length >= impossible.length);
    for (const { at } of await lines()) expect(at).toMatch(isIso);
  });

  test("with characters that cannot be stored is kept with what stands for them", async () => {
    agent.send({ kind: "logs", lines: [{ at: "", level: "info", source: "a\0", line: "cut \ud83d" }] });
    agent.send({ kind: "state", state: "ready", detail: "half \ud83d", version: "1\0" });
    await waitUntil("the line is stored", async () => (await lines()).some(({ line }) => line === "cut \uFFFD"));
    expect(agent.socket.readyState).toBe(WebSocket.OPEN);
  });

  test("was stored with an impossible instant by another release, and is read all the same", async () => {
    const client = new pg.Client({ connectionString: server.databaseUrl });
    await client.connect();
    for (const at of ["infinity", "-infinity", "294276-01-01"]) {
      await client.query(
        "insert into agent_logs (agent_id, at, level, source, line) select id, $1, 'info', 'agent', 'old' from agents limit 1",
        [at],
      );
    }
    await client.end();
    const old = (await lines()).filter(({ line }) => line === "old");
    expect(old.map(({ at }) => at)).toEqual([expect.any(String), expect.any(String), expect.any(String)]);
  });
});

test("a job ends, and its log is kept, whatever characters and instants its daemon sends", async () => {
  const archive = tarArchive([{ path: "template.yaml", content: "driver: fake\n" }]);
  await server.admin.call("pushTemplate", { params: { template: "fragile" }, bytes: new Uint8Array(archive) });
  const key = await server.admin.call("createDaemonKey", { body: { name: "rack" } });
  const client = server.client(key.secret);
  const incarnation = randomUUID();
  const about = {
    name: "rack",
    incarnation,
    drivers: ["fake"],
    tags: { "a\0": "\ud83d" },
    concurrency: 1,
    version: "1",
  };
  const { daemonId } = await client.call("registerDaemon", { body: about });
  const { job } = await client.call("leaseJob", { body: { daemonId, incarnation, waitMs: 0 } });
  if (job === null) throw new Error("there is no job");
  const params = { jobId: job.jobId };
  const line = { at: "infinity", level: "info", stage: "im\0port", line: "cut \ud83d\0" } as const;
  await client.call("appendJobLogs", { params, body: { attempt: job.attempt, lines: [line] } });
  const error = { code: "build_failed", message: "cut \ud83d", next: "\0" };
  await client.call("completeJob", { params, body: { attempt: job.attempt, outcome: { kind: "failed", error } } });
  const { entries } = await server.admin.call("getJobLogs", { params, query: {} });
  expect(entries.map((entry) => entry.line)).toContain("cut \uFFFD\uFFFD");
  expect((await server.admin.call("getJob", { params })).status).toBe("failed");
});

test("a command with U+0000 is refused with a code, and no server fails", async () => {
  const socket = new WebSocket(`${server.url.replace("http", "ws")}${execPath(agent.workspaceId)}`, {
    headers: { authorization: `Bearer ${server.admin.token}` },
  });
  const said = await new Promise<string>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", (data: Buffer) => resolve(data.toString()));
    socket.on("open", () => socket.send(JSON.stringify({ kind: "start", command: ["a\0b"], env: {}, agent: null })));
  });
  expect(JSON.parse(said)).toMatchObject({ kind: "exit", errorCode: "invalid_request" });
});

test("the path of a socket is looked at as well", async () => {
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/api/v1/workspaces/%00/exec`, {
    headers: { authorization: `Bearer ${server.admin.token}` },
  });
  const status = await new Promise<number>((resolve) => {
    socket.on("unexpected-response", (_, answer) => resolve(answer.statusCode ?? 0));
    socket.on("error", () => undefined);
  });
  expect(status).toBe(400);
});

test("nothing of all that is a fault in the server's log", () => {
  expect(server.logger.entries.filter(({ level }) => level === "error")).toEqual([]);
});
