// Real clients while the line to their server is cut, delayed, or passes nothing on any more; while a laptop sleeps, and
// while the workspace's machine does. What waits for time to pass waits at the same time.
import { createHash, randomBytes } from "node:crypto";
import type { EventEmitter } from "node:events";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sleep } from "../../src/platform/sleep.ts";
import { agentOf, openedBy } from "../support/agent-process.ts";
import { twoServers } from "../support/claimed-workspace.ts";
import type { ServerUnit, SeveralServers } from "../support/several-servers.ts";
import { proxyBefore, type SilentProxy } from "../support/silent-proxy.ts";
import { type Running, SshPerson } from "../support/ssh-person.ts";
import { waitUntil } from "../support/wait-until.ts";

const testLimitMs = 150_000;
/** A client asks for a sign of life after 10 s of silence, and gives its line up after 20; so does the server. */
const givenUpMs = 21_000;
const shownMs = 60_000;
const mebibyte = 1_048_576;
/** Each takes a process of its own for its pause: many of them are a load. */
const lines = 130;
const template = `
driver: process
presets: [ { name: one, prebuilds: { instances: 2 } } ]
agents: [ { name: main } ]
`;

let system: SeveralServers;
/** The one has the agents; people come to the other, which passes them on. */
let one: ServerUnit;
let other: ServerUnit;
let workspaceId: string;
let agentPid: number;
let descriptors: readonly string[];
const people: SshPerson[] = [];
const proxies: SilentProxy[] = [];

beforeAll(async () => {
  const env = { PREWARM_METRICS_PUBLIC: "true", PREWARM_HTTP_OPENINGS_PER_MINUTE: "0" };
  ({ system, one, other, workspaceId } = await twoServers({ template, env }));
  agentPid = await waitUntil("its agent is found", () => agentOf(workspaceId));
  const first = await person("first", other.url);
  // What the agent loads when it is first asked for stays.
  expect((await first.ssh(["prewarm.dev", "true"]).ended).code).toBe(0);
  descriptors = openedBy(agentPid);
}, testLimitMs);
afterAll(async () => {
  for (const somebody of people) somebody.leave();
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await system.close();
}, testLimitMs);

async function person(name: string, url: string): Promise<SshPerson> {
  const folder = path.join(system.folder, `person-${name}`);
  const somebody = await SshPerson.settle({ folder, url, token: other.admin.token ?? "" });
  people.push(somebody);
  return somebody;
}

/** Somebody behind a line of his own. */
async function behind(name: string): Promise<{ readonly proxy: SilentProxy; readonly who: SshPerson }> {
  const { proxy, url } = await proxyBefore(other.url);
  proxies.push(proxy);
  return { proxy, who: await person(name, url) };
}

/** What `prewarm cp` writes to: under a name of its own until it is through. */
const isOfCopy = (name: string): boolean => /^\.prewarm-cp-|^by-cp/.test(name);

/** Prints for as long as the line is away, and does not know of it. */
const build = (count: number, pauseS: number): string =>
  `for i in $(seq ${count}); do echo line-$i-; ${pauseS === 0 ? ":" : `sleep ${pauseS}`}; done`;

const all = Array.from({ length: 1_000 }, (_, at) => at + 1);
const numbersIn = (text: string): readonly number[] => [...text.matchAll(/line-(\d+)-/g)].map(([, n]) => Number(n));
const countTo = (count: number): readonly number[] => all.slice(0, count);
const shaOf = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");

/** A folder that the workspace's account may write to: with this driver it is of this machine. */
function shared(name: string): string {
  const folder = path.join(system.folder, name);
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  return folder;
}

function makeFile(folder: string, bytes: number): string {
  const file = path.join(folder, "large");
  writeFileSync(file, randomBytes(bytes));
  chmodSync(file, 0o644);
  return file;
}

const far = (text: () => string, line: number): Promise<unknown> =>
  waitUntil(
    () => `line ${line} in ${JSON.stringify(text().slice(-300))}`,
    () => text().includes(`line-${line}-`),
    shownMs,
  );

async function exits(what: string, running: Running, code = 0): Promise<string> {
  const ended = await running.ended;
  expect(ended.code, `${what}: ${ended.stderr}`).toBe(code);
  return ended.stdout.toString();
}

/** Something in the workspace that says a line every 100 ms and says back what it is told. */
async function talker(count: number): Promise<{ readonly port: number; readonly close: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    // What was said on both sides of a cut may come in one piece: what is answered is a line.
    const lines = createInterface(socket).on("line", (line) => socket.write(`back:${line}\n`));
    // It passes on what befalls its socket.
    (lines as EventEmitter).on("error", () => undefined);
    let at = 0;
    const timer = setInterval(() => {
      at += 1;
      socket.write(`line-${at}-\n`);
      if (at === count) clearInterval(timer);
    }, 100);
    socket.on("close", () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: (server.address() as { port: number }).port, close };
}

async function forwarded(who: SshPerson, port: number) {
  const running = who.prewarm(["port-forward", "dev", `${port}:${port}`], null);
  const way = await waitUntil(
    () => `it listens: ${running.text()}${running.stderr()}`,
    () => /127\.0\.0\.1:(\d+) → dev/.exec(running.text() + running.stderr())?.[1],
    shownMs,
  );
  const socket = connect({ host: "127.0.0.1", port: Number(way) });
  let text = "";
  socket.on("error", () => undefined).on("data", (piece) => (text += String(piece)));
  return { running, socket, text: () => text };
}

test.concurrent(
  "a line that is cut again and again loses no byte of ssh, of terminals, of ports and of copies",
  async () => {
    const { proxy, who } = await behind("cut");
    const folder = shared("of-cuts");
    const file = makeFile(folder, 64 * mebibyte);
    const talking = await talker(60);
    const ssh = who.ssh(["prewarm.dev", build(lines, 0.05)]);
    const interactive = who.ssh(["-tt", "prewarm.dev", "stty -echo; while read line; do echo got-$line-; done"], null);
    const terminal = who.seat(["terminal", "dev", "--", "sh", "-c", `${build(lines, 0.05)}; read code; exit 5`]);
    const port = await forwarded(who, talking.port);
    const scp = who.run("scp", [...who.options, "-l", "200000", file, `prewarm.dev:${folder}/by-scp`]);
    const copy = who.prewarm(["cp", file, `dev:${folder}/by-cp`]);
    const down = who.prewarm(["cp", `dev:${file}`, "by-cp-down"]);
    const haveBegun = (): boolean => {
      const [there, here] = [readdirSync(folder), readdirSync(path.join(system.folder, "person-cut"))];
      return there.some(isOfCopy) && there.includes("by-scp") && here.some(isOfCopy);
    };
    await waitUntil("all copies have begun", haveBegun, shownMs);
    for (const at of [15, 45, 75, 105]) {
      await Promise.all([far(ssh.text, at), far(terminal.text, at)]);
      interactive.child.stdin?.write(`${at}\n`);
      port.socket.write(`${at}\n`);
      proxy.cut();
    }
    for (const copying of [scp, copy, down]) await exits("a copy", copying);
    for (const name of ["by-scp", "by-cp"]) expect(shaOf(path.join(folder, name))).toBe(shaOf(file));
    expect(shaOf(path.join(system.folder, "person-cut/by-cp-down"))).toBe(shaOf(file));
    expect(numbersIn(await exits("ssh", ssh))).toEqual(countTo(lines));
    interactive.child.stdin?.write("\u0004");
    expect((await exits("ssh -tt", interactive)).match(/got-\d+-/g)).toEqual([
      "got-15-",
      "got-45-",
      "got-75-",
      "got-105-",
    ]);
    await far(terminal.text, lines);
    terminal.type("\r");
    expect(await terminal.exitCode).toBe(5);
    expect(numbersIn(terminal.text())).toEqual(countTo(lines));
    await far(port.text, 60);
    const cameBack = (): readonly string[] => port.text().match(/back:\d+/g) ?? [];
    await waitUntil(
      () => `all comes back: ${cameBack().join()}`,
      () => cameBack().length >= 4,
    );
    expect(cameBack()).toEqual(["back:15", "back:45", "back:75", "back:105"]);
    expect(numbersIn(port.text())).toEqual(countTo(60));
    port.socket.destroy();
    port.running.child.kill("SIGINT");
    await exits("port-forward", port.running);
    talking.close();
  },
  testLimitMs,
);

test.concurrent.each(["both", "requests", "answers"] as const)(
  "a line that passes nothing on any more, and is not closed (%s), is given up, and no byte is lost",
  async (way) => {
    const { proxy, who } = await behind(`stall-${way}`);
    const folder = shared(`of-stall-${way}`);
    const talking = await talker(250);
    proxy.delay(2);
    const ssh = who.ssh(["prewarm.dev", build(lines, 0.2)]);
    const terminal = who.seat(["terminal", "dev", "--", "sh", "-c", `${build(lines, 0.2)}; exit 6`]);
    const port = await forwarded(who, talking.port);
    const piece = randomBytes(mebibyte);
    const copy = who.prewarm(["cp", "-", `dev:${folder}/by-cp`], null);
    copy.child.stdin?.write(piece);
    // Before that there is no byte of it to lose: it would be begun anew.
    await waitUntil("the copy has begun", () => readdirSync(folder).some(isOfCopy), shownMs);
    await Promise.all([far(ssh.text, 20), far(terminal.text, 20), far(port.text, 5)]);
    proxy.delay(0);
    proxy.stall(way);
    for (let nth = 0; nth < 7; nth += 1) copy.child.stdin?.write(piece);
    copy.child.stdin?.end();
    port.socket.write("typed\n");
    expect(numbersIn(await exits("ssh", ssh))).toEqual(countTo(lines));
    expect(await terminal.exitCode).toBe(6);
    expect(numbersIn(terminal.text())).toEqual(countTo(lines));
    await exits("cp", copy);
    const sent = Buffer.concat(Array.from({ length: 8 }, () => piece));
    expect(readFileSync(path.join(folder, "by-cp")).equals(sent)).toBe(true);
    await far(port.text, 250);
    expect(numbersIn(port.text())).toEqual(countTo(250));
    expect(port.text().match(/back:typed/g)).toHaveLength(1);
    port.socket.destroy();
    port.running.child.kill("SIGINT");
    await exits("port-forward", port.running);
    talking.close();
  },
  testLimitMs,
);

test.concurrent(
  "a laptop that sleeps in the middle of a build shows all of it when it wakes, in a terminal and in ssh",
  async () => {
    const { proxy, who } = await behind("laptop");
    const ssh = who.ssh(["prewarm.dev", build(60, 0.4)]);
    const mark = path.join(shared("of-laptop"), "built");
    const program = `${build(160, 0.4)}; echo done >${mark}; exit 7`;
    const terminal = who.seat(["terminal", "dev", "--", "sh", "-c", program]);
    await Promise.all([far(ssh.text, 5), far(terminal.text, 5)]);
    const asleep = who.processes();
    expect(asleep.length, "ssh, its proxy, and the terminal").toBeGreaterThanOrEqual(3);
    for (const pid of asleep) process.kill(pid, "SIGSTOP");
    proxy.cut();
    // An SSH connection is kept for a minute.
    await sleep(givenUpMs);
    const sleeper = terminal.pid;
    for (const pid of asleep) if (pid !== sleeper) process.kill(pid, "SIGCONT");
    expect(numbersIn(await exits("ssh", ssh))).toEqual(countTo(60));
    // A terminal for as long as it runs: this one is through with its build before anybody looks again.
    await waitUntil("the build is through", () => readOrEmpty(mark) === "done\n", 90_000);
    process.kill(sleeper, "SIGCONT");
    expect(await terminal.exitCode).toBe(7);
    expect(numbersIn(terminal.text())).toEqual(countTo(160));
  },
  testLimitMs,
);

test.concurrent(
  "the machine of the workspace freezes: for a moment nothing notices, for longer it is told, and all goes on",
  async () => {
    const body = { name: "frozen", template: "web", mode: "warm_only" } as const;
    const { workspace } = await waitUntil("another is claimed", () =>
      one.admin.call("createWorkspace", { body }).catch(() => undefined),
    );
    const pid = await waitUntil("its agent is found", () => agentOf(workspace.id));
    const who = await person("frozen", other.url);
    const ssh = who.ssh(["prewarm.frozen", build(lines, 0.4)]);
    const terminal = who.seat(["terminal", "frozen", "--", "sh", "-c", `${build(lines, 0.4)}; exit 8`]);
    await Promise.all([far(ssh.text, 10), far(terminal.text, 10)]);
    const isUsable = async (): Promise<boolean> =>
      (await other.admin.call("getWorkspace", { params: { workspace: workspace.id } })).isUsable;
    process.kill(pid, "SIGSTOP");
    await sleep(5_000);
    expect(await isUsable()).toBe(true);
    process.kill(pid, "SIGCONT");
    await Promise.all([far(ssh.text, 25), far(terminal.text, 25)]);
    expect(terminal.text()).not.toContain("the line is lost");
    process.kill(pid, "SIGSTOP");
    await waitUntil("it is told", async () => !(await isUsable()), 40_000);
    const refused = await who.prewarm(["ping", "frozen"]).ended;
    expect(refused).toMatchObject({ code: 255, stderr: expect.stringContaining("[agent_unavailable]") });
    process.kill(pid, "SIGCONT");
    expect(numbersIn(await exits("ssh", ssh))).toEqual(countTo(lines));
    expect(await terminal.exitCode).toBe(8);
    expect(numbersIn(terminal.text())).toEqual(countTo(lines));
    await waitUntil("it is usable again", isUsable);
  },
  testLimitMs,
);

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

async function streamsOpen(server: ServerUnit): Promise<number> {
  const page = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^prewarm_http_open\{kind="tunnel"\} (\d+)$/m.exec(page)?.[1] ?? Number.NaN);
}

test(
  "after all that no stream, descriptor or process of it is left, with the clients, the servers and the agent",
  async () => {
    for (const somebody of people) await waitUntil("its clients are gone", () => somebody.processes().length === 0);
    for (const server of [one, other]) {
      let last = -1;
      await waitUntil(
        () => `the server holds no stream: ${last}`,
        async () => (last = await streamsOpen(server)) === 0,
      );
    }
    const kinds = (all: readonly string[]): readonly string[] => all.map((one) => one.replace(/\d+/g, "N")).toSorted();
    await waitUntil(
      () => `the agent holds what it held: ${JSON.stringify([kinds(openedBy(agentPid)), kinds(descriptors)])}`,
      () => openedBy(agentPid).length <= descriptors.length,
    );
  },
  testLimitMs,
);
