// What a session, a token or a key holds open ends with it, on whichever server it is.
import { PassThrough, type Writable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import pg from "pg";
import { runExecSession } from "../../src/cli/exec/exec-session.ts";
import { Client } from "../../src/client/client.ts";
import { execPath } from "../../src/contracts/agent-protocol.ts";
import { CodedError } from "../../src/contracts/errors.ts";
import type { RunningServer } from "../../src/main/start-server.ts";
import { connectAgent, type SocketAgent } from "../support/socket-agent.ts";
import { administratorPassword, startTestServer, type TestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";

/** What is promised. */
const endMsMax = 5_000;

let server: TestServer;
let another: RunningServer;
let other: string;
let database: pg.Client;
let people = 0;

beforeAll(async () => {
  server = await startTestServer();
  another = await server.another();
  other = another.url;
  database = new pg.Client(server.databaseUrl);
  await database.connect();
});

afterAll(async () => {
  await database.end();
  await server.stop();
});

interface Open {
  /** Resolves with the code with which it ended. */
  readonly ended: Promise<string>;
}

/** An event stream at a server, which has told something. */
async function openStream(url: string, token: string | undefined): Promise<Open> {
  const stream = new Client({ url, token }).watch("watchNotifications", {});
  expect((await stream.next()).value).toMatchObject({ event: "inbox" });
  const ended = (async () => {
    for (;;) {
      const { value, done } = await stream.next();
      if (done === true) return "closed";
      if (value.event === "error") return (value.data as { error: { code: string } }).error.code;
    }
  })();
  return { ended: ended.catch((error: unknown) => (error instanceof CodedError ? error.code : String(error))) };
}

interface Person {
  readonly name: string;
  readonly password: string;
  readonly client: Client;
  /** One on each server. */
  readonly streams: readonly Open[];
}

async function personWithStreams(): Promise<Person> {
  people += 1;
  const name = `person${people}`;
  const client = await server.member(name);
  const streams = await Promise.all([server.url, other].map((url) => openStream(url, client.token)));
  return { name, password: `password of ${name}`, client, streams };
}

async function signInAgain({ name, password }: Person): Promise<Client> {
  const { secret } = await server.client().call("login", { body: { username: name, password } });
  return server.client(secret);
}

async function expectEnded(streams: readonly Open[]): Promise<void> {
  const begunMs = performance.now();
  expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual(streams.map(() => "unauthenticated"));
  expect(performance.now() - begunMs).toBeLessThan(endMsMax);
}

const waysToEnd: Readonly<Record<string, (person: Person) => Promise<unknown>>> = {
  "a sign-out": ({ client }) => client.call("logout", {}),
  "the end of all his sessions": async (person) => (await signInAgain(person)).call("logoutAll", { body: {} }),
  "an administrator's end of his sessions": ({ name }) =>
    server.admin.call("endUserSessions", { params: { username: name }, body: {} }),
  "the revocation of the session": async ({ client }) => {
    const { tokens } = await client.call("listTokens", { query: {} });
    await server.admin.call("revokeToken", { params: { tokenId: tokens[0]?.id ?? "" } });
  },
  "a change of his password elsewhere": async (person) =>
    (await signInAgain(person)).call("changePassword", {
      body: { current: person.password, password: "new password" },
    }),
  "a reset of his password": ({ name }) =>
    server.admin.call("resetPassword", { params: { username: name }, body: { password: "new password" } }),
  "his suspension": ({ name }) =>
    server.admin.call("suspendUser", { params: { username: name }, body: { reason: "leave" } }),
  "his deletion": ({ name }) => server.admin.call("deleteUser", { params: { username: name } }),
  "a revocation of which no news came": ({ name }) =>
    database.query("update tokens set revoked_at = now() where user_id = (select id from users where username = $1)", [
      name,
    ]),
};

describe("a person's event streams end on every server within five seconds of", () => {
  test.each(Object.entries(waysToEnd))("%s", async (_, end) => {
    const person = await personWithStreams();
    await end(person);
    await expectEnded(person.streams);
    await expect(person.client.call("whoAmI", {})).rejects.toThrow(CodedError);
  });
});

function exec(url: string, agent: SocketAgent, token: string): { begun: Promise<unknown>; ended: Promise<unknown> } {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough() as Writable];
  const ended = runExecSession({
    url: `${url.replace("http", "ws")}${execPath(agent.workspaceId)}`,
    token,
    command: ["cat"],
    env: {},
    agent: null,
    world: { stdin, stdout, stderr, onSignal: () => () => undefined },
  });
  const begun = new Promise((resolve) => stdout.once("data", resolve));
  stdin.write("hello");
  return { begun, ended: ended.catch((error: CodedError) => error.code) };
}

test("commands end with the session that they were started by, through the agent's server and through another", async () => {
  const agent = await connectAgent(server, (frame, { send }) => {
    if (frame.kind === "exec_input" && frame.data !== "")
      send({ kind: "exec_output", execId: frame.execId, stream: "stdout", data: frame.data });
  });
  const credentials = { username: "admin", password: administratorPassword };
  const { secret } = await server.client().call("login", { body: credentials });
  const commands = [server.url, other].map((url) => exec(url, agent, secret));
  await Promise.all(commands.map(({ begun }) => begun));
  await server.client(secret).call("logout", {});
  await expectEnded(commands as Open[]);
  agent.close();
});

test("a daemon's wait for a job ends with its key, and gets none", async () => {
  const { key, secret } = await server.admin.call("createDaemonKey", { body: { name: "host" } });
  const daemon = new Client({ url: other, token: secret });
  const incarnation = "11111111-1111-4111-8111-111111111111";
  const { daemonId } = await daemon.call("registerDaemon", {
    body: { name: "host", version: "0", incarnation, drivers: ["fake"], tags: {}, concurrency: 1 },
  });
  const lease = daemon.call("leaseJob", { body: { daemonId, incarnation, waitMs: 30_000 } });
  // Held there and by nothing else: every stream of the tests before has ended.
  const revocation = another.controllers.find(({ name }) => name === "revocation");
  await waitUntil("the wait is held open", () => revocation?.status().report?.["held"] === 1);
  const begunMs = performance.now();
  await server.admin.call("revokeDaemonKey", { params: { keyId: key.id } });
  expect(await lease).toEqual({ job: null });
  expect(performance.now() - begunMs).toBeLessThan(endMsMax);
});
