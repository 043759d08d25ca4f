// Three servers behind a load balancer, by which people and agents come: each server is killed in its turn in the middle of
// what people do in a workspace. It goes on by another one, and no byte is lost.
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { packFolder } from "../../src/platform/archive/pack-folder.ts";
import { BalancedServers } from "../support/balanced-servers.ts";
import { type Running, SshPerson } from "../support/ssh-person.ts";
import { waitUntil } from "../support/wait-until.ts";

const testLimitMs = 180_000;
const shownMs = 90_000;
const servers = 3;
const mebibyte = 1_048_576;
/** Says one line after the other until it finds a file. */
const lines = (until: string): string =>
  `i=0; while [ ! -e ${until} ]; do i=$((i+1)); echo line-$i-; sleep 0.1; done; echo all-$i-`;
const template = `
driver: process
presets: [ { name: one, prebuilds: { instances: 1 } } ]
agents: [ { name: main } ]
`;

let balanced: BalancedServers;
let admin: Client;
let who: SshPerson;
let folder: string;

beforeAll(async () => {
  balanced = await BalancedServers.start(servers);
  admin = await balanced.signIn();
  await balanced.startDaemon("daemon", admin);
  await claimed();
  const home = path.join(balanced.system.folder, "person");
  who = await SshPerson.settle({ folder: home, url: balanced.url, token: admin.token ?? "" });
  folder = path.join(balanced.system.folder, "there");
  mkdirSync(folder);
  chmodSync(folder, 0o777);
}, testLimitMs);
afterAll(async () => {
  who.leave();
  await balanced.close();
}, testLimitMs);

async function claimed(): Promise<void> {
  const of = path.join(balanced.system.folder, "template");
  mkdirSync(of);
  writeFileSync(path.join(of, "template.yaml"), template);
  await admin.call("pushTemplate", { params: { template: "web" }, bytes: (await packFolder(of)).bytes });
  const body = { name: "dev", template: "web", mode: "warm_only" } as const;
  await waitUntil(
    "a prebuild is claimed",
    () => admin.call("createWorkspace", { body }).catch(() => undefined),
    shownMs,
  );
}

const sha = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
const lastIn = (text: string): number => Number([...text.matchAll(/line-(\d+)-/g)].at(-1)?.[1] ?? 0);

/** Every line once, in their order. */
function expectAll(text: string): void {
  const told = [...text.matchAll(/line-(\d+)-/g)].map(([, nth]) => Number(nth));
  const count = Number(/all-(\d+)-/.exec(text)?.[1]);
  expect(told).toEqual(Array.from({ length: count }, (_, at) => at + 1));
}

async function exits(what: string, running: Running): Promise<string> {
  const ended = await running.ended;
  expect(ended.code, `${what}: ${ended.stderr}`).toBe(0);
  return ended.stdout.toString();
}

test(
  "each of three servers is killed in its turn: a command, a terminal and a copy go on by the others, and no byte is lost",
  async () => {
    const done = path.join(folder, "done");
    const ssh = who.ssh(["prewarm.dev", lines(done)]);
    const terminal = who.seat(["terminal", "dev", "--", "sh", "-c", `${lines(done)}; exit 6`]);
    const target = path.join(folder, "copied");
    const copy = who.prewarm(["cp", "-", `dev:${target}`], null);
    const pieces = Array.from({ length: servers + 1 }, () => randomBytes(4 * mebibyte));
    const further = async (): Promise<void> => {
      const [bySsh, byTerminal] = [lastIn(ssh.text()), lastIn(terminal.text())];
      await waitUntil(
        () => `both go on after lines ${bySsh} and ${byTerminal}: ${ssh.stderr()}`,
        () => lastIn(ssh.text()) > bySsh + 2 && lastIn(terminal.text()) > byTerminal + 2,
        shownMs,
      );
    };
    for (let nth = 0; nth < servers; nth += 1) {
      await further();
      copy.child.stdin?.write(pieces[nth]);
      await balanced.kill(nth);
    }
    await further();
    copy.child.stdin?.end(pieces[servers]);
    await exits("cp", copy);
    expect(sha(readFileSync(target))).toBe(sha(Buffer.concat(pieces)));
    writeFileSync(done, "");
    expectAll(await exits("ssh", ssh));
    expect(await terminal.exitCode).toBe(6);
    expectAll(terminal.text());
  },
  testLimitMs,
);
