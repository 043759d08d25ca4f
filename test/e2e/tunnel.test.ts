// Streams into a workspace on two servers: every byte, half ends, cut lines, and who does not get in.
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { tunnelPath } from "../../src/contracts/tunnel.ts";
import { packFolder } from "../../src/platform/archive/pack-folder.ts";
import { openTunnel } from "../../src/tunnel/tunnel-client.ts";
import type { TunnelDuplex } from "../../src/tunnel/tunnel-duplex.ts";
import { cliBench } from "../support/cli-run.ts";
import { twoServers } from "../support/claimed-workspace.ts";
import type { ServerUnit, SeveralServers } from "../support/several-servers.ts";
import { waitUntil } from "../support/wait-until.ts";

const testLimitMs = 180_000;
const mebibyte = 1_048_576;
const template = `
driver: process
presets: [ { name: one, prebuilds: { instances: 1 } } ]
agents: [ { name: main } ]
`;

let system: SeveralServers;
/** The one has the daemon, and so the agents; streams are opened on the other, too. */
let one: ServerUnit;
let other: ServerUnit;
let workspaceId: string;

beforeAll(async () => {
  ({ system, one, other, workspaceId } = await twoServers({ template }));
}, testLimitMs);
/** What is closed after the system. */
const closers: (() => void)[] = [];
afterAll(async () => {
  await system.close();
  for (const close of closers) close();
}, testLimitMs);

/** Something that listens in the workspace: with this driver it is this machine. */
async function listening(onConnection: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer({ allowHalfOpen: true }, onConnection);
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

interface Way {
  readonly url?: string;
  readonly token?: string;
  readonly workspace?: string;
}

async function open(server: ServerUnit, port: number, way: Way = {}): Promise<TunnelDuplex> {
  const base = (way.url ?? server.url).replace("http", "ws");
  const stream = await openTunnel({
    url: `${base}${tunnelPath(way.workspace ?? workspaceId)}`,
    token: way.token ?? server.admin.token ?? "",
    agent: null,
    service: { kind: "tcp", host: "localhost", port },
  });
  onTestFinished(() => void stream.destroy());
  return stream;
}

/** All that comes until the end. */
async function hashOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of stream) hash.update(piece);
  return hash.digest("hex");
}

const sha = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
const echo = (socket: Socket): void => void socket.pipe(socket);

test.each(["one", "other"] as const)(
  "through the server %s every byte goes both ways, and each side's end is its own",
  async (name) => {
    const server = name === "one" ? one : other;
    const bytes = randomBytes(32 * mebibyte);
    const stream = await open(server, await listening(echo));
    const back = hashOf(stream);
    stream.end(bytes);
    expect(await back).toBe(sha(bytes));
  },
  testLimitMs,
);

test(
  "the audit log tells its owner who got in, by which door and from where, whichever server he asked",
  async () => {
    const port = await listening(echo);
    for (const server of [one, other]) {
      const stream = await open(server, port);
      stream.end("0123456789");
      for await (const _ of stream);
    }
    const entries = await waitUntil("both servers have written it", async () => {
      const { entries: found } = await one.admin.call("listAudit", { query: { action: "workspace.enter" } });
      const here = found.filter(({ detail }) => detail["door"] === `port ${port}`);
      return here.length === 2 ? here : undefined;
    });
    for (const entry of entries) {
      expect(entry).toMatchObject({
        actor: "admin",
        target: { kind: "workspace", id: workspaceId },
        detail: { door: `port ${port}`, address: "127.0.0.1" },
      });
    }
  },
  testLimitMs,
);

/** Stands before a server, and cuts what goes through it. */
async function cuttingProxy(to: ServerUnit): Promise<{ readonly url: string; readonly cut: () => void }> {
  const { hostname: host, port } = new URL(to.url);
  const pairs = new Set<Socket>();
  const proxy = createServer((socket) => {
    const upstream = connect({ host, port: Number(port) });
    for (const end of [socket, upstream]) {
      pairs.add(end);
      end.on("error", () => undefined).on("close", () => pairs.delete(end));
    }
    socket.pipe(upstream).pipe(socket);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    for (const socket of pairs) socket.resetAndDestroy();
  };
  onTestFinished(() => {
    cut();
    proxy.close();
  });
  return { url: `http://127.0.0.1:${(proxy.address() as { port: number }).port}`, cut };
}

test.each(["one", "other"] as const)(
  "a line that is cut again and again loses no byte, through the server %s",
  async (name) => {
    const server = name === "one" ? one : other;
    const { url, cut } = await cuttingProxy(server);
    const bytes = randomBytes(24 * mebibyte);
    let came = 0;
    const port = await listening((socket) => {
      socket.on("data", (piece: Buffer) => {
        came += piece.length;
      });
      echo(socket);
    });
    const stream = await open(server, port, { url });
    const back = hashOf(stream);
    stream.end(bytes);
    for (const share of [0.05, 0.3, 0.6, 0.9]) {
      await waitUntil("some of it has come", () => came >= share * bytes.length);
      cut();
    }
    expect(await back).toBe(sha(bytes));
  },
  testLimitMs,
);

test("a session of SSH, whose acceptance says more, goes on over another line as well", async () => {
  const { url, cut } = await cuttingProxy(one);
  const states: string[] = [];
  const stream = await openTunnel({
    url: `${url.replace("http", "ws")}${tunnelPath(workspaceId)}`,
    token: one.admin.token ?? "",
    agent: null,
    service: { kind: "ssh" },
    onLine: (state) => states.push(state),
  });
  onTestFinished(() => void stream.destroy());
  let came = "";
  let failure: Error | undefined;
  stream.on("data", (piece: Buffer) => (came += piece.toString("latin1"))).on("error", (error) => (failure = error));
  await waitUntil("the server has said who it is", () => came.startsWith("SSH-2.0-Prewarm"));
  cut();
  await waitUntil("there is another line", () => states.includes("back") || failure !== undefined);
  const greeting = came.length;
  stream.write("SSH-2.0-test\r\n");
  await waitUntil("it goes on", () => came.length > greeting || failure !== undefined);
  expect(failure).toBe(undefined);
  expect(states).toEqual(["lost", "back"]);
});

test("a port on which nothing listens is refused in words, and so is what has no owner, or another one", async () => {
  await expect(open(one, 1)).rejects.toMatchObject({
    code: "tunnel_refused",
    message: "nothing listens at localhost:1 in the workspace",
  });
  const { prebuilds } = await one.admin.call("listPrebuilds", { query: { state: "ready" } });
  const port = await listening(echo);
  for (const { workspaceId: workspace } of prebuilds) {
    await expect(open(one, port, { workspace })).rejects.toMatchObject({ code: "forbidden" });
  }
  expect(prebuilds.length).toBeGreaterThan(0);
});

test("when the credential is revoked the stream ends within seconds, on the other server, too", async () => {
  const { token, secret } = await one.admin.call("createToken", { body: { name: "laptop" } });
  const stream = await open(other, await listening(echo), { token: secret });
  stream.write("x");
  await new Promise((resolve) => stream.once("data", resolve));
  const ended = new Promise<unknown>((resolve) => stream.once("error", resolve));
  await one.admin.call("revokeToken", { params: { tokenId: token.id } });
  expect(await ended).toMatchObject({ name: "TunnelResetError" });
}, 15_000);

test("a reader that does not read holds back who writes, and nobody else", async () => {
  const stream = await open(
    one,
    await listening((socket) => void socket.on("error", () => undefined).write(Buffer.alloc(64 * mebibyte))),
  );
  stream.pause();
  const beside = await open(one, await listening(echo));
  beside.write("still here");
  expect(String(await new Promise((resolve) => beside.once("data", resolve)))).toBe("still here");
  stream.destroy();
});

test("port-forward leads from a port of this machine to one of the workspace, for as long as it runs", async () => {
  const port = await listening((socket) => void socket.end("from the workspace"));
  const bench = cliBench({ env: { PREWARM_URL: other.url, PREWARM_TOKEN: other.admin.token ?? "" } });
  onTestFinished(() => bench.dispose());
  const taken = await listening(echo);
  const running = bench.run("port-forward", "dev", `${taken}:${port}`);
  const way = await waitUntil("it listens", () => {
    const { stdout, stderr } = bench.written();
    return /127\.0\.0\.1:(\d+) → dev/.exec(stdout + stderr)?.[1];
  });
  expect(Number(way), "the next free one").toBeGreaterThan(taken);
  const socket = connect({ host: "127.0.0.1", port: Number(way) });
  let came = "";
  socket.on("data", (piece) => {
    came += String(piece);
  });
  await new Promise((resolve) => socket.once("close", resolve).end());
  expect(came).toBe("from the workspace");
  bench.raise("SIGINT");
  expect((await running).exitCode).toBe(0);
});

test("port-forward leads to a socket of the workspace, too", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "prewarm-socket-"));
  const file = path.join(folder, "app.sock");
  const server = createServer((socket) => void socket.end("from the socket"));
  await new Promise<void>((resolve) => server.listen(file, resolve));
  chmodSync(folder, 0o755);
  chmodSync(file, 0o777);
  const bench = cliBench({ env: { PREWARM_URL: other.url, PREWARM_TOKEN: other.admin.token ?? "" } });
  onTestFinished(() => {
    bench.dispose();
    server.close();
    rmSync(folder, { recursive: true });
  });
  const running = bench.run("port-forward", "dev", `unix:${file}`);
  const way = await waitUntil("it listens", () => {
    const { stdout, stderr } = bench.written();
    return /127\.0\.0\.1:(\d+) → dev:.*app\.sock/.exec(stdout + stderr)?.[1];
  });
  const socket = connect({ host: "127.0.0.1", port: Number(way) });
  const came = await new Promise((resolve) => socket.once("data", (piece) => resolve(String(piece))));
  expect(came).toBe("from the socket");
  socket.destroy();
  bench.raise("SIGINT");
  expect((await running).exitCode).toBe(0);
});

/** A balancer that brings agents' tunnels to the one server, and everything else to the other. */
async function splitter(everything: ServerUnit, tunnels: ServerUnit): Promise<string> {
  const sockets = new Set<Socket>();
  const proxy = createServer((socket) => {
    sockets.add(socket);
    socket
      .on("error", () => undefined)
      .once("data", (first: Buffer) => {
        socket.pause();
        const { hostname: host, port } = new URL((first.includes("/agent/tunnel") ? tunnels : everything).url);
        const upstream = connect({ host, port: Number(port) });
        sockets.add(upstream);
        upstream.on("error", () => undefined).write(first);
        socket.pipe(upstream).pipe(socket);
      });
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  // A daemon stands behind it, and says goodbye through it.
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  return `http://127.0.0.1:${(proxy.address() as { port: number }).port}`;
}

test(
  "a tunnel that a balancer brings to another server than the agent's connection is passed on to it",
  async () => {
    const url = await splitter(one, other);
    await system.addDaemon("balanced", { url, admin: one.admin, tags: "where=balanced" });
    const folder = path.join(system.folder, "balanced-template");
    mkdirSync(folder);
    writeFileSync(path.join(folder, "template.yaml"), `${template}tags: { where: balanced }\n`);
    const { bytes } = await packFolder(folder);
    await one.admin.call("pushTemplate", { params: { template: "balanced" }, bytes });
    const { workspace } = await waitUntil("a prebuild is claimed", async () => {
      const body = { name: "balanced", template: "balanced", mode: "warm_only" } as const;
      return await one.admin.call("createWorkspace", { body }).catch(() => undefined);
    });
    const port = await listening(echo);
    for (const server of [one, other]) {
      const stream = await open(server, port, { workspace: workspace.id });
      stream.end("over the other server");
      expect(await hashOf(stream)).toBe(sha(Buffer.from("over the other server")));
    }
  },
  testLimitMs,
);

test(
  "when the workspace stops its streams end with a reason",
  async () => {
    const stream = await open(other, await listening(echo));
    const ended = new Promise<unknown>((resolve) => stream.once("error", resolve));
    await one.admin.call("createBuild", { params: { workspace: workspaceId }, body: { transition: "stop" } });
    expect(await ended).toMatchObject({ code: "workspace_stopped" });
  },
  testLimitMs,
);
