// The init script that templates of Coder's embed, really run, with nothing but a token in its environment.
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type HttpDaemon, startHttpDaemon } from "../support/http-daemon.ts";
import { tarArchive } from "../support/tar-archive.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";
import { systemRandom } from "../../src/platform/random.ts";

const startedWithinMs = 20_000;
const start = [
  'echo "$PREWARM_BUILD_STAGE $PREWARM_WORKSPACE_ID" >> "$HOME/starts"; echo $PPID > "$HOME/agent.pid"',
  'echo "$CODER_WORKSPACE_OWNER_NAME $CODER_WORKSPACE_NAME $CODER_WORKSPACE_AGENT_NAME $CODER_AGENT_URL" > "$HOME/seen"',
  'coder stat mem --host > "$HOME/stat"; coder exp sync ping >> "$HOME/stat"',
].join("\n");
const manifest = { driver: "fake", agents: [{ name: "main", hooks: { start: { run: start } } }] };

let server: TestServer;
let daemon: HttpDaemon;
let folder: string;
let running: Started[];

beforeAll(async () => {
  server = await startTestServer({ creationsPerMinuteMax: 0 });
  const succeed = () => ({ kind: "succeeded", claimEffect: "none" }) as const;
  daemon = await startHttpDaemon(server.admin, server.client, succeed);
  const bytes = new Uint8Array(tarArchive([{ path: "template.yaml", content: JSON.stringify(manifest) }]));
  await server.admin.call("pushTemplate", { params: { template: "web" }, bytes });
  await daemon.workOff();
});
afterAll(() => server.stop());

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "prewarm-init-"));
  running = [];
});
afterEach(async () => {
  for (const started of running) await end(started);
  rmSync(folder, { recursive: true, force: true });
});

interface Started {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  /** What it has said on standard error so far. */
  readonly said: () => string;
}

/** Starts words in a process group of their own, with this environment and the programs of this machine. */
function begin(words: readonly string[], environment: Readonly<Record<string, string>>, programs = ""): Started {
  const [program = "", ...args] = words;
  const found = `${programs}${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;
  const child = spawn(program, args, {
    env: { PATH: found, ...environment },
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  let said = "";
  child.stderr.on("data", (data) => {
    said += String(data);
  });
  const exited = new Promise<number | null>((resolve) => child.on("exit", (code) => resolve(code)));
  const started = { child, exited, said: () => said };
  running.push(started);
  return started;
}

async function end({ child, exited }: Started): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), "SIGTERM");
  return await exited;
}

async function initScript(): Promise<string> {
  return await (await fetch(`${server.url}/api/v2/init-script/linux/amd64`)).text();
}

interface Made {
  readonly id: string;
  readonly token: string;
  readonly home: string;
}

/** A workspace that was built, whose agent nobody has started. */
async function make(): Promise<Made> {
  const name = `w${systemRandom.base32(8)}`.toLowerCase();
  const { workspace } = await server.admin.call("createWorkspace", { body: { name, template: "web" } });
  const done = await daemon.workOff();
  const tokens = done
    .flatMap(({ job: { work } }) => (work.kind === "build" ? work.agents : []))
    .map(({ token }) => token);
  const home = path.join(folder, name);
  mkdirSync(home);
  return { id: workspace.id, token: tokens[0] ?? "", home };
}

async function untilReady({ id }: Pick<Made, "id">): Promise<void> {
  const states = async (): Promise<readonly string[]> => {
    const { agents } = await server.admin.call("getWorkspace", { params: { workspace: id } });
    return agents.map(({ state, isConnected }) => `${state} ${isConnected}`);
  };
  await waitUntil("the agent is ready", async () => (await states()).join() === "ready true", startedWithinMs);
}

const read = (...names: readonly string[]): string => readFileSync(path.join(...names), "utf8");

describe.each([
  ["given to sh -c", (script: string) => ["sh", "-c", script]],
  ["pasted into a quoted word of another script", (script: string) => ["sh", "-c", `sh -c '${script}'`]],
  ["behind an export", (script: string) => ["sh", "-c", `set -eu; export OTHER=1; ${script}`]],
])("%s", (_, wordsOf) => {
  test("it brings the agent to ready, which knows by its token what it belongs to", async () => {
    const made = await make();
    begin(wordsOf(await initScript()), { CODER_AGENT_TOKEN: made.token, HOME: made.home });
    await untilReady(made);
    expect(read(made.home, "starts")).toBe(`ordinary ${made.id}\n`);
    expect(existsSync(path.join(made.home, ".prewarm/main/state/start.json"))).toBe(true);
    expect(read(made.home, "seen")).toBe(`admin ${path.basename(made.home)} main ${server.url}/\n`);
    expect(read(made.home, "stat")).toMatch(/^[\d.]+\/[\d.]+ [KMGT]iB \(\d+%\)\nThe agent answers\.\n$/);
  });
});

test("an agent that was killed, and a container that was started again, are the same start: its hook runs once", async () => {
  const made = await make();
  const words = ["sh", "-c", await initScript()];
  const environment = { CODER_AGENT_TOKEN: made.token, HOME: made.home, BINARY_DIR: path.join(folder, "programs") };
  const first = begin(words, environment);
  await untilReady(made);
  expect(existsSync(path.join(folder, "programs/prewarm-agent.mjs"))).toBe(true);

  process.kill(Number(read(made.home, "agent.pid")), "SIGKILL");
  await waitUntil("it says so", () => first.said().includes("the agent has ended with 137 and is started again"));
  await untilReady(made);
  expect(first.child.exitCode).toBeNull();

  await end(first);
  const second = begin(words, environment);
  await untilReady(made);
  expect(second.said()).not.toContain("does not know");
  expect(read(made.home, "starts")).toBe(`ordinary ${made.id}\n`);
});

test("a token may lie in a file, and the home be known to nobody", async () => {
  const made = await make();
  const tokenFile = path.join(folder, "token");
  writeFileSync(tokenFile, `${made.token}\n`);
  const account = systemRandom.base32(8);
  // An account without a name, and so without a home.
  writeFileSync(path.join(folder, "id"), `#!/bin/sh\n[ "$1" = -u ] && echo ${account}\n`);
  chmodSync(path.join(folder, "id"), 0o755);
  begin(["sh", "-c", await initScript()], { CODER_AGENT_TOKEN_FILE: tokenFile }, `${folder}:`);
  const home = `/tmp/prewarm-home-${account}`;
  try {
    await untilReady(made);
    expect(read(home, "starts")).toBe(`ordinary ${made.id}\n`);
  } finally {
    for (const started of running) await end(started);
    rmSync(home, { recursive: true, force: true });
  }
});

test("with a token that the server does not know it goes on trying, says why, and ends when it is told to", async () => {
  const script = await initScript();
  const started = begin(["sh", "-c", script], { CODER_AGENT_TOKEN: "of nobody", HOME: folder });
  const why = /"the server does not know this agent's token, or not yet, and is asked again"/g;
  await waitUntil("it has asked twice", () => (started.said().match(why) ?? []).length > 1, startedWithinMs);
  expect(started.child.exitCode).toBeNull();
  expect(read("/tmp/coder-agent.log")).toContain("does not know this agent's token");
  expect(await end(started)).toBe(0);
});

test("without a token, and without a server, it says so and goes on trying", async () => {
  const script = await initScript();
  const tokenless = begin(["sh", "-c", script], { HOME: folder });
  await waitUntil("it says so", () => tokenless.said().includes("neither CODER_AGENT_TOKEN nor"), startedWithinMs);
  const lost = begin(["sh", "-c", script.replaceAll(server.url, "http://127.0.0.1:1")], { CODER_AGENT_TOKEN: "x" });
  const why = "http://127.0.0.1:1/bin/agent.sh could not be fetched. Is it reachable from here?";
  await waitUntil("it says so twice", () => lost.said().split(why).length > 2, startedWithinMs);
  expect(read("/tmp/coder-agent.log")).toContain(why);
  for (const started of [tokenless, lost]) {
    expect(started.child.exitCode).toBeNull();
    expect(await end(started)).not.toBe(0);
  }
});

test("the program that is served as coder becomes the agent too, by the address that it has or is told", async () => {
  const answer = await fetch(`${server.url}/bin/coder-linux-amd64`);
  expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  const file = path.join(folder, "coder");
  writeFileSync(file, await answer.text(), { mode: 0o755 });
  for (const told of [{}, { CODER_AGENT_URL: server.url }]) {
    const made = await make();
    begin([file, "agent"], { CODER_AGENT_TOKEN: made.token, HOME: made.home, ...told });
    await untilReady(made);
  }
  expect(await begin([file, "login"], {}).exited).toBe(1);
});

test("there is no script for a machine that no agent runs on", async () => {
  for (const where of ["/api/v2/init-script/windows/amd64", "/bin/coder-darwin-arm64"]) {
    const answer = await fetch(`${server.url}${where}`);
    expect(answer.status, where).toBe(404);
    expect(await answer.json()).toMatchObject({ error: { code: "not_found" } });
  }
});

test("the owner's key is given to nobody, and whoever asks for it is told what signs", async () => {
  const answer = await fetch(`${server.url}/api/v2/workspaceagents/me/gitsshkey`, {
    headers: { "coder-session-token": "a token" },
  });
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ error: { next: expect.stringContaining("SSH_AUTH_SOCK") } });
});
