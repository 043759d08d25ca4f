// The agent is killed, as by the kernel when memory is short: what its hooks have left running lives on.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { bundleProgram } from "../support/bundled-program.ts";
import { agentManifest, ScriptedAgentServer } from "../support/scripted-agent-server.ts";

const programFolder = mkdtempSync(path.join(tmpdir(), "prewarm-killed-agent-"));
const program = path.join(programFolder, "agent.mjs");
beforeAll(() => bundleProgram("src/main/agent.ts", program));
afterAll(() => rmSync(programFolder, { recursive: true, force: true }));

let server: ScriptedAgentServer;
let home: string;
let agent: ChildProcess | null = null;
beforeEach(async () => {
  server = new ScriptedAgentServer();
  await server.start();
  home = mkdtempSync(path.join(programFolder, "home-"));
});
afterEach(async () => {
  writeFileSync(path.join(home, "stop"), "");
  await kill();
  await server.stop();
});

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000, interval: 10 });
const prewarm = (run: string) => agentManifest({ hooks: { prewarm: { run, timeoutMs: 20_000 } } });
const read = (name: string): string => readFileSync(path.join(home, name), "utf8");

function start(tools = process.env["PATH"] ?? ""): void {
  agent = spawn(process.execPath, [program], {
    stdio: "ignore",
    env: {
      PATH: tools,
      HOME: home,
      PREWARM_URL: server.url,
      PREWARM_AGENT_TOKEN: "agent-token",
      PREWARM_WORKSPACE_ID: "workspace-1",
      PREWARM_START_ID: "start-1",
    },
  });
}

async function kill(): Promise<void> {
  if (agent === null || agent.exitCode !== null || agent.signalCode !== null) return;
  const gone = once(agent, "exit");
  agent.kill("SIGKILL");
  await gone;
}

/** A server in the background: it says a line, and ends when it cannot, or is told to. */
const devServer =
  "(echo $$ >> servers; n=0; while [ ! -e stop ]; do n=$((n+1)); echo tick $n || exit 1; echo $n > alive; sleep 0.02; done) &";

describe("an agent that is killed", () => {
  test("after its hook takes nothing along: what it left running goes on, and is heard again when the agent is back", async () => {
    server.manifest = prewarm(devServer);
    start();
    await until(() => expect(server.lines("prewarm").length).toBeGreaterThan(2));
    await kill();
    const before = Number(read("alive"));
    await until(() => expect(Number(read("alive"))).toBeGreaterThan(before + 5));
    const heard = server.lines("prewarm").length;
    start();
    await until(() => expect(server.lines("prewarm").length).toBeGreaterThan(heard + 5));
    expect(read("servers").trim().split("\n")).toHaveLength(1);
  });

  test("during its hook, which ends while nobody is there, has one server running after it is run again", async () => {
    server.manifest = prewarm(
      `echo run >> runs; ${devServer} touch begun; while [ ! -e go ]; do sleep 0.02; done; touch ended`,
    );
    start();
    await until(() => expect(existsSync(path.join(home, "begun"))).toBe(true));
    await kill();
    writeFileSync(path.join(home, "go"), "");
    await until(() => expect(existsSync(path.join(home, "ended"))).toBe(true));
    const [first] = read("servers").split("\n");
    start();
    await until(() => expect(server.states()).toContain("ready"));
    expect(read("runs")).toBe("run\nrun\n");
    // `$$` of a subshell is the hook's own process, whose number is the group's.
    expect(() => process.kill(-Number(first), 0), "the first one's server").toThrow();
  });

  test("has a hook whose lines are told where named pipes cannot be made", async () => {
    const tools = path.join(home, "tools");
    mkdirSync(tools);
    symlinkSync("/bin/sh", path.join(tools, "sh"));
    server.manifest = prewarm("echo told");
    start(tools);
    await until(() => expect(server.states()).toContain("ready"));
    await until(() => expect(server.lines("prewarm")).toEqual(["told"]));
  });
});
