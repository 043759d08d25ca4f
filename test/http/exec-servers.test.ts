// Commands over the wire: through the server that holds the agent, and through another one.
import { connect, createServer, type Socket } from "node:net";
import { PassThrough, type Writable } from "node:stream";
import { Client } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { runExecSession } from "../../src/cli/exec/exec-session.ts";
import { execPath, type ServerToAgent } from "../../src/contracts/agent-protocol.ts";
import type { CodedError } from "../../src/contracts/errors.ts";
import { tunnelPath } from "../../src/contracts/tunnel.ts";
import { openRelayedExec } from "../../src/http/exec-relay.ts";
import { httpLimits } from "../../src/http/http-limits.ts";
import { socketUrl } from "../../src/http/relay-credential.ts";
import { connectAgent, type SocketAgent } from "../support/socket-agent.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

/** Echoes its input, and exits with 7 at its end. */
function echo(frame: ServerToAgent, agent: SocketAgent): void {
  if (frame.kind === "exec_input" && frame.data !== "") {
    agent.send({ kind: "exec_output", execId: frame.execId, stream: "stdout", data: frame.data });
  }
  if (frame.kind === "exec_input" && frame.end) {
    agent.send({ kind: "exec_exit", execId: frame.execId, exitCode: 7, error: null });
  }
}

interface Session {
  readonly stdin: PassThrough;
  readonly stdout: PassThrough;
  readonly ended: Promise<number>;
}

function exec(url: string, workspaceId: string, token: string | undefined): Session {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough() as Writable];
  const ended = runExecSession({
    url: `${url.replace("http", "ws")}${execPath(workspaceId)}`,
    token: token ?? "",
    command: ["echo"],
    env: {},
    agent: null,
    world: { stdin, stdout, stderr, onSignal: () => () => undefined },
  });
  return { stdin, stdout, ended };
}

async function textOf(stream: PassThrough): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}

async function withAgent(onFrame = echo): Promise<{ server: TestServer; agent: SocketAgent }> {
  const server = await startTestServer();
  const agent = await connectAgent(server, onFrame);
  onTestFinished(async () => {
    agent.close();
    await server.stop();
  });
  return { server, agent };
}

test.each([
  "the agent's own",
  "another",
])("a command through %s server has its input, its output and its exit code", async (which) => {
  const { server, agent } = await withAgent();
  const url = which === "another" ? (await server.another()).url : server.url;
  const session = exec(url, agent.workspaceId, server.admin.token);
  const pieces = Array.from({ length: 64 }, (_, nth) => `${nth} ${"x".repeat(30_000)}\n`);
  // At once with the start: nothing of it is lost while the command's side is looked for.
  for (const piece of pieces) session.stdin.write(piece);
  session.stdin.end();
  const text = textOf(session.stdout);
  expect(await session.ended).toBe(7);
  session.stdout.end();
  expect(await text).toBe(pieces.join(""));
});

test("when the server stops, sessions through it and behind it end with a code that says to try again", async () => {
  const { server, agent } = await withAgent();
  const other = await server.another();
  const sessions = [server.url, other.url].map((url) => exec(url, agent.workspaceId, server.admin.token));
  const codes = sessions.map(({ ended }) => ended.catch((error: CodedError) => error.code));
  await Promise.all(
    sessions.map(async ({ stdin, stdout }, nth) => {
      stdin.write("hello");
      await Promise.race([new Promise((resolve) => stdout.once("data", resolve)), codes[nth]]);
    }),
  );
  await server.stop();
  expect(await codes[0]).toBe("server_stopping");
  // What the other server tells is what it knows first: that it stops, or that the agent's server did.
  expect(["server_stopping", "agent_unavailable"]).toContain(await codes[1]);
});

test("a session's cookie opens a command only from the server's own pages, through any server", async () => {
  const { server, agent } = await withAgent();
  const other = await server.another();
  const open = async (url: string, origin: string | undefined): Promise<number> => {
    const headers = { cookie: `prewarm_session=${server.admin.token}` };
    const address = `${url.replace("http", "ws")}${execPath(agent.workspaceId)}`;
    const socket = new WebSocket(address, { headers, ...(origin === undefined ? {} : { origin }) });
    return await new Promise((resolve, reject) => {
      socket.on("unexpected-response", (_, answer) => resolve(answer.statusCode ?? 0));
      socket.on("open", () => {
        socket.send(JSON.stringify({ kind: "start", command: ["echo"], env: {}, agent: null }));
        socket.send(JSON.stringify({ kind: "input", data: "", end: true }));
      });
      socket.on("message", (data) => resolve(JSON.parse(String(data)).exitCode));
      socket.on("error", reject);
    });
  };
  for (const url of [server.url, other.url]) {
    expect(await open(url, "http://elsewhere.example")).toBe(403);
    expect(await open(url, undefined)).toBe(403);
    expect(await open(url, url)).toBe(7);
  }
});

/** Passes bytes on to a server, and knows what was said to it. */
async function listened(url: string): Promise<{ readonly url: string; readonly heard: () => string }> {
  let heard = "";
  const ends: Socket[] = [];
  const between = createServer((from) => {
    const to = connect(Number(new URL(url).port), "127.0.0.1");
    ends.push(from, to);
    for (const end of [from, to]) end.on("error", () => end.destroy());
    from.on("data", (bytes) => (heard += String(bytes)));
    from.pipe(to).pipe(from);
  });
  await new Promise<void>((resolve) => between.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const end of ends) end.destroy();
    between.close();
  });
  const { port } = between.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, heard: () => heard };
}

test("a server comes to another with a ticket of one path and one server, and not with the person's own secret", async () => {
  const { server, agent } = await withAgent();
  const other = await server.another();
  const between = await listened(server.url);
  const database = new Client({ connectionString: server.databaseUrl });
  await database.connect();
  onTestFinished(() => database.end());
  // The next heartbeat puts the address right again.
  for (let tries = 1; !between.heard().includes("\r\n\r\n") && tries <= 20; tries += 1) {
    await database.query("update servers set url = $1 where url = $2", [between.url, server.url]);
    const session = exec(other.url, agent.workspaceId, server.admin.token);
    session.stdin.end();
    expect(await session.ended).toBe(7);
  }
  const [, authorization = ""] = /^authorization: (Relay .+)\r$/im.exec(between.heard()) ?? [];
  expect(authorization).not.toBe("");
  expect(between.heard()).not.toContain(server.admin.token);
  const refused = async (url: string, path: string): Promise<number> => {
    const socket = new WebSocket(`${url.replace("http", "ws")}${path}`, { headers: { authorization } });
    return await new Promise((resolve) => {
      socket.on("unexpected-response", (_, answer) => resolve(answer.statusCode ?? 0));
      socket.on("open", () => resolve(101));
      socket.on("error", () => undefined);
    });
  };
  // It is what it is for that is missing elsewhere.
  expect(await refused(server.url, execPath(agent.workspaceId))).toBe(101);
  expect(await refused(other.url, execPath(agent.workspaceId))).toBe(401);
  expect(await refused(server.url, tunnelPath(agent.workspaceId))).toBe(401);
  const answer = await fetch(`${server.url}/api/v1/workspaces`, { headers: { authorization } });
  expect(answer.status).toBe(401);
});

function lostAgainst(address: string): Promise<CodedError> {
  return new Promise((resolve) => {
    const limits = { ...httpLimits, relayConnectMs: 200, execPingMs: 100 };
    const start = { kind: "start" as const, command: ["true"], env: {}, agent: null };
    const events = { onOpen: () => undefined, onFrame: () => undefined, onLost: resolve };
    openRelayedExec({ start, url: socketUrl(execPath("w"), address), headers: {}, limits }, events);
  });
}

test("a server that takes the connection and says nothing is given up in time", async () => {
  const sockets: Socket[] = [];
  const mute = createServer((socket) => void sockets.push(socket));
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    mute.close();
  });
  const { port } = mute.address() as { port: number };
  expect(await lostAgainst(`http://127.0.0.1:${port}`)).toMatchObject({ code: "agent_unavailable" });
});

test("a server that falls silent in the middle is given up in time", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", autoPong: false });
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const { port } = server.address() as { port: number };
  expect(await lostAgainst(`http://127.0.0.1:${port}`)).toMatchObject({ code: "agent_unavailable" });
});
