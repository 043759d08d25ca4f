import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AgentBed } from "../support/running-agent.ts";
import { agentManifest } from "../support/scripted-agent-server.ts";

let bed: AgentBed;
beforeEach(async () => {
  bed = new AgentBed();
  await bed.server.start();
});
afterEach(() => bed.close());

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 5 });
const prewarm = (run: string, timeoutMs = 10_000) => agentManifest({ hooks: { prewarm: { run, timeoutMs } } });

describe("an agent's life", () => {
  test("goes from created over starting to ready, and over shutting_down to off", async () => {
    bed.start();
    await until(() => expect(bed.server.states().at(-1)).toBe("ready"));
    await bed.stop();
    await until(() => expect(bed.server.states()).toEqual(["created", "starting", "ready", "shutting_down", "off"]));
    expect(bed.server.frames.find(({ kind }) => kind === "state")).toMatchObject({ version: "1.2.3" });
  });

  test("the prewarm hook runs before ready, without an identity, and its lines are told in order", async () => {
    bed.server.manifest = prewarm("env > seen; for n in 1 2 3; do echo line $n; done; echo warned >&2; printf last");
    bed.start();
    await until(() => expect(bed.server.states()).toContain("ready"));
    await until(() => expect(bed.server.lines("prewarm")).toHaveLength(5));
    const lines = bed.server.lines("prewarm");
    expect(lines.filter((line) => line !== "warned")).toEqual(["line 1", "line 2", "line 3", "last"]);
    const seen = bed.read("seen").split("\n");
    expect(seen).toEqual(
      expect.arrayContaining([
        "PREWARM_WORKSPACE_ID=workspace-1",
        "PREWARM_TEMPLATE=starter",
        "PREWARM_PARAMETER_REGION=eu",
        "PREWARM_BUILD_STAGE=prebuild",
        "FROM_MANIFEST=yes",
        `HOME=${bed.home}`,
      ]),
    );
    expect(seen.filter((line) => /OWNER|TOKEN|GIT_/.test(line))).toEqual([]);
  });

  test("hooks run in the agent's directory, which is made for them", async () => {
    bed.server.manifest = { ...prewarm("pwd > where"), directory: "projects/one" };
    bed.start();
    await until(() => expect(bed.server.states()).toContain("ready"));
    expect(bed.read("projects/one/where").trim()).toBe(path.join(bed.home, "projects/one"));
  });

  test("a hook that fails ends in start_error, with its exit code and its last line", async () => {
    bed.server.manifest = prewarm("echo fetching; echo 'npm ERR! 404' >&2; echo\nfalse\ntouch never");
    bed.start();
    await until(() => expect(bed.server.states()).toContain("start_error"));
    expect(bed.server.frames).toContainEqual(
      expect.objectContaining({
        state: "start_error",
        detail: "The prewarm hook failed: it exited with 1. Its last line: npm ERR! 404",
      }),
    );
    expect(existsSync(path.join(bed.home, "never"))).toBe(false);
  });

  test("a hook that runs too long ends in start_timeout, with all that it started", async () => {
    bed.server.manifest = prewarm(
      "echo waiting for the mirror; trap '' TERM; (trap '' TERM; while :; do sleep 0.05; done) & echo $! > child; wait",
      300,
    );
    bed.start();
    await until(() => expect(bed.server.states()).toContain("start_timeout"));
    expect(bed.server.frames).toContainEqual(
      expect.objectContaining({
        detail: "The prewarm hook was ended: it ran longer than 0.3 s. Its last line: waiting for the mirror",
      }),
    );
    const child = Number(bed.read("child"));
    await until(() => expect(() => process.kill(child, 0)).toThrow());
  });

  test("a hook that cannot even start ends in start_error", async () => {
    mkdirSync(bed.home, { recursive: true });
    writeFileSync(path.join(bed.home, "file"), "");
    bed.server.manifest = { ...prewarm("true"), directory: "file/below" };
    bed.start();
    await until(() => expect(bed.server.states()).toContain("start_error"));
  });

  test("what a successful hook leaves in the background lives on and may still talk", async () => {
    bed.server.manifest = prewarm("(while [ ! -e go ]; do sleep 0.02; done; echo from behind) &");
    bed.start();
    await until(() => expect(bed.server.states()).toContain("ready"));
    writeFileSync(path.join(bed.home, "go"), "");
    await until(() => expect(bed.server.lines("prewarm")).toContain("from behind"));
  });

  test("an agent restarted within a start repeats its outcome and not its hook; a new start runs a failed one again", async () => {
    bed.server.manifest = prewarm("echo run >> runs; false");
    bed.start({ startId: "one" });
    await until(() => expect(bed.server.states()).toContain("start_error"));
    await bed.stop();
    bed.start({ startId: "one" });
    await until(() => expect(bed.server.states().filter((state) => state === "start_error")).toHaveLength(2));
    expect(bed.read("runs")).toBe("run\n");
    await bed.stop();
    bed.start({ startId: "two" });
    await until(() => expect(bed.server.states().filter((state) => state === "start_error")).toHaveLength(3));
    expect(bed.read("runs")).toBe("run\nrun\n");
  });

  test("an agent that starts before its server waits for it", async () => {
    await bed.server.stop();
    bed.start();
    await bed.server.start();
    await until(() => expect(bed.server.states()).toContain("ready"));
  });

  test("a new connection begins with the present state, and lines of the meantime follow", async () => {
    bed.server.manifest = prewarm("while [ ! -e go ]; do sleep 0.02; done; echo said while alone");
    bed.start();
    await until(() => expect(bed.server.states()).toContain("starting"));
    await bed.server.stop();
    writeFileSync(path.join(bed.home, "go"), "");
    bed.server.frames.length = 0;
    await until(() => expect(existsSync(path.join(bed.folder, "state/start.json"))).toBe(true));
    await bed.server.start();
    await until(() => expect(bed.server.states()).toEqual(["ready"]));
    await until(() => expect(bed.server.lines("prewarm")).toEqual(["said while alone"]));
  });

  test("a connection that goes silent is given up and made anew", async () => {
    bed.start({ timing: { pingMs: 40 } });
    await until(() => expect(bed.server.states()).toContain("ready"));
    bed.server.pause();
    await until(() => expect(bed.server.connections).toBeGreaterThan(1));
    await until(() => expect(bed.server.isConnected).toBe(true));
  });

  test("a frame that is not understood changes nothing", async () => {
    bed.start();
    await until(() => expect(bed.server.states()).toContain("ready"));
    bed.server.sendText("not json");
    bed.server.sendText('{"kind":"from_the_future"}');
    bed.server.cut();
    await until(() => expect(bed.server.states().filter((state) => state === "ready")).toHaveLength(2));
  });

  test("an agent that is stopped in the middle of its hook ends it, and runs it again next time", async () => {
    bed.server.manifest = prewarm("echo run >> runs; echo $$ > pid; while [ ! -e go ]; do sleep 0.02; done");
    bed.start();
    await until(() => expect(existsSync(path.join(bed.home, "pid"))).toBe(true));
    const hook = Number(bed.read("pid"));
    await bed.stop();
    expect(() => process.kill(hook, 0)).toThrow();
    writeFileSync(path.join(bed.home, "go"), "");
    bed.start();
    await until(() => expect(bed.server.states()).toContain("ready"));
    expect(bed.read("runs")).toBe("run\nrun\n");
  });
});
