// Terminals of a workspace, looked at over two servers: what stays, who sees it, and what ends it.
import { randomUUID } from "node:crypto";
import { Writable } from "node:stream";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { CliWorld } from "../../src/cli/world.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { agentOf, memoryOf, openedBy } from "../support/agent-process.ts";
import { twoServers } from "../support/claimed-workspace.ts";
import { type CliBench, cliBench } from "../support/cli-run.ts";
import { administratorPassword, type ServerUnit, type SeveralServers } from "../support/several-servers.ts";
import { TerminalViewer } from "../support/terminal-viewer.ts";
import { waitUntil } from "../support/wait-until.ts";

const testLimitMs = 120_000;
const template = `
driver: process
presets: [ { name: one, prebuilds: { instances: 1 } } ]
agents: [ { name: main, env: { GREETING: hello } } ]
`;

let system: SeveralServers;
/** The one has the daemon, and so the agents; terminals are opened on the other, too. */
let one: ServerUnit;
let other: ServerUnit;
let workspace: string;
let agentPid: number;

beforeAll(async () => {
  const env = { PREWARM_METRICS_PUBLIC: "true" };
  ({ system, one, other, workspaceId: workspace } = await twoServers({ template, env }));
  agentPid = await waitUntil("its agent is found", () => agentOf(workspace));
}, testLimitMs);
afterAll(async () => await system.close(), testLimitMs);

const terminalsHeld = (): number => openedBy(agentPid).filter((one) => one.endsWith("ptmx")).length;

const bearer = (server: ServerUnit): Readonly<Record<string, string>> => ({
  authorization: `Bearer ${server.admin.token ?? ""}`,
});

interface Way {
  readonly id?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly isAcking?: boolean;
}

function look(server: ServerUnit, { id = randomUUID(), headers = bearer(server), ...way }: Way = {}): TerminalViewer {
  const viewer = new TerminalViewer({ url: server.url, workspace, id, headers, ...way });
  onTestFinished(() => viewer.socket.terminate());
  return viewer;
}

async function close(id: string): Promise<void> {
  await one.admin.call("closeTerminal", { params: { workspace, terminal: id }, query: {} });
}

test.each(["one", "other"] as const)(
  "through the server %s a terminal is a login shell with the owner's environment, and tells its exit code",
  async (name) => {
    const viewer = await look(name === "one" ? one : other, { query: { cols: "101", rows: "33" } }).attached();
    viewer.type('echo "$0 $TERM $COLORTERM $GREETING $PREWARM_OWNER $(stty size) $((40+2))"\n');
    await viewer.shows(/-\w+ xterm-256color truecolor hello admin 33 101 42\r\n/);
    viewer.type("exit 7\n");
    await viewer.closed();
    expect(viewer.control("exit")).toEqual({ kind: "exit", exitCode: 7, signal: null });
  },
  testLimitMs,
);

test(
  "what a terminal has printed is seen by whoever comes later, without a gap by whoever comes back",
  async () => {
    const id = randomUUID();
    const first = await look(one, { id, query: { name: "build" } }).attached();
    first.type("PS1=; stty -echo; for i in $(seq 1000); do echo line-$i; done; echo through-$((1+1))\n");
    await first.shows("through-2");
    first.socket.terminate();
    await first.closed();
    const listed = await waitUntil("nobody looks", async () => {
      const { terminals } = await other.admin.call("listTerminals", { params: { workspace }, query: {} });
      const found = terminals.find((terminal) => terminal.id === id);
      return found?.viewers === 0 ? found : undefined;
    });
    expect(listed).toMatchObject({ name: "build", exitCode: null, cols: 80, rows: 24 });
    const back = await look(other, { id, query: { from: String(first.position - 9) } }).attached();
    await back.shows(first.text().slice(-9));
    expect(back.control("attached")).toMatchObject({ position: first.position - 9, isCleared: false, isNew: false });
    const later = await look(one, { id }).attached();
    await later.shows("line-1\r\nline-2\r\n");
    await later.shows("through-2");
    expect(later.control("attached")).toMatchObject({ position: 0, isCleared: true, isNew: false });
    await close(id);
    await later.closed();
    expect(later.control("exit")).toMatchObject({ signal: "SIGHUP" });
    const gone = look(one, { id, query: { from: "0" } });
    await gone.closed();
    expect(gone.control("error")?.message).toContain("any more");
  },
  testLimitMs,
);

test(
  "of several viewers the one who typed last sets the size",
  async () => {
    const id = randomUUID();
    const small = await look(one, { id, query: { cols: "60", rows: "20" } }).attached();
    const wide = await look(other, { id, query: { cols: "160", rows: "50" } }).attached();
    const third = await look(one, { id }).attached();
    await waitUntil("the third is told", () => third.control("size")?.cols === 60);
    wide.type("stty size\n");
    await third.shows("50 160");
    expect(wide.control("size")).toEqual({ kind: "size", cols: 160, rows: 50, isOwn: true });
    expect(small.control("size")).toEqual({ kind: "size", cols: 160, rows: 50, isOwn: false });
    wide.send({ kind: "resize", cols: 161, rows: 51 });
    await waitUntil("its new size is told", () => third.control("size")?.cols === 161);
    wide.socket.close();
    await waitUntil("the size is of those who are left", () => third.control("size")?.cols !== 161);
    await close(id);
  },
  testLimitMs,
);

test(
  "`yes` neither fills the memory nor delays Ctrl-C, though nobody takes what it prints",
  async () => {
    const id = randomUUID();
    const viewer = await look(other, { id, isAcking: false }).attached();
    viewer.type("PS1=ready-; yes 0123456789012345678901234567890123456789\n");
    await waitUntil("it is as far ahead as it may be", () => viewer.bytes >= 524_288);
    const before = memoryOf(agentPid);
    const position = async (): Promise<number> => {
      const { terminals } = await one.admin.call("listTerminals", { params: { workspace }, query: {} });
      return terminals.find((terminal) => terminal.id === id)?.position ?? 0;
    };
    const held = await position();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await position(), "the program waits").toBe(held);
    expect(held).toBeLessThan(700_000);
    viewer.type("\u0003");
    viewer.send({ kind: "ack", position: viewer.position });
    await viewer.shows(/\^C[\s\S]*ready-/);
    expect(memoryOf(agentPid) - before).toBeLessThan(32 * 1_048_576);
    await close(id);
  },
  testLimitMs,
);

test(
  "a page of this server opens one with the session's cookie, and a page of another does not",
  async () => {
    const signedIn = await fetch(`${one.url}/api/v1/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ username: "admin", password: administratorPassword }),
    });
    const cookie = signedIn.headers
      .getSetCookie()
      .map((line) => line.split(";")[0])
      .join("; ");
    expect(cookie).toContain("prewarm_session=");
    const id = randomUUID();
    const own = await look(one, { id, headers: { cookie, origin: one.url } }).attached();
    own.type("echo by-$((1+1))-cookie\n");
    await own.shows("by-2-cookie");
    for (const origin of ["http://evil.example", other.url]) {
      const foreign = look(one, { id, headers: { cookie, origin } });
      await foreign.closed();
      expect(foreign.controls).toEqual([]);
    }
    await close(id);
  },
  testLimitMs,
);

test(
  "there are sixteen at most, and a prebuild has none",
  async () => {
    const ids = Array.from({ length: 16 }, () => randomUUID());
    await Promise.all(ids.map(async (id) => await look(one, { id }).attached()));
    const more = look(other);
    await more.closed();
    expect(more.control("error")?.message).toContain("16 terminals, its limit");
    await Promise.all(ids.map(close));
    const { prebuilds } = await one.admin.call("listPrebuilds", { query: { state: "ready" } });
    for (const { workspaceId } of prebuilds) {
      const viewer = new TerminalViewer({
        url: one.url,
        workspace: workspaceId,
        id: randomUUID(),
        headers: bearer(one),
      });
      await viewer.closed();
      expect(viewer.control("error")?.code).toBe("forbidden");
    }
    expect(prebuilds.length).toBeGreaterThan(0);
  },
  testLimitMs,
);

test("what is no record ends the viewer with a word, and nothing else", async () => {
  const id = randomUUID();
  const steady = await look(one, { id }).attached();
  const bad = [Buffer.alloc(0), Buffer.from([9]), Buffer.from([1, 0]), Buffer.from([2, 255, 0, 0, 0, 0, 0, 0, 0])];
  bad.push(Buffer.from([2, 0, 0, 0, 0, 255, 0, 0, 0]), Buffer.from([3, 0x7b]), Buffer.from([1, 0, 0, 0, 0]));
  for (const message of [...bad, "text"]) {
    const viewer = await look(other, { id }).attached();
    viewer.socket.send(message);
    await viewer.closed();
    expect(viewer.control("error"), String(message)).toBeDefined();
  }
  steady.type("echo steady-$((1+1))\n");
  await steady.shows("steady-2");
  await close(id);
});

test("when the credential is revoked the viewer is sent away within seconds, on the other server, too", async () => {
  const { token, secret } = await one.admin.call("createToken", { body: { name: "tablet" } });
  const id = randomUUID();
  const viewer = await look(other, { id, headers: { authorization: `Bearer ${secret}` } }).attached();
  await one.admin.call("revokeToken", { params: { tokenId: token.id } });
  const before = performance.now();
  await viewer.closed();
  expect(performance.now() - before).toBeLessThan(5_000);
  expect(viewer.control("error")?.code).toBe("unauthenticated");
  await close(id);
}, 30_000);

/** The command line at a terminal of 30 by 90. */
function seat(server: ServerUnit, world: Partial<CliWorld> = {}): CliBench & { readonly isRaw: () => boolean } {
  let isRaw = false;
  const bench = cliBench({
    ...world,
    env: { PREWARM_URL: server.url, PREWARM_TOKEN: server.admin.token ?? "" },
    isInputTerminal: true,
    isOutputTerminal: true,
    terminalSize: () => ({ columns: 90, rows: 30 }),
    random: systemRandom,
    terminal: { setRaw: (value) => (isRaw = value), onResize: () => () => undefined },
  });
  onTestFinished(() => bench.dispose());
  return { ...bench, isRaw: () => isRaw };
}

const shown = async (bench: CliBench, text: string | RegExp): Promise<void> => {
  const isShown = (): boolean => new RegExp(text).test(bench.written().stdout + bench.written().stderr);
  await waitUntil(() => `${String(text)} in ${JSON.stringify(bench.written())}`, isShown, 60_000);
};

test(
  "the command line leaves a terminal, comes back to it, and ends with its program's exit code",
  async () => {
    const bench = seat(other);
    const first = bench.run("terminal", "dev", "--name", "mine");
    await waitUntil("it is raw", () => bench.isRaw());
    bench.stdin.write("echo size-$(stty size)-; kept=here\r");
    await shown(bench, "size-30 90-");
    bench.stdin.write("\r~.");
    const left = await first;
    expect(left).toMatchObject({ exitCode: 0 });
    expect(left.stderr).toMatch(/prewarm terminal dev --attach [0-9a-f-]{36}/);
    expect(bench.isRaw()).toBe(false);
    const listed = await bench.run("terminal", "list", "dev", "--json");
    expect(JSON.parse(listed.stdout)).toMatchObject({ terminals: [{ name: "mine" }] });
    const second = bench.run("terminal", "dev", "--attach", "mine");
    await waitUntil("it is raw again", () => bench.isRaw());
    bench.stdin.write("echo still-$kept\r");
    await shown(bench, "still-here");
    bench.stdin.write("exit 9\r");
    expect((await second).exitCode).toBe(9);
    expect(await bench.run("terminal", "dev", "--attach", "nobody")).toMatchObject({ exitCode: 255 });
    const command = bench.run("terminal", "dev", "--", "sh", "-c", "exit 4");
    expect((await command).exitCode).toBe(4);
  },
  testLimitMs,
);

test(
  "a command line that took nothing for long is sent away, its program goes on, and all is shown once it takes it",
  async () => {
    let text = "";
    let letGo: () => void = () => undefined;
    const stuck = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const stdout = new Writable({
      write(chunk: Buffer, _encoding, done) {
        text += String(chunk);
        void (text.includes("begun-2") ? stuck : Promise.resolve()).then(() => done());
      },
    });
    const bench = seat(other, { stdout });
    const running = bench.run("terminal", "dev", "--name", "stuck");
    await waitUntil("it is raw", () => bench.isRaw());
    bench.stdin.write("PS1=; stty -echo -onlcr; echo begun-$((1+1)); seq 1000000 1200000; echo all; read; exit 6\r");
    await waitUntil("it is sent away", () => bench.written().stderr.includes("the line is lost"), 60_000);
    await waitUntil("its program is through", async () => {
      const { terminals } = await one.admin.call("listTerminals", { params: { workspace }, query: {} });
      return terminals.some(({ name, viewers, position }) => name === "stuck" && viewers === 0 && position > 1_600_000);
    });
    letGo();
    await waitUntil("all of it is shown", () => text.includes("all\n"), 60_000);
    bench.stdin.write("\r");
    expect((await running).exitCode).toBe(6);
    const numbers = [...text.matchAll(/^1\d{6}$/gm)].map(([number]) => Number(number));
    expect(numbers.length).toBe(200_001);
    expect(numbers.every((number, at) => number === 1_000_000 + at)).toBe(true);
  },
  testLimitMs,
);

async function streamsOpen(server: ServerUnit): Promise<number> {
  const page = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^prewarm_http_open\{kind="tunnel"\} (\d+)$/m.exec(page)?.[1] ?? Number.NaN);
}

test(
  "a terminal survives its server, which is killed, without a byte lost",
  async () => {
    const third = await system.addServer("third", { env: { PREWARM_PROVISIONER_BUILTIN: "false" } });
    const port = new URL(third.url).port;
    const bench = seat(third);
    const running = bench.run("terminal", "dev");
    await waitUntil("it is raw", () => bench.isRaw());
    bench.stdin.write("PS1=; stty -echo; for i in $(seq 60); do echo tick-$i-; sleep 0.1; done\r");
    await shown(bench, "tick-5-");
    third.process.child.kill("SIGKILL");
    await third.process.exited;
    await shown(bench, "the line is lost");
    await system.addServer("third", {
      env: { PREWARM_PROVISIONER_BUILTIN: "false", PREWARM_HTTP_PORT: port },
    });
    await shown(bench, "the line is back");
    await shown(bench, "tick-60-");
    bench.stdin.write("exit 3\r");
    expect((await running).exitCode).toBe(3);
    const ticks = [...bench.written().stdout.matchAll(/tick-(\d+)-/g)].map(([, n]) => Number(n));
    expect(ticks).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  },
  testLimitMs,
);

test(
  "nothing is held once all are closed, and a stop ends what is open",
  async () => {
    const { terminals } = await one.admin.call("listTerminals", { params: { workspace }, query: {} });
    for (const { id } of terminals) await close(id);
    await waitUntil("the agent holds no terminal", () => terminalsHeld() === 0);
    let last = -1;
    for (const server of [one, other]) {
      await waitUntil(
        () => `the server holds no stream: ${last}`,
        async () => (last = await streamsOpen(server)) === 0,
      );
    }
    const viewer = await look(other).attached();
    expect(terminalsHeld()).toBe(1);
    viewer.type("sleep 4242 &\n");
    await one.admin.call("createBuild", { params: { workspace }, body: { transition: "stop" } });
    await viewer.closed();
    expect(viewer.control("error") ?? viewer.control("exit")).toBeDefined();
  },
  testLimitMs,
);
