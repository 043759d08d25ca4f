// X11 by the real client of OpenSSH, with its `xauth`, before a display that says back what it is told.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import path from "node:path";
import ssh2 from "ssh2";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { SshBed } from "../support/ssh-bed.ts";
import { waitUntil } from "../support/wait-until.ts";

const hasXauth = spawnSync("which", ["xauth"]).status === 0;
let bed: SshBed;
beforeAll(async () => {
  bed = await SshBed.open();
});
afterAll(() => bed.close());
beforeEach((context) => {
  if (!hasXauth) context.skip("xauth is not installed");
});

const realCookie = randomBytes(16).toString("hex");
const portOfDisplayZero = 6_000;

/** A display on the client's side, with its cookie. @returns what its programs see. */
async function someDisplay(onConnection: (socket: Socket) => void): Promise<Record<string, string>> {
  const server = createServer({ allowHalfOpen: true }, onConnection);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const display = (server.address() as AddressInfo).port - portOfDisplayZero;
  const file = path.join(bed.folder, `client-${display}`);
  await bed.run("xauth", ["-q", "-f", file, "add", `unix:${display}`, "MIT-MAGIC-COOKIE-1", realCookie]);
  return { DISPLAY: `localhost:${display}.0`, XAUTHORITY: file };
}

const echo = (socket: Socket): void => void socket.on("error", () => undefined).pipe(socket);

interface Held {
  readonly display: string;
  readonly xauthority: string;
  readonly port: number;
  readonly client: ChildProcess;
  end(): Promise<void>;
}

/** A session with X11 that stays until it is ended. */
async function session(args: readonly string[], env: Record<string, string>): Promise<Held> {
  const all = ["-o", "LogLevel=INFO", ...bed.options, "-p", String(bed.port), ...args, "dev@127.0.0.1"];
  const command = 'echo "$DISPLAY|${XAUTHORITY:-$HOME/.Xauthority}"; cat';
  const client = spawn("ssh", [...all, command], { env: { ...process.env, ...env } });
  const end = async (): Promise<void> => {
    client.stdin.end();
    await waitUntil("the client is gone", () => client.exitCode !== null || client.signalCode !== null);
  };
  onTestFinished(end);
  let said = "";
  client.stdout.on("data", (bytes: Buffer) => (said += bytes.toString()));
  let errors = "";
  client.stderr.on("data", (bytes: Buffer) => (errors += bytes.toString()));
  await waitUntil("the session is there", () => said.includes("\n") || errors.includes("failed"));
  const [display = "", xauthority = ""] = said.trim().split("|");
  const port = portOfDisplayZero + Number(/:(\d+)\./.exec(display)?.[1]);
  return { display, xauthority, port, client, end };
}

/** The cookie by which the X libraries would go, as `xauth` itself reads it. */
async function cookieOf({ display, xauthority }: Held): Promise<string> {
  const { stdout } = await bed.run("xauth", ["-q", "-f", xauthority, "list", display.replace("localhost", "unix")]);
  const lines = stdout.trim().split("\n");
  expect(lines).toHaveLength(1);
  return lines[0]?.split(/\s+/)[2] ?? "";
}

/** What a program of X11 says first of all. */
function hello(cookie: string): Buffer {
  const name = "MIT-MAGIC-COOKIE-1";
  const head = Buffer.alloc(12);
  head.write("l");
  head.writeUInt16LE(11, 2);
  head.writeUInt16LE(name.length, 6);
  head.writeUInt16LE(cookie.length / 2, 8);
  return Buffer.concat([head, Buffer.from(name.padEnd(20, "\0")), Buffer.from(cookie, "hex")]);
}

/** What comes back, until it is as much as was sent: as programs of X11 do, it ends its side last. */
async function exchange(port: number, bytes: Buffer): Promise<Buffer> {
  const socket = connect({ host: "127.0.0.1", port });
  let came = Buffer.alloc(0);
  socket.on("data", (piece: Buffer) => {
    came = Buffer.concat([came, piece]);
    if (came.length >= bytes.length) socket.end();
  });
  socket.write(bytes);
  await new Promise((resolve, reject) => socket.once("close", resolve).once("error", reject));
  return came;
}

const listens = async (port: number): Promise<boolean> =>
  await new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("error", () => resolve(false)).once("connect", () => resolve(socket.destroy() === socket));
  });

test("a program of the workspace reaches the client's display, with the cookie that the client knows it by", async () => {
  const held = await session(["-Y"], await someDisplay(echo));
  expect(held.display).toMatch(/^localhost:\d+\.0$/);
  expect(held.port).toBeGreaterThanOrEqual(portOfDisplayZero + 10);
  const cookie = await cookieOf(held);
  expect(cookie).toMatch(/^[0-9a-f]{32}$/);
  expect(cookie).not.toBe(realCookie);
  const bytes = randomBytes(3_000_000);
  const came = await exchange(held.port, Buffer.concat([hello(cookie), bytes]));
  // The display is shown its own cookie, which the workspace has never seen.
  expect(came.equals(Buffer.concat([hello(realCookie), bytes]))).toBe(true);
  expect(statSync(held.xauthority).mode & 0o777).toBe(0o600);
});

test("who does not know the cookie does not get to the display", async () => {
  let reached = 0;
  const held = await session(
    ["-Y"],
    await someDisplay((socket) => {
      socket.on("data", () => (reached += 1)).on("error", () => undefined);
      socket.once("end", () => socket.end());
    }),
  );
  await exchange(held.port, hello(randomBytes(16).toString("hex"))).catch(() => undefined);
  expect(reached).toBe(0);
});

test("two sessions at once have two displays, and each takes along what it left, and nothing of others", async () => {
  const file = path.join(bed.home, ".Xauthority");
  const others = ["-q", "-f", file, "add", "192.0.2.1:7", "MIT-MAGIC-COOKIE-1", "00ff"];
  await bed.run("xauth", others);
  const env = await someDisplay(echo);
  const one = await session(["-Y"], env);
  const other = await session(["-Y"], env);
  expect(new Set([one.display, other.display]).size).toBe(2);
  const cookies = [await cookieOf(one), await cookieOf(other)];
  expect(new Set(cookies).size).toBe(2);
  for (const [index, { port }] of [one, other].entries()) {
    const came = await exchange(port, hello(cookies[index] ?? ""));
    expect(came.equals(hello(realCookie))).toBe(true);
  }
  await one.end();
  await waitUntil("its display is gone", async () => !(await listens(one.port)));
  expect(await listens(other.port)).toBe(true);
  await other.end();
  const left = async (): Promise<string> => (await bed.run("xauth", ["-q", "-f", file, "list"])).stdout;
  await waitUntil("their cookies are gone", async () => !(await left()).includes("unix:"));
  expect(await left()).toMatch(/^192\.0\.2\.1:7\s+MIT-MAGIC-COOKIE-1\s+00ff\n$/);
});

test("a cookie that was left behind for the same display is replaced", async () => {
  const env = await someDisplay(echo);
  const first = await session(["-Y"], env);
  await first.end();
  await waitUntil("its display is gone", async () => !(await listens(first.port)));
  const file = path.join(bed.home, ".Xauthority");
  const name = first.display.replace("localhost", "unix");
  await bed.run("xauth", ["-q", "-f", file, "add", name, "MIT-MAGIC-COOKIE-1", "dead"]);
  const held = await session(["-Y"], env);
  expect(held.display).toBe(first.display);
  expect(await cookieOf(held)).toMatch(/^[0-9a-f]{32}$/);
});

test("in a home that is only to be read, the cookie lies elsewhere, where nobody else may look, until the end", async () => {
  const broken = path.join(bed.folder, "no file of cookies");
  mkdirSync(broken);
  bed.variables["XAUTHORITY"] = broken;
  onTestFinished(() => void delete bed.variables["XAUTHORITY"]);
  const held = await session(["-Y"], await someDisplay(echo));
  expect(held.xauthority).not.toBe(broken);
  expect(statSync(path.dirname(held.xauthority)).mode & 0o777).toBe(0o700);
  const came = await exchange(held.port, hello(await cookieOf(held)));
  expect(came.equals(hello(realCookie))).toBe(true);
  await held.end();
  await waitUntil("it is gone", () => !existsSync(path.dirname(held.xauthority)));
});

test("without -X there is no display, and a killed client leaves none", async () => {
  expect((await bed.exec("echo ${DISPLAY:-none}")).stdout).toBe("none\n");
  const held = await session(["-Y"], await someDisplay(echo));
  held.client.kill("SIGKILL");
  await waitUntil("its display is gone", async () => !(await listens(held.port)));
  const list = ["-q", "-f", held.xauthority, "list"];
  await waitUntil("its cookie is gone", async () => !(await bed.run("xauth", list)).stdout.includes("unix:"));
});

test("a connection has a bounded number of displays", async () => {
  const master = ["-o", `ControlPath=${bed.folder}/x11-master`];
  const env = await someDisplay(echo);
  const first = await session([...master, "-M", "-Y"], env);
  const more = await Promise.all(
    Array.from({ length: 17 }, async () => {
      const all = [...bed.options, ...master, "-p", String(bed.port), "-Y", "dev@127.0.0.1"];
      const client = spawn("ssh", [...all, "echo ${DISPLAY:-none}; cat"], { env: { ...process.env, ...env } });
      onTestFinished(() => void client.kill());
      return await new Promise<string>((resolve) => client.stdout.once("data", (bytes) => resolve(String(bytes))));
    }),
  );
  const displays = more.filter((line) => line.startsWith("localhost:"));
  expect(displays).toHaveLength(15);
  expect(new Set([...displays, first.display]).size).toBe(16);
  expect(more.filter((line) => line === "none\n")).toHaveLength(2);
});

// OpenSSH's client never asks for it.
test("a display that is for one program takes one", async () => {
  const client = new ssh2.Client();
  onTestFinished(() => void client.end());
  let programs = 0;
  client.on("x11", (_info, accept) => {
    programs += 1;
    accept();
  });
  client.connect({ host: "127.0.0.1", port: bed.port, username: "dev" });
  await new Promise<void>((resolve) => void client.once("ready", () => resolve()));
  const cookie = randomBytes(16).toString("hex");
  const said = await new Promise<string>((resolve, reject) => {
    const x11 = { single: true, protocol: "MIT-MAGIC-COOKIE-1", cookie, screen: 2 };
    client.exec("echo $DISPLAY; cat", { x11 }, (error, channel) => {
      if (error !== undefined) reject(error);
      else channel.once("data", (bytes: Buffer) => resolve(bytes.toString()));
    });
  });
  expect(said).toMatch(/^localhost:\d+\.2\n$/);
  const port = portOfDisplayZero + Number(/:(\d+)\./.exec(said)?.[1]);
  const program = connect({ host: "127.0.0.1", port }).on("error", () => undefined);
  onTestFinished(() => void program.destroy());
  await waitUntil("it has come to the client", () => programs === 1);
  expect(await listens(port)).toBe(false);
});

test("nothing is left open after all this", async () => {
  await waitUntil("no connection is left", () => bed.server.size === 0);
});
