// A deployment that lets streams lead to the workspace's own localhost only: `access.forward_targets` is `loopback`.
import { spawn } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { twoServers } from "../support/claimed-workspace.ts";
import { root } from "../support/server-process.ts";
import type { ServerUnit, SeveralServers } from "../support/several-servers.ts";

const testLimitMs = 180_000;
const template = `
driver: process
presets: [ { name: one, prebuilds: { instances: 1 } } ]
agents: [ { name: main } ]
`;
/** Nobody has it (RFC 5737), so that only a refusal can be quick. */
const elsewhere = "192.0.2.1";

let system: SeveralServers;
let servers: Readonly<Record<"one" | "other", ServerUnit>>;
let port = 0;
const greeter = createServer((socket) => void socket.on("error", () => undefined).end("hello"));

beforeAll(async () => {
  const made = await twoServers({ template, env: { PREWARM_ACCESS_FORWARD_TARGETS: "loopback" } });
  system = made.system;
  servers = made;
  await new Promise<void>((resolve) => greeter.listen(0, "127.0.0.1", resolve));
  port = (greeter.address() as AddressInfo).port;
}, testLimitMs);
afterAll(async () => {
  greeter.close();
  await system.close();
}, testLimitMs);

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function prewarm(server: ServerUnit, args: readonly string[], limitMs = testLimitMs): Promise<Ran> {
  const env = {
    PATH: process.env["PATH"],
    HOME: system.folder,
    PREWARM_URL: server.url,
    PREWARM_TOKEN: server.admin.token ?? "",
    PREWARM_CONFIG_DIR: path.join(system.folder, "config"),
    PREWARM_SSH_DIR: path.join(system.folder, "ssh"),
  };
  const child = spawn(process.execPath, [path.join(root, "bin/prewarm"), ...args], { env, timeout: limitMs });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (piece) => (stdout += String(piece)));
  child.stderr.on("data", (piece) => (stderr += String(piece)));
  child.stdin.end();
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
}

const own = ["GlobalKnownHostsFile=/dev/null", "IdentityAgent=none", "IdentityFile=none", "BatchMode=yes"];
const options = own.flatMap((setting) => ["-o", setting]);
const through = (server: ServerUnit, host: string, to: number): Promise<Ran> =>
  prewarm(server, ["ssh", "dev", ...options, "-W", `${host}:${to}`]);

test.each(["one", "other"] as const)(
  "through the server %s, ssh is led to localhost, and elsewhere it is told which option forbids it",
  async (name) => {
    for (const host of ["localhost", "127.0.0.1"]) {
      expect(await through(servers[name], host, port)).toMatchObject({ code: 0, stdout: "hello" });
    }
    for (const host of [elsewhere, "169.254.169.254"]) {
      const refused = await through(servers[name], host, 80);
      expect(refused.code).toBe(255);
      expect(refused.stderr).toContain(`${host} is not led to`);
      expect(refused.stderr).toContain("`access.forward_targets`");
    }
    // A shell is not bounded: what the workspace itself reaches is a matter of its network.
    expect(await prewarm(servers[name], ["ssh", "dev", ...options, "echo a shell"])).toMatchObject({ code: 0 });
  },
  testLimitMs,
);
