// The SSH gateway by the real client of OpenSSH: through two servers, of which one has the agent.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { freePorts } from "../../chaos/system/free-port.ts";
import { Client } from "../../src/client/client.ts";
import { claimDev } from "../support/claimed-workspace.ts";
import { root } from "../support/server-process.ts";
import { type ServerUnit, SeveralServers } from "../support/several-servers.ts";
import { waitUntil } from "../support/wait-until.ts";

const testLimitMs = 180_000;
const template = `
driver: process
presets: [ { name: one, prebuilds: { instances: 2 } } ]
agents: [ { name: Main } ]
`;

let system: SeveralServers;
type Name = "one" | "other";
let servers: Readonly<Record<Name, ServerUnit>>;
let ports: Readonly<Record<Name, number>>;
const knownHosts = (): string => path.join(system.folder, "known_hosts");
const keyFile = (name: string): string => path.join(system.folder, name);

beforeAll(async () => {
  const [one = 0, other = 0] = await freePorts(2);
  ports = { one, other };
  system = await SeveralServers.start();
  const env = (port: number): Record<string, string> => ({ PREWARM_SSH_LISTEN: `127.0.0.1:${port}` });
  const first = await system.addServer("one", { env: env(one) });
  const second = await system.addServer("other", { env: { ...env(other), PREWARM_PROVISIONER_BUILTIN: "false" } });
  servers = { one: first, other: second };
  await claimDev(system, first, template);
  await makeKey("laptop", ["-t", "ed25519"]);
  await add(first.admin, "laptop");
  await trust();
}, testLimitMs);
afterAll(() => system.close(), testLimitMs);

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, args: readonly string[], input: string | null = ""): Promise<Ran> {
  const child = spawn(program, args, { env: { PATH: process.env["PATH"], HOME: system.folder } });
  onTestFinished(() => void child.kill());
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (piece) => (stdout += String(piece)));
  child.stderr.on("data", (piece) => (stderr += String(piece)));
  child.stdin.on("error", () => undefined);
  if (input !== null) child.stdin.end(input);
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
}

async function makeKey(name: string, args: readonly string[]): Promise<void> {
  await new Promise((resolve) =>
    spawn("ssh-keygen", ["-q", "-N", "", "-C", name, "-f", keyFile(name), ...args]).once("close", resolve),
  );
}

async function add(client: Client, name: string): Promise<void> {
  await client.call("addLoginKey", { body: { publicKey: readFileSync(`${keyFile(name)}.pub`, "utf8") } });
}

/** What a person does once: the gateway's key as the server says it, that of the workspace as `config-ssh` does. */
async function trust(): Promise<void> {
  const { hostKey } = await servers.one.admin.call("getSshGateway", {});
  const lines = [ports.one, ports.other].map((port) => `[127.0.0.1]:${port} ${hostKey}\n`);
  writeFileSync(knownHosts(), lines.join(""));
}

interface By {
  readonly key?: string;
  readonly user?: string;
}

const settings = (key: string): readonly string[] =>
  [
    `UserKnownHostsFile=${knownHosts()}`,
    "GlobalKnownHostsFile=/dev/null",
    "StrictHostKeyChecking=yes",
    "IdentityAgent=none",
    "IdentitiesOnly=yes",
    `IdentityFile=${keyFile(key)}`,
    "BatchMode=yes",
    // At which a refusal is told with its words.
    "LogLevel=INFO",
  ].flatMap((setting) => ["-o", setting]);

/** OpenSSH does not hand its options on to the client that jumps: a file does. */
function configOf(server: Name, { key = "laptop", user = "admin" }: By): string {
  const file = path.join(system.folder, `config-${server}-${key}-${user}`);
  const lines = settings(key).filter((word) => word !== "-o");
  const text = [
    "Host gateway",
    "  HostName 127.0.0.1",
    `  Port ${ports[server]}`,
    `  User ${user}`,
    ...lines.map((line) => `  ${line}`),
    // Of the inner host nothing is known before: it says who it is over what the server vouches for.
    "Host *",
    `  ${`UserKnownHostsFile ${system.folder}/inner_hosts`}`,
    "  StrictHostKeyChecking accept-new",
    ...lines.filter((line) => !/KnownHosts|StrictHost/.test(line)).map((line) => `  ${line}`),
  ];
  writeFileSync(file, `${text.join("\n")}\n`);
  return file;
}

const jump = (server: Name, args: readonly string[], by: By = {}, input: string | null = ""): Promise<Ran> =>
  run("ssh", ["-F", configOf(server, by), "-J", "gateway", ...args], input);
const direct = (server: Name, args: readonly string[], by: By = {}): Promise<Ran> =>
  run("ssh", ["-F", configOf(server, by), ...args, "gateway"]);

async function member(username: string): Promise<Client> {
  const password = `password of ${username}`;
  await servers.one.admin.call("createUser", { body: { username, password } });
  const client = new Client({ url: servers.one.url });
  const { secret } = await client.call("login", { body: { username, password } });
  return new Client({ url: servers.one.url, token: secret });
}

test.each(["one", "other"] as const)(
  "by the server %s, ssh -J gets into a workspace with a key of the person's",
  async (name) => {
    const ran = await jump(name, ["prewarm@dev", "echo $PREWARM_WORKSPACE_NAME; exit 7"]);
    expect(ran).toMatchObject({ code: 7, stdout: "dev\n" });
    const byOwner = await jump(name, ["prewarm@admin--dev.main", "cat"], {}, "to and fro");
    expect(byOwner).toMatchObject({ code: 0, stdout: "to and fro" });
    const straight = await direct(name, ["-W", "dev:22"]);
    expect(straight.stdout).toMatch(/^SSH-2\.0-Prewarm_/);
  },
  testLimitMs,
);

test(
  "all servers show one host key, which the API and `prewarm doctor` tell",
  async () => {
    const [one, other] = [
      await servers.one.admin.call("getSshGateway", {}),
      await servers.other.admin.call("getSshGateway", {}),
    ];
    expect(one.hostKey).toBe(other.hostKey);
    expect([one.port, other.port]).toEqual([ports.one, ports.other]);
    const { findings } = await servers.other.admin.call("doctor", {});
    expect(findings.find(({ check }) => check === "ssh_gateway")?.message).toContain(one.fingerprint ?? "none");
    expect(findings.filter(({ check, severity }) => severity === "error" && check.includes("secret"))).toEqual([]);
  },
  testLimitMs,
);

test(
  "the keys to be trusted are printed by the command line, where there is one, and no other key is",
  async () => {
    const env = {
      PATH: process.env["PATH"],
      HOME: system.folder,
      PREWARM_URL: servers.one.url,
      PREWARM_TOKEN: servers.one.admin.token ?? "",
      PREWARM_SSH_DIR: path.join(system.folder, "no ssh"),
    };
    const child = spawn(process.execPath, [path.join(root, "bin/prewarm"), "config-ssh", "--known-hosts"], { env });
    let printed = "";
    child.stdout.on("data", (piece) => (printed += String(piece)));
    await new Promise((resolve) => child.once("close", resolve));
    const { hostKey } = await servers.one.admin.call("getSshGateway", {});
    const inner = readFileSync(path.join(system.folder, "inner_hosts"), "utf8").split("\n");
    expect(inner).toContain(printed.split("\n")[1]);
    expect(printed).toBe(`[127.0.0.1]:${ports.one} ${hostKey}\n${inner.find((line) => line.startsWith("dev "))}\n`);
    expect(existsSync(path.join(system.folder, "no ssh"))).toBe(false);
  },
  testLimitMs,
);

test.each([
  ["ecdsa", ["-t", "ecdsa", "-b", "384"]],
  ["rsa", ["-t", "rsa", "-b", "2048"]],
])(
  "a key of the type %s signs in",
  async (name, args) => {
    await makeKey(name, args);
    await add(servers.one.admin, name);
    expect(await jump("other", ["prewarm@dev", "echo in"], { key: name })).toMatchObject({ code: 0, stdout: "in\n" });
    const { loginKeys } = await servers.one.admin.call("listLoginKeys", {});
    expect(loginKeys.find((key) => key.name === name)?.lastUsedAt).not.toBeNull();
  },
  testLimitMs,
);

test(
  "nobody gets in with another key, for another name, or without a key",
  async () => {
    await makeKey("stranger", ["-t", "ed25519"]);
    await member("bob");
    for (const by of [{ key: "stranger" }, { user: "bob" }, { user: "nobody" }, { user: "prebuilds" }]) {
      const ran = await direct("one", ["-W", "dev:22"], by);
      expect(ran).toMatchObject({ code: 255, stdout: "" });
      expect(ran.stderr).toContain("Permission denied (publickey)");
    }
    const password = await run("ssh", [
      "-F",
      "none",
      "-p",
      String(ports.one),
      ...settings("stranger"),
      "-o",
      "PubkeyAuthentication=no",
      "-o",
      "PreferredAuthentications=password,keyboard-interactive",
      "-W",
      "dev:22",
      "admin@127.0.0.1",
    ]);
    expect(password.stderr).toContain("Permission denied (publickey)");
  },
  testLimitMs,
);

test(
  "it leads to port 22 of the person's own workspaces, and nowhere else",
  async () => {
    const carol = await member("carol");
    await makeKey("carols", ["-t", "ed25519"]);
    await add(carol, "carols");
    const by = { user: "carol", key: "carols" };
    const { prebuilds } = await servers.one.admin.call("listPrebuilds", {});
    const waiting = prebuilds.find(({ state }) => state === "ready");
    const { port } = new URL(servers.one.url);
    const cases = [
      [`localhost:${port}`, {}, /leads to port 22 of workspaces alone/],
      ["169.254.169.254:80", {}, /leads to port 22 of workspaces alone/],
      ["dev:2222", {}, /leads to port 22 of workspaces alone/],
      ["localhost:22", {}, /There is no workspace "localhost"/],
      ["admin--dev:22", by, /There is no workspace "admin\/dev" of yours/],
      ["dev:22", by, /There is no workspace "dev" of yours/],
      [`prebuilds--${waiting?.name ?? "any"}:22`, {}, /prebuild|There is no workspace/],
    ] as const;
    for (const [target, who, words] of cases) {
      const ran = await direct("other", ["-W", target], who);
      expect(ran).toMatchObject({ code: 255, stdout: "" });
      expect(ran.stderr).toMatch(words);
    }
  },
  testLimitMs,
);

test(
  "a shell, a command and sftp are answered by how to jump, and by nothing more",
  async () => {
    for (const args of [[], ["-tt"], ["-s"]] as const) {
      const command = args[0] === "-s" ? ["sftp"] : [];
      const ran = await run("ssh", ["-F", configOf("one", {}), ...args, "gateway", ...command]);
      expect(ran.code).toBe(1);
      expect(ran.stderr + ran.stdout).toMatch(/ssh -J admin@\S+:\d+ prewarm@dev — Your workspaces: dev\./);
    }
    const command = await run("ssh", ["-F", configOf("one", {}), "gateway", "echo a command"]);
    expect(command).toMatchObject({ code: 1, stdout: "" });
    const forwards = await run("ssh", [
      "-F",
      configOf("one", {}),
      "-N",
      "-o",
      "ExitOnForwardFailure=yes",
      "-R",
      "0:localhost:1",
      "gateway",
    ]);
    expect(forwards.code).toBe(255);
  },
  testLimitMs,
);

/** A session through the gateway, which has begun and stays until somebody ends it. */
async function staying(
  server: Name,
  by: By,
): Promise<{ readonly isOver: () => boolean; readonly ended: Promise<Ran> }> {
  const child = spawn("ssh", ["-F", configOf(server, by), "-J", "gateway", "prewarm@dev", "echo begun; sleep 600"]);
  onTestFinished(() => void child.kill());
  let isOver = false;
  const ended = new Promise<Ran>((resolve) => {
    child.once("close", (code) => {
      isOver = true;
      resolve({ code, stdout: "", stderr: "" });
    });
  });
  const begun = new Promise((resolve) => child.stdout.once("data", resolve));
  await Promise.race([begun, ended]);
  expect(isOver).toBe(false);
  return { isOver: () => isOver, ended };
}

test.each(["one", "other"] as const)(
  "when the key is removed, what is open by it at the server %s ends, and nothing else",
  async (name) => {
    const key = `gone-${name}`;
    await makeKey(key, ["-t", "ed25519"]);
    await add(servers.one.admin, key);
    const gone = await staying(name, { key });
    const stays = await staying(name, {});
    const begunMs = performance.now();
    await servers.other.admin.call("removeLoginKey", { params: { loginKey: key } });
    expect((await gone.ended).code).toBe(255);
    expect(performance.now() - begunMs).toBeLessThan(5_000);
    expect(stays.isOver()).toBe(false);
    expect((await direct(name, ["-W", "dev:22"], { key })).stderr).toContain("Permission denied");
  },
  testLimitMs,
);

test(
  "who is suspended is sent away, and not let in before he is activated again",
  async () => {
    const dave = await member("dave");
    await makeKey("daves", ["-t", "ed25519"]);
    await add(dave, "daves");
    const by = { user: "dave", key: "daves" };
    const connected = run("ssh", ["-F", configOf("other", by), "-N", "gateway"], null);
    await waitUntil("he is in", async () => {
      const { loginKeys } = await servers.one.admin.call("listLoginKeys", { query: { owner: "dave" } });
      return loginKeys[0]?.lastUsedAt ?? undefined;
    });
    const params = { username: "dave" };
    await servers.one.admin.call("suspendUser", { params, body: { reason: "none" } });
    expect((await connected).code).toBe(255);
    expect((await direct("one", [], by)).stderr).toContain("Permission denied");
    await servers.one.admin.call("activateUser", { params });
    expect((await direct("one", [], by)).code).toBe(1);
  },
  testLimitMs,
);

test(
  "a workspace that was stopped lately stays stopped, and says so",
  async () => {
    const build = async (transition: "stop" | "start"): Promise<unknown> =>
      await servers.one.admin.call("createBuild", { params: { workspace: "dev" }, body: { transition } });
    await build("stop");
    await waitUntil("it is stopped", async () => {
      const { status } = await servers.one.admin.call("getWorkspace", { params: { workspace: "dev" } });
      return status === "stopped";
    });
    const refused = await direct("other", ["-W", "dev:22"]);
    expect(refused.stderr).toMatch(/dev was stopped less than 15 minutes ago.*prewarm start dev/);
    // What was stopped long ago is started, and waited for.
    const sql = new pg.Client({ connectionString: system.postgres.url });
    await sql.connect();
    await sql.query("update builds set created_at = created_at - interval '1 hour'");
    await sql.end();
    expect(await jump("other", ["prewarm@dev", "echo started"])).toMatchObject({ code: 0, stdout: "started\n" });
  },
  testLimitMs,
);

test(
  "who does not sign in holds few places, and keeps nobody out",
  async () => {
    const sockets: Socket[] = [];
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    let closed = 0;
    for (let count = 0; count < 40; count += 1) {
      const socket = connect({ host: "127.0.0.1", port: ports.one, localAddress: "127.0.0.2" });
      socket
        .resume()
        .on("error", () => undefined)
        .on("close", () => (closed += 1));
      sockets.push(socket);
    }
    await waitUntil("those beyond the bound are closed", () => closed >= 30);
    expect(closed).toBeLessThanOrEqual(30);
    expect((await jump("one", ["prewarm@dev", "echo here"])).stdout).toBe("here\n");
    // After the grace the others are closed, too.
    await waitUntil("the grace is over", () => closed === 40, 30_000);
  },
  testLimitMs,
);

/** Whether somebody who comes from the address is greeted, before he goes again. */
function isGreeted(localAddress: string): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port: ports.other, localAddress });
  return new Promise((resolve) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("close", () => resolve(false));
  });
}

test("an address that comes again and again is not heard for the rest of a minute, and others are", async () => {
  let greeted = 0;
  while (greeted <= 120 && (await isGreeted("127.0.0.3"))) greeted += 1;
  // The minute may have ended between them.
  expect(greeted).toBeGreaterThanOrEqual(60);
  expect(greeted).toBeLessThanOrEqual(120);
  expect(await isGreeted("127.0.0.4")).toBe(true);
});

test(
  "a client that tries key after key is sent away after ten",
  async () => {
    const names = Array.from({ length: 11 }, (_, nth) => `try-${nth}`);
    await Promise.all(names.map((name) => makeKey(name, ["-t", "ed25519"])));
    const keys = [...names, "laptop"].flatMap((name) => ["-o", `IdentityFile=${keyFile(name)}`]);
    const others = settings("laptop").filter((word) => word !== "-o" && !word.startsWith("IdentityFile"));
    const ran = await run("ssh", [
      "-F",
      "none",
      "-p",
      String(ports.one),
      ...keys,
      ...others.flatMap((word) => ["-o", word]),
      "-W",
      "dev:22",
      "admin@127.0.0.1",
    ]);
    expect(ran).toMatchObject({ code: 255, stdout: "" });
    expect(ran.stderr).toMatch(/closed|reset/);
  },
  testLimitMs,
);
