import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FaultyProxy } from "../../../chaos/system/faulty-proxy.ts";
import { freePorts } from "../../../chaos/system/free-port.ts";
import { sleep } from "../../../src/platform/sleep.ts";
import { waitUntil } from "../../support/wait-until.ts";

let server: Server;
let proxy: FaultyProxy;
let port: number;
const sockets: Socket[] = [];

beforeEach(async () => {
  const [target = 0, own = 0] = await freePorts(2);
  port = own;
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(target, "127.0.0.1", resolve));
  proxy = new FaultyProxy(target);
  await proxy.listen(own);
});

afterEach(async () => {
  await proxy.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

interface Caller {
  readonly socket: Socket;
  heard(): string;
}

function call(): Caller {
  const socket = connect(port, "127.0.0.1");
  sockets.push(socket);
  let text = "";
  socket.on("error", () => {});
  socket.on("data", (data) => {
    text += data.toString();
  });
  return { socket, heard: () => text };
}

test("a silent link closes nothing, and what was said comes when it is over", async () => {
  const { socket, heard } = call();
  socket.write("one ");
  await waitUntil("the first word is echoed", () => heard() === "one ");
  proxy.set({ kind: "silent" });
  socket.write("two ");
  const late = call();
  late.socket.write("three");
  await sleep(100);
  expect([heard(), late.heard(), socket.destroyed]).toEqual(["one ", "", false]);
  proxy.set({ kind: "forward" });
  await waitUntil("everything has come", () => heard() === "one two " && late.heard() === "three");
});

test("what closed in the silence is told afterwards", async () => {
  const { socket, heard } = call();
  socket.write("one");
  await waitUntil("it is connected", () => heard() === "one");
  proxy.set({ kind: "silent" });
  for (const other of sockets) if (other !== socket) other.destroy();
  await sleep(50);
  expect(socket.destroyed).toBe(false);
  proxy.set({ kind: "forward" });
  await waitUntil("the caller is told", () => socket.destroyed || socket.readableEnded);
});

test("a cut link resets what there is, and what comes", async () => {
  const before = call();
  before.socket.write("one");
  await waitUntil("it is connected", () => before.heard() === "one");
  proxy.set({ kind: "cut" });
  const after = call();
  await waitUntil("both are reset", () => before.socket.destroyed && after.socket.destroyed);
  proxy.set({ kind: "forward" });
  const again = call();
  again.socket.write("two");
  await waitUntil("it forwards again", () => again.heard() === "two");
});

test("a slow link delays each way, in order", async () => {
  proxy.set({ kind: "slow", delayMs: 60 });
  const { socket, heard } = call();
  const begunMs = performance.now();
  for (const word of ["a", "b", "c"]) socket.write(word);
  await waitUntil("all of it has come", () => heard() === "abc");
  expect(performance.now() - begunMs).toBeGreaterThanOrEqual(115);
});

test("what was slow stays before what comes after it", async () => {
  proxy.set({ kind: "slow", delayMs: 60 });
  const { socket, heard } = call();
  socket.write("a");
  await sleep(20);
  proxy.set({ kind: "forward" });
  socket.write("b");
  await waitUntil("both have come", () => heard().length === 2);
  expect(heard()).toBe("ab");
});
