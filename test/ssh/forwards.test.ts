// Forwards of every kind, by the real client of OpenSSH.
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { freePorts } from "../../chaos/system/free-port.ts";
import { SshBed } from "../support/ssh-bed.ts";
import { waitUntil } from "../support/wait-until.ts";

const longMs = 300_000;
let bed: SshBed;
beforeAll(async () => {
  bed = await SshBed.open();
});
afterAll(() => bed.close());

/** Sends back, when all has come, what it is. It goes on sending after the other side has ended. */
const digest = (socket: Socket): void => {
  const hash = createHash("sha256");
  socket.on("error", () => undefined);
  socket.on("data", (bytes) => hash.update(bytes));
  socket.on("end", () => socket.end(hash.digest("hex")));
};
/** Ends its own side first, and then says what came. */
const endsFirst =
  (came: (text: string) => unknown) =>
  (socket: Socket): void => {
    socket.end("hello");
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString();
    });
    socket.on("end", () => came(text));
  };

async function listening(where: number | string, onConnection: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer({ allowHalfOpen: true }, onConnection);
  await new Promise<void>((resolve) =>
    typeof where === "number" ? server.listen(where, "127.0.0.1", resolve) : server.listen(where, resolve),
  );
  onTestFinished(() => void server.close());
  return typeof where === "number" ? (server.address() as AddressInfo).port : 0;
}

/** A client that only forwards, until the test is over. @returns what it says. */
async function forwarding(args: readonly string[], ready: (said: string) => unknown): Promise<() => string> {
  const options = [
    "-o",
    "LogLevel=INFO",
    ...bed.options,
    "-o",
    "ExitOnForwardFailure=yes",
    "-p",
    String(bed.port),
    "-N",
  ];
  const client = spawn("ssh", [...options, ...args, "dev@127.0.0.1"], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  client.stderr.on("data", (bytes: Buffer) => {
    said += bytes.toString();
  });
  onTestFinished(async () => {
    client.kill();
    await waitUntil("the client is gone", () => client.exitCode !== null || client.signalCode !== null);
  });
  await waitUntil("it forwards", async () => await ready(said));
  return () => said;
}

type Where = { readonly port: number; readonly host?: string } | { readonly path: string };

/** Whether something listens there. */
async function listens(where: Where): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", ...where } as never);
    socket.once("error", () => resolve(false));
    socket.once("connect", () => resolve(socket.destroy() === socket));
  });
}

async function exchange(where: Where, bytes: Buffer): Promise<string> {
  const socket = connect({ host: "127.0.0.1", allowHalfOpen: true, ...where } as never);
  let came = "";
  socket.on("data", (piece: Buffer) => {
    came += piece.toString();
  });
  socket.end(bytes);
  await new Promise((resolve, reject) => socket.once("end", resolve).once("error", reject));
  socket.destroy();
  return came;
}

const bytes = randomBytes(8 * 1_048_576);
const sha = createHash("sha256").update(bytes).digest("hex");

test("-L leads to a port and to a socket of the workspace, and each side's end is its own", async () => {
  const port = await listening(0, digest);
  const inside = path.join(bed.folder, "inside");
  await listening(inside, digest);
  const [local = 0] = await freePorts(1);
  const socket = path.join(bed.folder, "local");
  await forwarding(["-L", `${local}:localhost:${port}`, "-L", `${socket}:${inside}`], () => existsSync(socket));
  expect(await exchange({ port: local }, bytes)).toBe(sha);
  expect(await exchange({ path: socket }, bytes)).toBe(sha);
});

test("a server that ends its side first still gets what its client has to say", async () => {
  // Whoever looks whether it listens comes, too, says nothing, and may be the last to end.
  const came: string[] = [];
  const port = await listening(
    0,
    endsFirst((text) => came.push(text)),
  );
  const [local = 0] = await freePorts(1);
  await forwarding(["-L", `${local}:127.0.0.1:${port}`], () => listens({ port: local }));
  const socket = connect({ host: "127.0.0.1", port: local, allowHalfOpen: true });
  const greeted = await new Promise((resolve) => socket.once("data", (piece) => resolve(piece.toString())));
  expect(greeted).toBe("hello");
  await new Promise((resolve) => socket.once("end", resolve).resume());
  socket.end("after your end");
  await waitUntil("it has come", () => came.includes("after your end"));
});

test("-D leads wherever the workspace reaches, and says so where it does not", async () => {
  const port = await listening(0, digest);
  const [local = 0] = await freePorts(1);
  const said = await forwarding(["-D", String(local)], () => listens({ port: local }));
  const socks = (to: number): Buffer => Buffer.from([4, 1, to >> 8, to & 255, 127, 0, 0, 1, 0]);
  const came = await exchange({ port: local }, Buffer.concat([socks(port), Buffer.from("x")]));
  expect(came.slice(-64)).toBe(createHash("sha256").update("x").digest("hex"));
  await exchange({ port: local }, socks(1)).catch(() => "");
  await waitUntil("it is refused in words", () => said().includes("nothing listens at 127.0.0.1:1"));
});

test("-W joins the client's own input and output", async () => {
  const port = await listening(0, digest);
  const ran = await bed.ssh(["-W", `127.0.0.1:${port}`, "dev@127.0.0.1"], { stdin: bytes });
  expect(ran.stdout).toBe(sha);
});

test("-R listens in the workspace: at a port that is asked for, at a free one, and at a path", async () => {
  const port = await listening(0, digest);
  const [remote = 0] = await freePorts(1);
  const inside = path.join(bed.folder, "remote");
  const client = await forwarding(
    ["-R", `${remote}:127.0.0.1:${port}`, "-R", `0:127.0.0.1:${port}`, "-R", `${inside}:127.0.0.1:${port}`],
    (said) => /Allocated port \d+/.test(said) && existsSync(inside),
  );
  expect(await exchange({ port: remote }, bytes)).toBe(sha);
  const chosen = Number(/Allocated port (\d+)/.exec(client())?.[1]);
  expect(await exchange({ port: chosen }, bytes)).toBe(sha);
  expect(await exchange({ path: inside }, bytes)).toBe(sha);
  expect(statSync(inside).mode & 0o777).toBe(0o600);
});

test("-R listens on loopback whatever is asked for, and no longer than its client is there", async () => {
  const [remote = 0] = await freePorts(1);
  const master = ["-o", `ControlPath=${bed.folder}/remote-master`];
  const opened = bed.ssh([...master, "-M", "-N", "-R", `*:${remote}:127.0.0.1:1`, "dev@127.0.0.1"]);
  await waitUntil("it listens", () => listens({ port: remote }));
  const outside = await bed.run("sh", ["-c", `cat /proc/net/tcp | awk '{print $2, $4}'`]);
  const hex = remote.toString(16).toUpperCase().padStart(4, "0");
  expect(outside.stdout).toContain(`0100007F:${hex} 0A`);
  expect(outside.stdout).not.toContain(`00000000:${hex} 0A`);
  const cancelled = await bed.ssh([...master, "-O", "cancel", "-R", `*:${remote}:127.0.0.1:1`, "dev@127.0.0.1"]);
  expect(cancelled.code).toBe(0);
  await waitUntil("it is cancelled", async () => !(await listens({ port: remote })));
  await bed.ssh([...master, "-O", "forward", "-R", `${remote}:127.0.0.1:1`, "dev@127.0.0.1"]);
  expect(await listens({ port: remote })).toBe(true);
  await bed.ssh([...master, "-O", "exit", "dev@127.0.0.1"]);
  await opened;
  await waitUntil("it ended with its client", async () => !(await listens({ port: remote })));
});

test("a port that is taken is refused, and so is a path at which somebody answers; a dead socket is replaced", async () => {
  const taken = await listening(0, digest);
  const refused = await bed.ssh([
    "-N",
    "-o",
    "ExitOnForwardFailure=yes",
    "-R",
    `${taken}:127.0.0.1:1`,
    "dev@127.0.0.1",
  ]);
  expect(refused.code).toBe(255);
  const alive = path.join(bed.folder, "alive");
  await listening(alive, digest);
  const answered = await bed.ssh([
    "-N",
    "-o",
    "ExitOnForwardFailure=yes",
    "-R",
    `${alive}:127.0.0.1:1`,
    "dev@127.0.0.1",
  ]);
  expect(answered.code).toBe(255);
  const dead = path.join(bed.folder, "dead");
  await bed.run(process.execPath, [
    "-e",
    `require("net").createServer().listen(${JSON.stringify(dead)}, () => process.kill(process.pid, 9))`,
  ]);
  expect(existsSync(dead)).toBe(true);
  await forwarding(["-R", `${dead}:127.0.0.1:${await listening(0, digest)}`], () => listens({ path: dead }));
  expect(await exchange({ path: dead }, bytes)).toBe(sha);
});

test("-A brings the client's keys, through a socket that nobody else may enter, for as long as it is there", async () => {
  mkdirSync(path.join(bed.folder, "keys"));
  const key = path.join(bed.folder, "keys/id");
  await bed.run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "a key", "-f", key]);
  const agent = path.join(bed.folder, "keys/agent");
  const keeper = spawn("ssh-agent", ["-D", "-a", agent], { stdio: "ignore" });
  onTestFinished(() => void keeper.kill());
  await waitUntil("the agent is there", () => existsSync(agent));
  await bed.run("ssh-add", ["-q", key], { env: { SSH_AUTH_SOCK: agent } });
  const command = 'ssh-add -l; stat -c %a "$(dirname $SSH_AUTH_SOCK)"; echo $SSH_AUTH_SOCK';
  const ran = await bed.ssh(["-A", "dev@127.0.0.1", command], { settings: [`IdentityAgent=${agent}`] });
  expect(ran.stdout).toMatch(/SHA256:\S+ a key \(ED25519\)\n700\n\//);
  await waitUntil("its folder is gone", () => !existsSync(path.dirname(ran.stdout.trim().split("\n")[2] ?? "/")));
  const without = await bed.exec("echo ${SSH_AUTH_SOCK:-none}");
  expect(without.stdout).toBe("none\n");
});

test(
  "two hundred connections through one client at once each get their own",
  async () => {
    const port = await listening(0, digest);
    const [local = 0] = await freePorts(1);
    await forwarding(["-L", `${local}:127.0.0.1:${port}`], () => listens({ port: local }));
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => await exchange({ port: local }, Buffer.from(`number ${index}`))),
    );
    expect(answers).toEqual(answers.map((_, index) => createHash("sha256").update(`number ${index}`).digest("hex")));
  },
  longMs,
);

test("nothing is left open after all this", async () => {
  await waitUntil("no connection is left", () => bed.server.size === 0);
});
