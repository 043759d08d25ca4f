import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AgentBed } from "../support/running-agent.ts";
import { agentManifest, claimedBy } from "../support/scripted-agent-server.ts";

let bed: AgentBed;
beforeEach(async () => {
  bed = new AgentBed();
  await bed.server.start();
});
afterEach(() => bed.close());

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 5 });
const note = (name: string) => ({ run: `echo ${name} >> ran`, timeoutMs: 10_000 });
const ran = (): readonly string[] => bed.read("ran").trimEnd().split("\n");
const noted = { prewarm: note("prewarm"), start: note("start"), claim: note("claim"), stop: note("stop") };
const stateFile = (name: string): string => path.join(bed.folder, "state", name);

async function startUntil(state: string, startId: string): Promise<void> {
  bed.server.frames.length = 0;
  bed.start({ startId });
  await until(() => expect(bed.server.states().at(-1)).toBe(state));
}

async function claim(): Promise<void> {
  bed.server.record = claimedBy("alice");
  bed.server.send({ kind: "poke" });
  await until(() => expect(bed.server.acknowledgements).not.toEqual([]));
}

describe("the hooks of a workspace", () => {
  test("run in their order: prewarm once, start at each start, claim once, stop before each stop", async () => {
    bed.server.manifest = agentManifest({ hooks: noted });
    await startUntil("ready", "one");
    await claim();
    await bed.stop();
    await startUntil("ready", "two");
    await bed.stop();
    expect(ran()).toEqual(["prewarm", "start", "claim", "stop", "start", "stop"]);
  });

  test("prewarm and start run again on a disk that was made anew", async () => {
    bed.server.manifest = agentManifest({ hooks: noted });
    await startUntil("ready", "one");
    await bed.stop();
    rmSync(path.join(bed.folder, "state"), { recursive: true });
    await startUntil("ready", "two");
    expect(ran()).toEqual(["prewarm", "start", "stop", "prewarm", "start"]);
  });

  test("a start hook that fails makes the start fail, and does not make prewarm run again", async () => {
    bed.server.manifest = agentManifest({
      hooks: { prewarm: note("prewarm"), start: { run: "echo no port; exit 4", timeoutMs: 10_000 } },
    });
    await startUntil("start_error", "one");
    expect(bed.server.frames).toContainEqual(
      expect.objectContaining({ detail: "The start hook failed: it exited with 4. Its last line: no port" }),
    );
    await bed.stop();
    bed.server.manifest = agentManifest({ hooks: { prewarm: note("prewarm"), start: note("start") } });
    await startUntil("ready", "two");
    expect(ran()).toEqual(["prewarm", "start"]);
  });

  test("a start hook that runs too long ends in start_timeout, and learns of no owner at a later start either", async () => {
    bed.server.manifest = agentManifest({ hooks: { start: { run: "env > seen", timeoutMs: 10_000 } } });
    await startUntil("ready", "one");
    await claim();
    await bed.stop();
    bed.server.manifest = agentManifest({ hooks: { start: { run: "env > seen; sleep 60", timeoutMs: 200 } } });
    await startUntil("start_timeout", "two");
    expect(bed.read("seen")).not.toMatch(/OWNER|GIT_(AUTHOR|COMMITTER)/);
  });

  test("an agent that comes back within its start runs neither, and does when the machine was restarted", async () => {
    bed.server.manifest = agentManifest({ hooks: noted });
    await startUntil("ready", "one");
    await bed.stop();
    await startUntil("ready", "one");
    await bed.stop();
    expect(ran()).toEqual(["prewarm", "start", "stop", "stop"]);
    const remembered = JSON.parse(readFileSync(stateFile("start.json"), "utf8")) as object;
    writeFileSync(stateFile("start.json"), JSON.stringify({ ...remembered, machineRun: "before the reboot" }));
    await startUntil("ready", "one");
    expect(ran()).toEqual(["prewarm", "start", "stop", "stop", "start"]);
  });

  test("a disk that an agent of the release before has prewarmed is not prewarmed again", async () => {
    bed.server.manifest = agentManifest({ hooks: { prewarm: note("prewarm"), start: note("start") } });
    await startUntil("ready", "one");
    await bed.stop();
    rmSync(stateFile("prewarm.json"));
    writeFileSync(stateFile("start.json"), JSON.stringify({ startId: "one", state: "ready", detail: "" }));
    for (const startId of ["two", "three"]) {
      await startUntil("ready", startId);
      await bed.stop();
    }
    expect(ran()).toEqual(["prewarm", "start", "start", "start"]);
  });

  test("a prewarm that comes with a later version of the template runs once on the disk that has not had one", async () => {
    bed.server.manifest = agentManifest({ hooks: { start: note("start") } });
    await startUntil("ready", "one");
    await bed.stop();
    bed.server.manifest = agentManifest({ hooks: { prewarm: note("prewarm"), start: note("start") } });
    for (const startId of ["two", "three"]) {
      await startUntil("ready", startId);
      await bed.stop();
    }
    expect(ran()).toEqual(["start", "prewarm", "start", "start"]);
  });

  test("the stop hook is told what the workspace is called since a rename, and its parameters since a start", async () => {
    bed.server.manifest = agentManifest({ hooks: { stop: { run: "env > seen", timeoutMs: 10_000 } } });
    await startUntil("ready", "one");
    await claim();
    const asked = bed.server.claims();
    bed.server.record = { ...claimedBy("alice"), workspaceName: "payments", parameters: { region: "us" } };
    bed.server.send({ kind: "poke" });
    await until(() => expect(readFileSync(stateFile("claim.json"), "utf8")).toContain("payments"));
    expect(bed.server.claims()).toBe(asked + 1);
    await bed.stop();
    expect(bed.read("seen").split("\n")).toEqual(
      expect.arrayContaining(["PREWARM_WORKSPACE_NAME=payments", "PREWARM_PARAMETER_REGION=us"]),
    );
  });

  test("the stop hook runs as the owner, and its lines are told before the agent is off", async () => {
    bed.server.manifest = agentManifest({ hooks: { stop: { run: "env > seen; echo put away", timeoutMs: 10_000 } } });
    await startUntil("ready", "one");
    await claim();
    await bed.stop();
    expect(bed.read("seen").split("\n")).toContain("PREWARM_OWNER=alice");
    await until(() => expect(bed.server.states().slice(-2)).toEqual(["shutting_down", "off"]));
    expect(bed.server.lines("stop")).toEqual(["put away"]);
  });

  test("a prebuild that nobody owns is stopped without an owner", async () => {
    bed.server.manifest = agentManifest({ hooks: { stop: { run: "env > seen", timeoutMs: 10_000 } } });
    await startUntil("ready", "one");
    await bed.stop();
    expect(bed.read("seen")).not.toMatch(/OWNER|GIT_/);
  });

  test("a stop hook that fails, or runs over its limit, is told and keeps nothing from stopping", async () => {
    for (const [run, detail] of [
      ["echo no space; exit 5", "The stop hook failed: it exited with 5. Its last line: no space"],
      ["echo saving; sleep 60", "The stop hook was ended: it ran longer than 0.3 s. Its last line: saving"],
    ] as const) {
      bed.server.manifest = agentManifest({ hooks: { stop: { run, timeoutMs: 300 } } });
      await startUntil("ready", run);
      await bed.stop();
      await until(() => expect(bed.server.frames).toContainEqual(expect.objectContaining({ state: "off", detail })));
      expect(bed.server.lines("agent")).toContain(detail);
    }
  });

  test("a start that is cut off has no stop hook", async () => {
    const endless = { run: "touch began; while :; do sleep 0.02; done", timeoutMs: 60_000 };
    bed.server.manifest = agentManifest({ hooks: { prewarm: endless, stop: note("stop") } });
    bed.start();
    await until(() => expect(existsSync(path.join(bed.home, "began"))).toBe(true));
    await bed.stop();
    expect(existsSync(path.join(bed.home, "ran"))).toBe(false);
  });
});
