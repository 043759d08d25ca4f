import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Logger, memoryLogger, silentLogger } from "../../src/platform/logger.ts";
import { seededRandom } from "../../src/platform/random.ts";
import { processesMarked, processIdentity } from "../../src/provisioner/host/process-table.ts";
import { ProcessDriver } from "../../src/provisioner/drivers/process/process-driver.ts";
import { buildContext, type BuildContextDraft, testDeploymentId } from "../support/build-context.ts";
import { bundleProgram } from "../support/bundled-program.ts";
import { ScriptedAgentServer } from "../support/scripted-agent-server.ts";

/** Stands for an agent: says who it is, ends when it is asked to. */
const politeAgent = `env > "$HOME/env.new"; mv "$HOME/env.new" "$HOME/env"; echo $$ >> "$HOME/pids"; trap 'exit 0' TERM; while :; do sleep 0.02; done`;
/** Ignores being asked, and has put a process into a session of its own, out of its group. */
const stubbornAgent = `trap '' TERM; setsid sh -c 'trap "" TERM; (while :; do sleep 0.02; done) & echo $! > "$HOME/forked"; exit 0'; echo $$ >> "$HOME/pids"; while :; do sleep 0.02; done`;

let folder: string;
let root: string;
let template: string;
let workspaceId: string;
let drivers: ProcessDriver[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "prewarm-process-"));
  root = path.join(folder, "workspaces");
  template = path.join(folder, "template");
  mkdirSync(path.join(template, "scripts"), { recursive: true });
  writeFileSync(path.join(template, "template.yaml"), "driver: process\n");
  writeFileSync(path.join(template, "scripts/run.sh"), "#!/bin/sh\n");
  workspaceId = randomUUID();
  drivers = [];
});

afterEach(async () => {
  for (const driver of drivers) await driver.close();
  const last = await open();
  for (const { workspaceId: id } of await last.list()) await last.destroy(context({ workspaceId: id }));
  await last.close();
  expect(await marked()).toEqual([]);
  rmSync(folder, { recursive: true, force: true });
});

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000, interval: 10 });
const context = (draft: Partial<BuildContextDraft> = {}) => buildContext({ workspaceId, template, ...draft });
const homeFile = (name: string): string => path.join(root, workspaceId, "home", name);
const read = (name: string): string => readFileSync(homeFile(name), "utf8");
/** Of whole lines: a shell makes the file first and fills it then. */
const pids = (): readonly number[] => read("pids").split("\n").slice(0, -1).map(Number);
const isAlive = (processId: number): boolean => processIdentity(processId) !== null;

async function marked(): Promise<readonly number[]> {
  const found = await processesMarked((setting) => setting === `PREWARM_WORKSPACE_ID=${workspaceId}`);
  return found.map(({ processId }) => processId);
}

async function open(
  script: string | readonly string[] = politeAgent,
  logger: Logger = silentLogger,
): Promise<ProcessDriver> {
  const driver = new ProcessDriver({
    root,
    agentCommand: typeof script === "string" ? ["sh", "-c", script] : script,
    hostEnvironment: { PATH: process.env["PATH"], LANG: "C", DATABASE_PASSWORD: "secret" },
    logger,
    random: seededRandom(1),
    stopGraceMs: 300,
    superviseMs: 20,
  });
  await driver.open();
  drivers.push(driver);
  return driver;
}

async function started(driver: ProcessDriver): Promise<number> {
  await driver.apply(context());
  await until(() => expect(pids()).not.toEqual([]));
  return pids().at(-1) ?? 0;
}

describe("starting a workspace", () => {
  test("makes its folder and runs its agent in a clean environment", async () => {
    const states: unknown[] = [];
    const driver = await open();
    await driver.apply(context({ states }));
    await until(() => expect(existsSync(homeFile("env"))).toBe(true));
    const environment = read("env").trim().split("\n");
    const own = path.join(root, workspaceId);
    expect(environment).toEqual(
      expect.arrayContaining([
        `HOME=${path.join(own, "home")}`,
        "PREWARM_URL=http://127.0.0.1:9",
        `PREWARM_WORKSPACE_ID=${workspaceId}`,
        `PREWARM_AGENT_TOKEN_FILE=${path.join(own, "agents/main/token")}`,
        "PREWARM_BUILD_STAGE=prebuild",
        "PREWARM_START_ID=build-1",
        "LANG=C",
      ]),
    );
    expect(read("env")).not.toMatch(/secret|agent-token/);
    expect(readFileSync(path.join(own, "agents/main/token"), "utf8")).toBe("agent-token");
    expect(statSync(path.join(own, "agents/main/token")).mode & 0o777).toBe(0o600);
    expect(statSync(path.join(own, "workspace.json")).mode & 0o777).toBe(0o600);
    expect(statSync(own).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(own, "template/template.yaml")).mode & 0o222).toBe(0);
    expect(readdirSync(path.join(own, "template/scripts"))).toEqual(["run.sh"]);
    expect(states).toEqual([expect.objectContaining({ exists: true, workspaceId })]);
  });

  test("again, by the same build, takes up what runs", async () => {
    const driver = await open();
    const agent = await started(driver);
    await driver.apply(context());
    expect(isAlive(agent)).toBe(true);
    expect(pids()).toEqual([agent]);
  });

  test("again, by the same build with other agents, as after a backup was restored, starts those", async () => {
    const driver = await open();
    const older = await started(driver);
    await driver.apply(context({ work: { agents: [{ id: "another", name: "main", token: "another-token" }] } }));
    await until(() => expect(pids()).toHaveLength(2));
    expect(isAlive(older)).toBe(false);
    expect(readFileSync(path.join(root, workspaceId, "agents/main/token"), "utf8")).toBe("another-token");
  });

  test("by a newer build ends the older agent first", async () => {
    const driver = await open();
    const older = await started(driver);
    await driver.apply(context({ work: { buildId: "build-2" } }));
    await until(() => expect(pids()).toHaveLength(2));
    expect(isAlive(older)).toBe(false);
  });

  test("that is interrupted anywhere leaves nothing that a destroy does not remove", async () => {
    const driver = await open();
    const interrupted = async (): Promise<string> => {
      throw new Error("interrupted");
    };
    await expect(driver.apply(context({ templateFolder: interrupted }))).rejects.toThrow("interrupted");
    expect(await marked()).toEqual([]);
    await driver.destroy(context());
    expect(existsSync(path.join(root, workspaceId))).toBe(false);
  });

  test("with a program that does not exist fails with the reason", async () => {
    const driver = await open(["/prewarm/no/such/agent"]);
    await expect(driver.apply(context())).rejects.toMatchObject({ code: "build_failed" });
  });

  test("refuses an id that would lead out of its folder", async () => {
    const driver = await open();
    await expect(driver.apply(context({ workspaceId: "../outside" }))).rejects.toMatchObject({
      code: "invalid_request",
    });
  });
});

describe("a claim", () => {
  test("needs nothing applied, and leaves the agent as it is", async () => {
    const driver = await open();
    const agent = await started(driver);
    expect(driver.capabilities()).toEqual({ claimEffect: "none" });
    await driver.apply(context({ work: { stage: "claim", agents: [{ id: "a", name: "main", token: null }] } }));
    expect(pids()).toEqual([agent]);
    expect(isAlive(agent)).toBe(true);
  });

  test("of a prebuild that is gone says so", async () => {
    const driver = await open();
    await expect(driver.apply(context({ work: { stage: "claim" } }))).rejects.toMatchObject({ code: "build_failed" });
  });
});

describe("stopping and destroying", () => {
  test("a stop ends the agent and keeps the home; a start goes on with it", async () => {
    const driver = await open();
    const agent = await started(driver);
    writeFileSync(homeFile("work"), "kept");
    await driver.apply(context({ work: { transition: "stop" } }));
    expect(isAlive(agent)).toBe(false);
    expect(await marked()).toEqual([]);
    await driver.apply(context({ work: { buildId: "build-2", stage: "ordinary" } }));
    await until(() => expect(pids()).toHaveLength(2));
    expect(read("work")).toBe("kept");
  });

  test("a stop and a destroy give the agent the time that its stop hook has", async () => {
    const putAway = `echo $$ >> "$HOME/pids"; trap 'sleep 1; echo put away >> ../../done; exit 0' TERM; while :; do sleep 0.02; done`;
    const done = path.join(root, "../done");
    const manifest = {
      driver: "process" as const,
      agents: [{ name: "main", hooks: { stop: { run: "put-away", timeout: 5 } } }],
    };
    const driver = await open(putAway.replace("../../done", done));
    await driver.apply(context({ manifest }));
    await until(() => expect(pids()).toHaveLength(1));
    await driver.apply(context({ manifest, work: { transition: "stop" } }));
    expect(readFileSync(done, "utf8")).toBe("put away\n");
    await driver.apply(context({ manifest, work: { buildId: "build-2", stage: "ordinary" } }));
    await until(() => expect(pids()).toHaveLength(2));
    await driver.destroy(context({ work: { transition: "delete" } }));
    expect(readFileSync(done, "utf8")).toBe("put away\nput away\n");
  });

  test("a destroy leaves neither process nor folder, however stubborn they are", async () => {
    const driver = await open(stubbornAgent);
    const agent = await started(driver);
    await until(() => expect(read("forked")).toMatch(/\n$/));
    const forked = Number(read("forked"));
    expect([isAlive(agent), isAlive(forked)]).toEqual([true, true]);
    // Package caches are like this; without being root, it stops a plain removal.
    mkdirSync(homeFile("cache/deep"), { recursive: true });
    writeFileSync(homeFile("cache/deep/file"), "");
    chmodSync(homeFile("cache/deep"), 0o555);
    chmodSync(homeFile("cache"), 0o555);
    const states: unknown[] = [];
    await driver.destroy(context({ work: { transition: "delete" }, states }));
    expect([isAlive(agent), isAlive(forked)]).toEqual([false, false]);
    expect(existsSync(path.join(root, workspaceId))).toBe(false);
    expect(states).toEqual([expect.objectContaining({ exists: false })]);
  });

  test("a destroy of what is gone, or never was, succeeds", async () => {
    const driver = await open();
    await driver.destroy(context());
    await started(driver);
    await driver.destroy(context());
    await driver.destroy(context());
    expect(await driver.list()).toEqual([]);
  });

  test("a destroy on the wrong host does not take the workspace for gone", async () => {
    const driver = await open();
    const elsewhere = { state: { exists: true, rootId: "another-host" } };
    await expect(driver.destroy(context({ work: elsewhere }))).rejects.toMatchObject({ code: "transient" });
  });

  test("a number that belongs to another process by now is left alone", async () => {
    const driver = await open();
    await started(driver);
    await driver.close();
    const stranger = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
    const file = path.join(root, workspaceId, "workspace.json");
    const record = JSON.parse(readFileSync(file, "utf8")) as { agents: { process: { processId: number } }[] };
    const known = record.agents[0];
    if (known !== undefined) known.process.processId = stranger.pid ?? 0;
    writeFileSync(file, JSON.stringify(record));
    const next = await open();
    await next.destroy(context());
    expect(isAlive(stranger.pid ?? 0)).toBe(true);
    stranger.kill("SIGKILL");
  });
});

describe("supervision", () => {
  test("an agent that was killed is started again, and one that was stopped is not", async () => {
    const driver = await open();
    const first = await started(driver);
    process.kill(first, "SIGKILL");
    await until(() => expect(pids()).toHaveLength(2));
    await driver.apply(context({ work: { transition: "stop" } }));
    expect(await marked()).toEqual([]);
    await driver.close();
    const next = await open();
    await next.close();
    expect(pids()).toHaveLength(2);
  });

  test("an agent that ends at once is started again later and later", async () => {
    const logger = memoryLogger();
    const driver = await open('echo $$ >> "$HOME/pids"', logger);
    await driver.apply(context());
    await until(() => expect(pids().length).toBeGreaterThanOrEqual(3));
    await driver.apply(context({ work: { transition: "stop" } }));
    const rests = logger.entries.flatMap(({ fields }) => {
      const restMs = fields["notAgainWithinMs"];
      return typeof restMs === "number" ? [{ restarts: fields["restarts"], restMs }] : [];
    });
    const [second, third] = rests;
    expect([second?.restarts, third?.restarts]).toEqual([1, 2]);
    expect(second?.restMs).toBeGreaterThanOrEqual(250);
    expect(third?.restMs).toBeGreaterThan(second?.restMs ?? Number.POSITIVE_INFINITY);
  });

  test("agents live on when their daemon is closed, and the next one takes them up", async () => {
    const first = await open();
    const agent = await started(first);
    await first.close();
    expect(isAlive(agent)).toBe(true);
    await open();
    process.kill(agent, "SIGKILL");
    await until(() => expect(pids()).toHaveLength(2));
  });

  test("agents live on when their daemon is killed; one that was not yet written down is found, not doubled", async () => {
    const program = path.join(folder, "daemon.mjs");
    await bundleProgram("test/support/process-daemon.ts", program);
    const daemon = spawn(process.execPath, [program, root, template, workspaceId, politeAgent]);
    const died = new Promise((resolve) => daemon.once("exit", resolve));
    await new Promise((resolve) => daemon.stdout.once("data", resolve));
    daemon.kill("SIGKILL");
    await died;
    await until(() => expect(pids()).not.toEqual([]));
    const [agent = 0] = pids();
    expect(isAlive(agent)).toBe(true);
    // As if the daemon had died between the start and the note of it.
    const file = path.join(root, workspaceId, "workspace.json");
    const noted = (): unknown =>
      (JSON.parse(readFileSync(file, "utf8")) as { agents: { process: unknown }[] }).agents[0]?.process;
    const record = JSON.parse(readFileSync(file, "utf8")) as { agents: { process: unknown }[] };
    writeFileSync(
      file,
      JSON.stringify({ ...record, agents: record.agents.map((item) => ({ ...item, process: null })) }),
    );
    await open();
    await until(() => expect(noted()).toMatchObject({ processId: agent }));
    expect(pids()).toEqual([agent]);
  });

  test("what exists is listed, also an agent whose folder is gone", async () => {
    const driver = await open();
    const agent = await started(driver);
    expect(await driver.list()).toEqual([
      { workspaceId, detail: `a folder, agent ${agent}`, deploymentId: testDeploymentId },
    ]);
    await driver.close();
    rmSync(path.join(root, workspaceId), { recursive: true });
    expect(await driver.list()).toEqual([{ workspaceId, detail: `no folder, agent ${agent}` }]);
  });
});

describe("with the real agent", () => {
  test("a workspace becomes ready, and off when it is stopped", async () => {
    const program = path.join(folder, "agent.mjs");
    await bundleProgram("src/main/agent.ts", program);
    const server = new ScriptedAgentServer();
    await server.start();
    try {
      const driver = await open([process.execPath, program]);
      await driver.apply(context({ accessUrl: server.url }));
      await until(() => expect(server.states()).toEqual(["created", "starting", "ready"]));
      await driver.apply(context({ work: { transition: "stop" } }));
      await until(() => expect(server.states().slice(-2)).toEqual(["shutting_down", "off"]));
    } finally {
      await server.stop();
    }
  });
});
