// From OpenSSH's client through the tunnel and a real server into a workspace's agent, as it is shipped.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tunnelPath } from "../../src/contracts/tunnel.ts";
import { bundleProgram } from "../support/bundled-program.ts";
import { claimDev } from "../support/claimed-workspace.ts";
import { type ServerUnit, SeveralServers } from "../support/several-servers.ts";
import { waitUntil } from "../support/wait-until.ts";

const testLimitMs = 180_000;
const template = `
driver: process
presets: [ { name: one, prebuilds: { instances: 1 } } ]
agents: [ { name: main } ]
`;

let system: SeveralServers;
let server: ServerUnit;
let workspaceId = "";
let proxy = "";
let knownHosts = "";

beforeAll(async () => {
  system = await SeveralServers.start();
  proxy = path.join(system.folder, "ssh-proxy.mjs");
  knownHosts = path.join(system.folder, "known_hosts");
  await bundleProgram("test/support/ssh-proxy.ts", proxy);
  server = await system.addServer("one");
  workspaceId = await claimDev(system, server, template);
}, testLimitMs);
afterAll(() => system.close(), testLimitMs);

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function options(id: string): readonly string[] {
  const url = `${server.url.replace("http", "ws")}${tunnelPath(id)}`;
  const settings = {
    ProxyCommand: `${process.execPath} ${proxy} ${url} ${server.admin.token ?? ""} ${knownHosts}`,
    UserKnownHostsFile: knownHosts,
    GlobalKnownHostsFile: "/dev/null",
    StrictHostKeyChecking: "yes",
    HostKeyAlias: "workspace",
    IdentityAgent: "none",
    IdentityFile: "none",
    BatchMode: "yes",
    LogLevel: "ERROR",
  };
  return ["-F", "none", ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`])];
}

function run(program: string, args: readonly string[], input = ""): Promise<Ran> {
  const child = spawn(program, args);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (piece) => (stdout += String(piece)));
  child.stderr.on("data", (piece) => (stderr += String(piece)));
  child.stdin.end(input);
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
}

const ssh = (args: readonly string[], id = workspaceId): Promise<Ran> => run("ssh", [...options(id), ...args]);

test(
  "the first connection checks the host's key, and the command has the workspace's environment",
  async () => {
    const ran = await ssh(["dev@workspace", "echo $PREWARM_OWNER $PREWARM_WORKSPACE_NAME; pwd; echo $HOME; exit 6"]);
    expect(ran).toMatchObject({ code: 6, stderr: "" });
    const [names, folder, home] = ran.stdout.split("\n");
    expect(names).toBe("admin dev");
    expect(folder).toBe(home);
  },
  testLimitMs,
);

test(
  "a terminal and files work in the agent as it is shipped",
  async () => {
    const ran = await ssh(["-tt", "dev@workspace", "tty; exit 4"]);
    expect(ran).toMatchObject({ code: 4 });
    expect(ran.stdout).toMatch(/^\/dev\/pts\/\d+\r\n$/);
    const copy = path.join(system.folder, "copy");
    const file = path.join(system.folder, "file");
    writeFileSync(file, Buffer.alloc(5_000_000, "some text "));
    expect(await run("scp", [...options(workspaceId), file, "dev@workspace:file"])).toMatchObject({ code: 0 });
    expect(await run("scp", [...options(workspaceId), "dev@workspace:file", copy])).toMatchObject({ code: 0 });
    expect(readFileSync(copy).equals(readFileSync(file))).toBe(true);
  },
  testLimitMs,
);

test(
  "a prebuild has no SSH server, and so no key",
  async () => {
    const prebuild = await waitUntil("there is another one", async () => {
      const { prebuilds } = await server.admin.call("listPrebuilds", { query: { state: "ready" } });
      return prebuilds[0];
    });
    const ran = await ssh(["dev@workspace", "true"], prebuild.workspaceId);
    expect(ran.code).toBe(255);
    expect(ran.stdout).toBe("");
  },
  testLimitMs,
);

test(
  "a stop ends the connection, and after a start the key is the same",
  async () => {
    const before = readFileSync(knownHosts, "utf8");
    const running = ssh(["dev@workspace", "echo begun > begun; sleep 600"]);
    await waitUntil("it runs", async () => (await ssh(["dev@workspace", "cat begun"])).stdout === "begun\n");
    const build = async (transition: "stop" | "start"): Promise<unknown> =>
      await server.admin.call("createBuild", { params: { workspace: workspaceId }, body: { transition } });
    await build("stop");
    expect((await running).code).toBe(255);
    await waitUntil("it can be started", async () => await build("start").catch(() => undefined));
    await waitUntil("it is there again", async () => (await ssh(["dev@workspace", "echo back"])).stdout === "back\n");
    expect(readFileSync(knownHosts, "utf8")).toBe(before);
  },
  testLimitMs,
);
