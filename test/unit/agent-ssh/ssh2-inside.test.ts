// What is relied on inside `ssh2`, by its own client: a new version that changes it is noticed here.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import ssh2, { type Client, type ClientChannel } from "ssh2";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sshHostKey } from "../../../src/agent/ssh/ssh-host-key.ts";
import { soundKeyPair } from "../../../src/platform/ssh/sound-key-pair.ts";
import {
  channelsPerConnectionMax,
  connectionsMax,
  listenersPerConnectionMax,
} from "../../../src/agent/ssh/ssh-limits.ts";
import { SshServer } from "../../../src/agent/ssh/ssh-server.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { waitUntil } from "../../support/wait-until.ts";

const nobodysPort = 81;

let folder = "";
let server: SshServer;
let listener: Server;
let port = 0;
const clients: Client[] = [];

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "prewarm-ssh-"));
  mkdirSync(path.join(folder, "home"));
  server = new SshServer({
    hostKey: sshHostKey(folder),
    version: "1.2.3 beta",
    logger: silentLogger,
    world: {
      home: path.join(folder, "home"),
      folder: () => path.join(folder, "home"),
      greetingFile: () => "",
      terminals: {
        missing: "none here",
        open: () => {
          throw new Error("none here");
        },
      },
      dial: async (host, to) => {
        if (to === nobodysPort) throw new Error(`nothing listens at ${host}:${to} in the workspace`);
        return connect({ port: to, host, allowHalfOpen: true });
      },
      environment: async () => ({
        variables: { PATH: process.env["PATH"] ?? "", HOME: path.join(folder, "home") },
        secretsMissing: null,
      }),
    },
  });
  listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.serve(socket, "person-1", "any"));
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  port = (listener.address() as AddressInfo).port;
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  server.end();
  listener.close();
  await waitUntil("no connection is left", () => server.size === 0);
  rmSync(folder, { recursive: true, force: true });
});

async function client(settings: Partial<ssh2.ConnectConfig> = {}): Promise<Client> {
  const made = new ssh2.Client();
  clients.push(made);
  made.on("error", () => undefined);
  await new Promise<void>((resolve, reject) => {
    made.once("ready", resolve).once("close", () => reject(new Error("closed")));
    made.connect({ host: "127.0.0.1", port, username: "dev", ...settings });
  });
  return made;
}

function exec(on: Client, command: string, settings: ssh2.ExecOptions = {}): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    on.exec(command, settings, (error, channel) => (error === undefined ? resolve(channel) : reject(error)));
  });
}

test("a channel that cannot be opened is refused with its reason", async () => {
  const on = await client();
  const failed = await new Promise<Error & { reason?: number }>((resolve) =>
    on.forwardOut("127.0.0.1", 1, "localhost", nobodysPort, (error) => resolve(error as Error)),
  );
  expect(failed.message).toContain("nothing listens at localhost:81 in the workspace");
  expect(failed.reason).toBe(2);
});

test("the agent of keys is reached by a channel of its own kind", async () => {
  const keys = path.join(folder, "keys");
  const keeper: Server = createServer((socket) => socket.end("the keys"));
  await new Promise<void>((resolve) => keeper.listen(keys, resolve));
  try {
    const on = await client({ agent: keys, agentForward: true });
    const channel = await exec(on, "echo $SSH_AUTH_SOCK; read line");
    const socketPath = await new Promise<string>((resolve) =>
      channel.once("data", (bytes: Buffer) => resolve(String(bytes).trim())),
    );
    const socket = connect(socketPath);
    const came = await new Promise<string>((resolve) => socket.once("data", (bytes) => resolve(bytes.toString())));
    expect(came).toBe("the keys");
    socket.destroy();
  } finally {
    keeper.close();
  }
});

test("output of both kinds that waits for the client's window comes once each, and then the end", async () => {
  const on = await client();
  const channel = await exec(on, "seq 1 600000; seq 1 600000 >&2; exit 3");
  const came = { stdout: 0, stderr: 0 };
  channel.pause();
  channel.stderr.pause();
  // The window is two megabytes for both together: now it is used up, and both have something left.
  await new Promise((resolve) => setTimeout(resolve, 300));
  channel.on("data", (bytes: Buffer) => (came.stdout += bytes.length)).resume();
  channel.stderr.on("data", (bytes: Buffer) => (came.stderr += bytes.length)).resume();
  const code = await new Promise((resolve) => channel.once("close", resolve));
  const length = Array.from({ length: 600_000 }, (_, index) => String(index + 1).length + 1).reduce((a, b) => a + b);
  expect({ code, ...came }).toEqual({ code: 3, stdout: length, stderr: length });
});

test("a client that goes with all its windows full leaves nothing behind", async () => {
  const on = await client();
  const channel = await exec(on, "exec cat /dev/zero");
  channel.pause();
  await new Promise((resolve) => setTimeout(resolve, 200));
  on.destroy();
  await waitUntil("the connection is gone", () => server.size === 0);
});

test("every key that is made can be read: of those of the library one in two hundred cannot", () => {
  for (let nth = 0; nth < 1_000; nth += 1)
    expect(ssh2.utils.parseKey(soundKeyPair().private)).not.toBeInstanceOf(Error);
});

test("whoever insists on a way to authenticate may", async () => {
  await client({ password: "anything" });
  await client({ privateKey: soundKeyPair().private });
  await client({ tryKeyboard: true });
});

test("what the client may open is bounded, and what it closes it may open again", async () => {
  const on = await client();
  const echo: Server = createServer((socket) => socket.on("error", () => undefined).pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
  const echoPort = (echo.address() as AddressInfo).port;
  const open = (): Promise<ClientChannel> =>
    new Promise((resolve, reject) => {
      on.forwardOut("127.0.0.1", 1, "127.0.0.1", echoPort, (error, channel) =>
        error ? reject(error) : resolve(channel),
      );
    });
  const channels = await Promise.all(Array.from({ length: channelsPerConnectionMax }, open));
  await expect(open()).rejects.toThrow("as many channels as it may");
  await Promise.all(channels.map((channel) => new Promise((resolve) => channel.once("close", resolve).resume().end())));
  (await waitUntil("there is room again", () => open().catch(() => undefined))).end();
  echo.close();
  const listen = (): Promise<number> =>
    new Promise((resolve, reject) =>
      on.forwardIn("127.0.0.1", 0, (error, chosen) => (error ? reject(error) : resolve(chosen))),
    );
  for (let count = 0; count < listenersPerConnectionMax; count += 1) await listen();
  await expect(listen()).rejects.toThrow();
}, 10_000);

test("so are the connections of a workspace", async () => {
  await Promise.all(Array.from({ length: connectionsMax }, () => client()));
  await expect(client()).rejects.toThrow("closed");
  clients[0]?.destroy();
  await waitUntil("there is room", () => server.size < connectionsMax);
  await client();
}, 10_000);

test("a terminal is refused where there is none, and so is a subsystem that is not known", async () => {
  const on = await client();
  await expect(exec(on, "true", { pty: true })).rejects.toThrow();
  await expect(new Promise((_, reject) => on.subsys("netconf", (error) => reject(error)))).rejects.toThrow();
});

/** What its client may still send over a channel. */
function windowOf(channel: ClientChannel): number {
  return (channel as unknown as { readonly outgoing: { readonly window: number } }).outgoing.window;
}

const wideBytes = 4 * 1_024 * 1_024;

test("a client may be four mebibytes ahead of a command, and no further ahead of one that reads nothing", async () => {
  const on = await client();
  const channel = await exec(on, "sleep 30");
  await waitUntil("the window is wide", () => windowOf(channel) === wideBytes);
  channel.write(Buffer.alloc(4 * wideBytes));
  await waitUntil("the window is used up", () => windowOf(channel) === 0);
  channel.destroy();
});

test("a client that sends much is let go on as it is read, also after the command has ended its output", async () => {
  const on = await client();
  const channel = await exec(on, "exec >&-; wc -c >&2");
  let said = "";
  channel.stderr.on("data", (bytes: Buffer) => {
    said += String(bytes);
  });
  channel.resume();
  const code = new Promise((resolve) => channel.once("close", resolve));
  channel.end(Buffer.alloc(8 * wideBytes));
  expect(await code).toBe(0);
  expect(Number(said)).toBe(8 * wideBytes);
});
