// A gibibyte each way through two servers, with its checksum and what it costs in memory; a reader who is slow beside many who are not.
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, mkdirSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { tunnelPath } from "../../src/contracts/tunnel.ts";
import { openTunnel } from "../../src/tunnel/tunnel-client.ts";
import type { TunnelDuplex } from "../../src/tunnel/tunnel-duplex.ts";
import { agentOf, memoryOf } from "../support/agent-process.ts";
import { twoServers } from "../support/claimed-workspace.ts";
import type { ServerUnit, SeveralServers } from "../support/several-servers.ts";
import { SshPerson } from "../support/ssh-person.ts";
import { waitUntil } from "../support/wait-until.ts";

const testLimitMs = 240_000;
const mebibyte = 1_048_576;
const bulkBytes = 1_024 * mebibyte;
/** Windows of 4 MiB, queues of a few, and what a garbage collector leaves: never the bulk itself. */
const growthBytesMax = 256 * mebibyte;
const lookMs = 100;
/** Of a length that no frame's is a multiple of, so that whatever is lost or moved is seen. */
const bulk = `yes 0123456789abcdef | head -c ${bulkBytes}`;
const template = `
driver: process
presets: [ { name: one, prebuilds: { instances: 1 } } ]
agents: [ { name: main } ]
`;

let system: SeveralServers;
/** The one has the daemon, and so the agents; people come to the other. */
let one: ServerUnit;
let other: ServerUnit;
let workspaceId: string;
let who: SshPerson;
let sum: string;

beforeAll(async () => {
  ({ system, one, other, workspaceId } = await twoServers({ template }));
  who = await SshPerson.settle({
    folder: path.join(system.folder, "person"),
    url: other.url,
    token: other.admin.token ?? "",
  });
  sum = await shell(`${bulk} | sha256sum`);
}, testLimitMs);
afterAll(async () => {
  who.leave();
  await system.close();
}, testLimitMs);

/** @returns what a line of the shell prints, without what follows the first word. */
async function shell(line: string): Promise<string> {
  const child = spawn("bash", ["-c", line], { env: who.env, stdio: ["ignore", "pipe", "pipe"] });
  let [said, failed] = ["", ""];
  child.stdout.on("data", (data) => (said += String(data)));
  child.stderr.on("data", (data) => (failed += String(data)));
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect(code, failed).toBe(0);
  return said.split(" ")[0] ?? "";
}

/** Does something, and looks at how far the servers and the agent grow meanwhile. */
async function withinMemory(work: () => Promise<void>): Promise<void> {
  const agent = agentOf(workspaceId);
  const pids = { one: one.process.child.pid ?? 0, other: other.process.child.pid ?? 0, agent: agent ?? 0 };
  const before = Object.values(pids).map(memoryOf);
  const most = [...before];
  const timer = setInterval(() => {
    Object.values(pids).forEach((pid, nth) => (most[nth] = Math.max(most[nth] ?? 0, memoryOf(pid))));
  }, lookMs);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  const grown = Object.fromEntries(Object.keys(pids).map((name, nth) => [name, (most[nth] ?? 0) - (before[nth] ?? 0)]));
  for (const [name, bytes] of Object.entries(grown)) expect(bytes, `growth of ${name}`).toBeLessThan(growthBytesMax);
}

const ssh = (command: string): string =>
  ["ssh", ...who.options, "prewarm.dev", command].map((word) => `'${word}'`).join(" ");

test("a gibibyte by ssh, to the workspace and from it", { timeout: testLimitMs }, async () => {
  await withinMemory(async () => {
    expect(await shell(`${bulk} | ${ssh("sha256sum")}`)).toBe(sum);
    expect(await shell(`${ssh(bulk)} | sha256sum`)).toBe(sum);
  });
});

test("a file of a gibibyte by cp, to the workspace and back", { timeout: testLimitMs }, async () => {
  const here = path.join(system.folder, "here");
  mkdirSync(here);
  await shell(`${bulk} > '${here}/file'`);
  await withinMemory(async () => {
    const there = await who.prewarm(["cp", path.join(here, "file"), "dev:file"]).ended;
    expect(there.code, there.stderr).toBe(0);
    expect(await shell(ssh("sha256sum file"))).toBe(sum);
    const back = await who.prewarm(["cp", "dev:file", path.join(here, "back")]).ended;
    expect(back.code, back.stderr).toBe(0);
  });
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path.join(here, "back"))) hash.update(piece as Buffer);
  expect(hash.digest("hex")).toBe(sum);
  await shell(ssh("rm file"));
});

/** In the workspace: `E` asks for an echo, anything else for no end of bytes. */
async function listening(): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (first) => {
      if (String(first) === "E") return void socket.pipe(socket);
      const piece = Buffer.alloc(65_536);
      const pour = (): void => {
        while (!socket.destroyed) if (!socket.write(piece)) return void socket.once("drain", pour);
      };
      pour();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function open(port: number, say: string): Promise<TunnelDuplex> {
  const url = `${other.url.replace("http", "ws")}${tunnelPath(workspaceId)}`;
  const service = { kind: "tcp", host: "localhost", port } as const;
  const stream = await openTunnel({ url, token: other.admin.token ?? "", agent: null, service });
  stream.on("error", () => undefined);
  onTestFinished(() => void stream.destroy());
  stream.write(say);
  return stream;
}

async function read(stream: TunnelDuplex, bytes: number): Promise<void> {
  let came = 0;
  for await (const piece of stream) {
    came += (piece as Buffer).length;
    if (came >= bytes) return;
  }
}

test("readers who are slow hold up neither those who are fast nor a key, and fill no memory", {
  timeout: testLimitMs,
}, async () => {
  const port = await listening();
  await withinMemory(async () => {
    const slow = await Promise.all(Array.from({ length: 20 }, async () => await open(port, "S")));
    // They begin to read, and take nothing.
    for (const stream of slow) stream.read(0);
    // Their windows are full before anybody else begins.
    await waitUntil("what they may have is there", () => slow.every((stream) => stream.readableLength > 0));
    const fast = await Promise.all(Array.from({ length: 20 }, async () => await open(port, "F")));
    const key = await open(port, "E");
    const done = Promise.all(fast.map(async (stream) => await read(stream, 16 * mebibyte)));
    let isDone = false;
    void done.then(() => (isDone = true));
    const waits: number[] = [];
    while (!isDone) {
      const word = randomBytes(8);
      const begun = performance.now();
      key.write(word);
      await new Promise((resolve) => key.once("data", resolve));
      waits.push(performance.now() - begun);
    }
    await done;
    // Milliseconds by itself; behind the bulk of twenty it would be seconds.
    expect(Math.max(...waits)).toBeLessThan(2_000);
    expect(slow.every((stream) => !stream.destroyed)).toBe(true);
  });
});
