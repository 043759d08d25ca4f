// The command line's own way in: what `config-ssh` writes, and OpenSSH's client with it, before a real server and agent.
import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../support/server-process.ts";
import { claimDev } from "../support/claimed-workspace.ts";
import { type ServerUnit, SeveralServers } from "../support/several-servers.ts";
import { waitUntil } from "../support/wait-until.ts";

const testLimitMs = 180_000;
const template = `
driver: process
presets: [ { name: one, prebuilds: { instances: 2 } } ]
agents: [ { name: main } ]
`;

interface Ran {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

let system: SeveralServers;
let server: ServerUnit;
/** With a blank and a percent sign, which are special to OpenSSH. */
let sshFolder = "";
const config = (): string => path.join(sshFolder, "prewarm/config");
const knownHosts = (): string => path.join(sshFolder, "prewarm/known_hosts");

beforeAll(async () => {
  system = await SeveralServers.start();
  sshFolder = path.join(system.folder, "an ssh %h folder");
  server = await system.addServer("one");
  await claimDev(system, server, template);
  const body = { name: "api", template: "web", mode: "warm_only" } as const;
  await waitUntil("another is claimed", () => server.admin.call("createWorkspace", { body }).catch(() => undefined));
  expect((await prewarm(["config-ssh"])).code).toBe(0);
}, testLimitMs);
afterAll(() => system.close(), testLimitMs);

const env = (): NodeJS.ProcessEnv => ({
  PATH: process.env["PATH"],
  HOME: system.folder,
  PREWARM_URL: server.url,
  PREWARM_TOKEN: server.admin.token ?? "",
  PREWARM_CONFIG_DIR: path.join(system.folder, "config"),
  PREWARM_SSH_DIR: sshFolder,
});

function begin(program: string, args: readonly string[]): ChildProcess {
  return spawn(program, args, { env: env(), stdio: ["pipe", "pipe", "pipe"] });
}

function finish(child: ChildProcess, input: string | Buffer | null = ""): Promise<Ran> {
  const out: Buffer[] = [];
  let stderr = "";
  child.stdout?.on("data", (piece: Buffer) => out.push(piece));
  child.stderr?.on("data", (piece) => (stderr += String(piece)));
  child.stdin?.on("error", () => undefined);
  // Null: it stays open.
  if (input !== null) child.stdin?.end(input);
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout: Buffer.concat(out), stderr })));
}

const prewarm = (args: readonly string[]): Promise<Ran> =>
  finish(begin(process.execPath, [path.join(root, "bin/prewarm"), ...args]));

/** OpenSSH kept away from what whoever runs the tests has of his own. */
const own = [
  "-o",
  "GlobalKnownHostsFile=/dev/null",
  "-o",
  "IdentityAgent=none",
  "-o",
  "IdentityFile=none",
  "-o",
  "BatchMode=yes",
];
const ssh = (args: readonly string[], input: string | Buffer = ""): Promise<Ran> =>
  finish(begin("ssh", ["-F", config(), ...own, ...args]), input);

async function build(transition: "stop" | "start", name = "dev"): Promise<void> {
  const done = transition === "stop" ? "stopped" : "running";
  await server.admin.call("createBuild", { params: { workspace: name }, body: { transition } });
  await waitUntil(`it is ${done}`, async () => {
    const { status, isUsable } = await server.admin.call("getWorkspace", { params: { workspace: name } });
    return status === done && (transition === "stop" || isUsable);
  });
}

/** As an editor that has long been connected has it. */
async function noteConnection(name: string): Promise<void> {
  const { id } = await server.admin.call("getWorkspace", { params: { workspace: name } });
  mkdirSync(path.join(system.folder, "config/connections"), { recursive: true });
  writeFileSync(path.join(system.folder, "config/connections", id), new Date().toISOString());
}

test(
  "the first connection of all checks the key, by every name that a workspace has, and says nothing of its own",
  async () => {
    for (const host of ["prewarm.dev", "prewarm.dev.main", "prewarm.admin--dev", "prewarm.DEV"]) {
      rmSync(knownHosts(), { force: true });
      const ran = await ssh([host, "echo $PREWARM_WORKSPACE_NAME; exit 7"]);
      expect(ran).toEqual({ code: 7, stdout: Buffer.from("dev\n"), stderr: "" });
      expect(statSync(knownHosts()).mode & 0o777).toBe(0o600);
    }
  },
  testLimitMs,
);

test(
  "connections at the same time each leave their workspace's key",
  async () => {
    rmSync(knownHosts(), { force: true });
    const hosts = ["dev", "api", "dev.main", "api.main", "admin--dev", "admin--api"].map((name) => `prewarm.${name}`);
    const ran = await Promise.all(hosts.map((host) => ssh([host, "true"])));
    expect(ran.map(({ code, stderr }) => ({ code, stderr }))).toEqual(hosts.map(() => ({ code: 0, stderr: "" })));
    const names = readFileSync(knownHosts(), "utf8")
      .split("\n")
      .map((line) => line.split(" ")[0]);
    expect(names.filter((name) => name !== "").toSorted()).toEqual(hosts.toSorted());
    expect(readdirSync(path.dirname(knownHosts())).toSorted()).toEqual(["config", "known_hosts"]);
  },
  testLimitMs,
);

test(
  "bytes go both ways whole, and each side may end first",
  async () => {
    const bytes = randomBytes(20_000_000);
    const echoed = await ssh(["prewarm.dev", "cat"], bytes);
    expect(echoed).toMatchObject({ code: 0, stderr: "" });
    const sha = (all: Buffer): string => createHash("sha256").update(all).digest("hex");
    expect(sha(echoed.stdout)).toBe(sha(bytes));
    const closed = begin("ssh", ["-F", config(), ...own, "prewarm.dev", "head -c 3"]);
    closed.stdin?.write("abcdef");
    expect(String((await finish(closed, null)).stdout)).toBe("abc");
  },
  testLimitMs,
);

test(
  "what there is not, or belongs to nobody yet, is said on standard error with what to do next, and answers 255",
  async () => {
    const { prebuilds } = await server.admin.call("listPrebuilds", {});
    const waiting = prebuilds.find(({ state }) => state === "ready");
    const cases = [
      ["prewarm.nothing", /nothing.*\n→ `prewarm list`/],
      ["prewarm.dev.other", /dev has no agent "other"\.\n→ Its agents are: main\./],
      ["prewarm.a--b--c", /is no host of a workspace/],
      ["prewarm.nobody--dev", /→ /],
    ] as const;
    expect(waiting === undefined || waiting.workspaceId !== "").toBe(true);
    for (const [host, words] of cases) {
      const ran = await finish(begin(process.execPath, [path.join(root, "bin/prewarm"), "ssh", "--stdio", host]));
      expect(ran.stderr).toMatch(words);
      expect(ran).toMatchObject({ code: 255, stdout: Buffer.alloc(0) });
    }
  },
  testLimitMs,
);

test(
  "`prewarm ssh` runs a command with options of ssh and its exit code, and starts what is stopped",
  async () => {
    const ran = await prewarm(["ssh", "dev", ...own, "-T", "--", "echo $0 -L; exit 5"]);
    expect(ran).toMatchObject({ code: 5, stderr: "" });
    expect(String(ran.stdout)).toMatch(/ -L\n$/);
    await build("stop");
    await noteConnection("dev");
    const started = await prewarm(["ssh", "dev", ...own, "echo started"]);
    expect(started).toMatchObject({ code: 0, stdout: Buffer.from("started\n") });
    expect(started.stderr).toContain("prewarm: dev is stopped; it is started…\n");
  },
  testLimitMs,
);

test(
  "a connection that comes back by itself does not undo a stop, and another one starts the workspace",
  async () => {
    const running = ssh(["prewarm.dev", "touch begun; sleep 600"]);
    await waitUntil("it runs", async () => (await ssh(["prewarm.dev", "test -f begun"])).code === 0);
    const notes = path.join(system.folder, "config/connections");
    rmSync(notes, { recursive: true, force: true });
    const again = ssh(["prewarm.dev", "sleep 600"]);
    await waitUntil("the connection is noted", () => {
      try {
        return readdirSync(notes).length > 0;
      } catch {
        return false;
      }
    });
    await build("stop");
    const ended = await running;
    expect(ended.code).toBe(255);
    expect(ended.stderr).toMatch(/^prewarm: The workspace .*\n→ `prewarm show dev` says what the workspace does\./);
    expect((await again).code).toBe(255);
    const back = await ssh(["prewarm.dev", "true"]);
    expect(back).toMatchObject({ code: 255, stdout: Buffer.alloc(0) });
    expect(back.stderr).toMatch(
      /dev was stopped at \d\d:\d\d by admin, while you were connected.*\n→ Start it with `prewarm start dev`\./,
    );
    rmSync(notes, { recursive: true });
    const never = await finish(
      begin(process.execPath, [path.join(root, "bin/prewarm"), "ssh", "--stdio", "--start", "never", "dev"]),
    );
    expect(never.stderr).toContain("dev is stopped.");
    const started = await ssh(["prewarm.dev", "echo here"]);
    expect(started).toMatchObject({ code: 0, stdout: Buffer.from("here\n") });
    expect(started.stderr).toContain("prewarm: dev is stopped; it is started…\n");
  },
  testLimitMs,
);

test(
  "when OpenSSH is killed, what it started ends as well",
  async () => {
    const child = begin("ssh", ["-F", config(), ...own, "prewarm.dev", "echo up; sleep 600"]);
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    const proxies = (): string[] =>
      readdirSync("/proc").filter(
        (pid) => /^\d+$/.test(pid) && commandOf(pid).includes(`ssh\0--stdio\0--url\0${server.url}`),
      );
    expect(proxies()).toHaveLength(1);
    child.kill("SIGKILL");
    await waitUntil("it is gone", () => proxies().length === 0);
  },
  testLimitMs,
);

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

test(
  "a person's own configuration reaches the workspace by the line that was added, and no host with a quote does",
  async () => {
    const folder = path.join(system.folder, "another ssh folder");
    const entry = [path.join(root, "bin/prewarm"), "config-ssh"];
    const child = spawn(process.execPath, entry, { env: { ...env(), PREWARM_SSH_DIR: folder } });
    expect(await finish(child)).toMatchObject({ code: 0 });
    const person = path.join(folder, "config");
    writeFileSync(person, `${readFileSync(person, "utf8")}Host *\n  User somebody\n`);
    const ran = await finish(begin("ssh", ["-F", person, ...own, "prewarm.dev", "echo by include"]));
    expect(ran).toEqual({ code: 0, stdout: Buffer.from("by include\n"), stderr: "" });
    const settings = async (host: string) => String((await finish(begin("ssh", ["-F", person, "-G", host]))).stdout);
    expect(await settings("prewarm.dev")).toContain("proxycommand ");
    expect(await settings("other.dev")).not.toContain("proxycommand ");
    expect(await settings("prewarm.x'y")).not.toContain("proxycommand ");
  },
  testLimitMs,
);

test(
  "scp and forwards go over it too",
  async () => {
    const file = path.join(system.folder, "some file");
    writeFileSync(file, "text");
    expect(await finish(begin("scp", ["-F", config(), ...own, file, "prewarm.dev:copied"]))).toMatchObject({
      code: 0,
      stderr: "",
    });
    expect(String((await ssh(["prewarm.dev", "cat copied"])).stdout)).toBe("text");
    const host = new URL(server.url);
    const over = begin("ssh", ["-F", config(), ...own, "-W", `localhost:${host.port}`, "prewarm.dev"]);
    over.stdin?.write("GET /readyz HTTP/1.0\r\n\r\n");
    expect(String((await finish(over, null)).stdout)).toContain("HTTP/1.1 200");
  },
  testLimitMs,
);

test(
  "keys of running workspaces are there before anybody connects, and go with their workspaces",
  async () => {
    const hosts = (): string[] =>
      readFileSync(knownHosts(), "utf8")
        .split("\n")
        .flatMap((line) => line.split(" ")[0] || []);
    rmSync(knownHosts(), { force: true });
    expect((await prewarm(["config-ssh"])).code).toBe(0);
    expect(hosts()).toEqual(expect.arrayContaining(["prewarm.dev", "prewarm.api"]));
    const ahead = readFileSync(knownHosts(), "utf8");
    // The proxy replaces what is not right.
    for (const name of ["dev", "api"]) expect(await ssh([`prewarm.${name}`, "true"])).toMatchObject({ code: 0 });
    expect(readFileSync(knownHosts(), "utf8")).toBe(ahead);
    const other = `prewarm.elsewhere.other ${ahead.split(" ").slice(1, 3).join(" ")}\nwork.gone ssh-ed25519 x\n`;
    writeFileSync(knownHosts(), `${ahead}${other}`);
    const made = await waitUntil("a third is there", async () => {
      const ran = await prewarm(["create", "third", "--template", "web"]);
      return ran.code === 0 ? ran : undefined;
    });
    expect(made.code).toBe(0);
    // Of another deployment's prefix nothing is known here.
    expect(hosts().toSorted()).toEqual(["prewarm.api", "prewarm.dev", "prewarm.third", "work.gone"]);
    expect((await prewarm(["rename", "third", "last"])).code).toBe(0);
    expect(hosts()).toContain("prewarm.last");
    expect(hosts()).not.toContain("prewarm.third");
    expect((await prewarm(["delete", "last", "--yes"])).code).toBe(0);
    expect(hosts().toSorted()).toEqual(["prewarm.api", "prewarm.dev", "work.gone"]);
  },
  testLimitMs,
);

test(
  "names follow what `rename` and `create` do",
  async () => {
    expect(readFileSync(config(), "utf8")).toContain("Host prewarm.api prewarm.dev prewarm.*");
    expect((await prewarm(["rename", "api", "backend"])).code).toBe(0);
    expect(readFileSync(config(), "utf8")).toContain("Host prewarm.backend prewarm.dev prewarm.*");
  },
  testLimitMs,
);
