// Servers and the database are killed in the middle of what people do in a workspace: it goes on, and no byte is lost.
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePorts } from "../../chaos/system/free-port.ts";
import { claimDev } from "../support/claimed-workspace.ts";
import { type ServerUnit, SeveralServers } from "../support/several-servers.ts";
import { type Running, SshPerson } from "../support/ssh-person.ts";
import { waitUntil } from "../support/wait-until.ts";

const testLimitMs = 120_000;
const shownMs = 60_000;
const mebibyte = 1_048_576;
const lines = 80;
const template = `
driver: process
presets: [ { name: one, prebuilds: { instances: 1 } } ]
agents: [ { name: main } ]
`;

let system: SeveralServers;
const units: Record<string, ServerUnit> = {};
let ports: readonly number[];
let folder: string;
let who: SshPerson;

/** The one has the daemon, and so the agents; people come to the other. Each comes back at its place. */
async function start(name: "one" | "other"): Promise<void> {
  const port = String(ports[name === "one" ? 0 : 1]);
  const env = { PREWARM_HTTP_PORT: port, PREWARM_PROVISIONER_BUILTIN: String(name === "one") };
  units[name] = await system.addServer(name, { env });
}

async function kill(name: "one" | "other"): Promise<void> {
  const { process } = units[name] as ServerUnit;
  process.child.kill("SIGKILL");
  await process.exited;
}

beforeAll(async () => {
  system = await SeveralServers.start();
  ports = await freePorts(2);
  await start("one");
  await start("other");
  const { url, admin } = units["other"] as ServerUnit;
  await claimDev(system, units["one"] as ServerUnit, template);
  who = await SshPerson.settle({ folder: path.join(system.folder, "person"), url, token: admin.token ?? "" });
  folder = path.join(system.folder, "there");
  mkdirSync(folder);
  chmodSync(folder, 0o777);
}, testLimitMs);
afterAll(async () => {
  who.leave();
  await system.close();
}, testLimitMs);

const sha = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
const counted = Array.from({ length: lines }, (_, at) => at + 1);
const numbersIn = (text: string): readonly number[] => [...text.matchAll(/line-(\d+)-/g)].map(([, n]) => Number(n));
const far = (text: () => string, line: number): Promise<unknown> =>
  waitUntil(`line ${line}`, () => text().includes(`line-${line}-`), shownMs);

async function exits(what: string, running: Running): Promise<string> {
  const ended = await running.ended;
  expect(ended.code, `${what}: ${ended.stderr}`).toBe(0);
  return ended.stdout.toString();
}

const deaths: Readonly<Record<string, () => Promise<void>>> = {
  "the server that passes it on": async () => {
    await kill("other");
    await start("other");
  },
  "the server that holds the agent": async () => {
    await kill("one");
    await start("one");
  },
  "the database": async () => {
    await system.postgres.kill();
    await system.postgres.start();
  },
};

test.each(Object.keys(deaths))(
  "%s is killed in the middle of a copy, a command and a terminal: they go on, and no byte is lost",
  async (name) => {
    const build = `for i in $(seq ${lines}); do echo line-$i-; sleep 0.1; done`;
    const ssh = who.ssh(["prewarm.dev", build]);
    const terminal = who.seat(["terminal", "dev", "--", "sh", "-c", `${build}; exit 6`]);
    const target = path.join(folder, name.replaceAll(" ", "-"));
    const copy = who.prewarm(["cp", "-", `dev:${target}`], null);
    const piece = randomBytes(8 * mebibyte);
    copy.child.stdin?.write(piece);
    await Promise.all([far(ssh.text, 10), far(terminal.text, 10)]);
    // Half of it is under way.
    copy.child.stdin?.write(piece);
    await deaths[name]?.();
    copy.child.stdin?.end(piece);
    expect(numbersIn(await exits("ssh", ssh))).toEqual(counted);
    expect(await terminal.exitCode).toBe(6);
    expect(numbersIn(terminal.text())).toEqual(counted);
    await exits("cp", copy);
    expect(sha(readFileSync(target))).toBe(sha(Buffer.concat([piece, piece, piece])));
  },
  testLimitMs,
);
