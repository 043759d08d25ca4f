import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AgentBed } from "../support/running-agent.ts";
import { agentManifest, claimedBy, unclaimed } from "../support/scripted-agent-server.ts";

let bed: AgentBed;
beforeEach(async () => {
  bed = new AgentBed();
  await bed.server.start();
});
afterEach(() => bed.close());

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 5 });
const ready = (): Promise<void> => until(() => expect(bed.server.states()).toContain("ready"));
const acknowledged = (count = 1): Promise<void> => until(() => expect(bed.server.acknowledgements).toHaveLength(count));
const claimHook = (run: string, timeoutMs = 10_000) => agentManifest({ hooks: { claim: { run, timeoutMs } } });
/** So long that within a test only a wake-up can be the reason for a look. */
const neverPoll = { claimPollMs: 600_000, claimPollConnectedMs: 600_000 };
const pollEvery = (ms: number) => ({ claimPollMs: ms, claimPollConnectedMs: ms });

function claim(username = "ada", generation = 1): void {
  bed.server.record = claimedBy(username, generation);
}

describe("a claim", () => {
  test("reaches a connected agent by a wake-up", async () => {
    bed.start({ timing: neverPoll });
    await ready();
    await until(() => expect(bed.server.claims()).toBeGreaterThan(0));
    claim();
    bed.server.send({ kind: "poke" });
    await acknowledged();
    expect(bed.server.acknowledgements).toEqual([{ generation: 1, error: null }]);
  });

  test("reaches an agent within one poll when the wake-up is lost", async () => {
    bed.start({ timing: pollEvery(60) });
    await ready();
    claim();
    await acknowledged();
  });

  test("reaches an agent that has lost its connection by its own polls, though it would ask far less often with one", async () => {
    bed.start({
      timing: { claimPollMs: 60, claimPollConnectedMs: 600_000, reconnectBaseMs: 600_000, reconnectCapMs: 600_000 },
    });
    await ready();
    await until(() => expect(bed.server.claims()).toBeGreaterThan(0));
    const before = bed.server.claims();
    bed.server.cut();
    await until(() => expect(bed.server.claims()).toBeGreaterThan(before + 1));
    claim();
    await acknowledged();
  });

  test("reaches an agent that was disconnected as soon as it is back", async () => {
    bed.start({ timing: neverPoll });
    await ready();
    await until(() => expect(bed.server.claims()).toBeGreaterThan(0));
    await bed.server.stop();
    claim();
    await bed.server.start();
    await acknowledged();
  });

  test("an owned workspace at rest asks no more", async () => {
    claim();
    bed.start({ timing: pollEvery(5) });
    await acknowledged();
    await until(() => expect(bed.server.lines("agent").join()).toContain("Handed over to ada"));
    const before = bed.server.claims();
    // Something that takes far longer than twenty polls would.
    bed.server.send({ kind: "exec_start", execId: "wait", command: ["sleep", "0.2"], env: {} });
    await until(() => expect(bed.server.exit("wait")).toMatchObject({ exitCode: 0 }));
    expect(bed.server.claims() - before).toBeLessThanOrEqual(1);
  });

  test("its hook knows the new owner and his parameters", async () => {
    bed.server.manifest = claimHook("env > seen; echo hello $PREWARM_OWNER");
    bed.start();
    await ready();
    claim();
    bed.server.send({ kind: "poke" });
    await acknowledged();
    expect(bed.read("seen").split("\n")).toEqual(
      expect.arrayContaining([
        "PREWARM_OWNER_ID=id-of-ada",
        "PREWARM_OWNER=ada",
        "PREWARM_OWNER_NAME=ada Example",
        "PREWARM_OWNER_EMAIL=ada@example.com",
        "PREWARM_WORKSPACE_NAME=dev",
        "PREWARM_PARAMETER_REGION=eu",
        "PREWARM_BUILD_STAGE=claim",
        "GIT_AUTHOR_NAME=ada Example",
        "GIT_AUTHOR_EMAIL=ada@example.com",
        "GIT_COMMITTER_NAME=ada Example",
        "GIT_COMMITTER_EMAIL=ada@example.com",
      ]),
    );
    await until(() => expect(bed.server.lines("claim")).toEqual(["hello ada"]));
  });

  test("its hook's failure is acknowledged with the reason, once", async () => {
    bed.server.manifest = claimHook("echo run >> runs; exit 7");
    claim();
    bed.start();
    await acknowledged();
    expect(bed.server.acknowledgements[0]).toMatchObject({ generation: 1, error: expect.stringContaining("with 7") });
    bed.server.send({ kind: "poke" });
    bed.server.send({ kind: "exec_start", execId: "after", command: ["cat", "runs"], env: {} });
    await until(() => expect(bed.server.exit("after")).toMatchObject({ exitCode: 0 }));
    expect(bed.server.output("after").toString()).toBe("run\n");
  });

  test("that arrives early waits for the prewarm hook", async () => {
    bed.server.manifest = agentManifest({
      hooks: {
        prewarm: {
          run: "touch begun; while [ ! -e go ]; do sleep 0.02; done; echo prewarm >> order",
          timeoutMs: 10_000,
        },
        claim: { run: "echo claim >> order", timeoutMs: 10_000 },
      },
    });
    claim();
    bed.start();
    await until(() => expect(existsSync(path.join(bed.home, "begun"))).toBe(true));
    await until(() => expect(bed.server.claims()).toBeGreaterThan(0));
    writeFileSync(path.join(bed.home, "go"), "");
    await acknowledged();
    expect(bed.read("order")).toBe("prewarm\nclaim\n");
  });

  test("is handed over although the prewarm hook failed, so that its owner can look", async () => {
    bed.server.manifest = agentManifest({ hooks: { prewarm: { run: "exit 1", timeoutMs: 10_000 } } });
    claim();
    bed.start();
    await acknowledged();
  });
});

describe("a hand-over happens once", () => {
  test("whatever is restarted, and however often it is poked", async () => {
    bed.server.manifest = claimHook("echo run >> runs");
    claim();
    bed.start();
    await acknowledged();
    for (let count = 0; count < 3; count += 1) bed.server.send({ kind: "poke" });
    await bed.server.stop();
    await bed.server.start();
    await until(() => expect(bed.server.connections).toBe(2));
    await bed.stop();
    bed.start();
    await until(() => expect(bed.server.connections).toBe(3));
    bed.server.send({ kind: "exec_start", execId: "look", command: ["cat", "runs"], env: {} });
    await until(() => expect(bed.server.exit("look")).toMatchObject({ exitCode: 0 }));
    expect(bed.server.output("look").toString()).toBe("run\n");
    // The hook ran once; each start of the agent says so, as it may be another agent to the server.
    await until(() => expect(bed.server.acknowledgements).toHaveLength(2));
  });

  test("and its hook again at the next start when it had failed, so that what is told is true of this start", async () => {
    bed.server.manifest = claimHook("echo run >> runs; [ -e key ] || { echo no key; exit 7; }");
    claim();
    bed.start({ startId: "one" });
    await acknowledged();
    expect(bed.server.acknowledgements[0]?.error).toBe(
      "The claim hook failed: it exited with 7. Its last line: no key",
    );
    await bed.stop();
    bed.start({ startId: "one" });
    await until(() => expect(bed.server.acknowledgements).toHaveLength(2));
    expect(bed.read("runs"), "the same start repeats its outcome").toBe("run\n");
    await bed.stop();
    writeFileSync(path.join(bed.home, "key"), "");
    for (const startId of ["two", "three"]) {
      bed.start({ startId });
      const told = startId === "two" ? 3 : 4;
      await until(() => expect(bed.server.acknowledgements).toHaveLength(told));
      expect(bed.server.acknowledgements.at(-1)).toEqual({ generation: 1, error: null });
      await bed.stop();
    }
    expect(bed.read("runs"), "and not once more when it has gone well").toBe("run\nrun\n");
  });

  test("but again for a newer generation", async () => {
    bed.server.manifest = claimHook("echo $PREWARM_OWNER >> owners");
    claim("ada");
    bed.start();
    await acknowledged();
    claim("grace", 2);
    bed.server.send({ kind: "poke" });
    await acknowledged(2);
    expect(bed.read("owners")).toBe("ada\ngrace\n");
  });

  test("and its hook again when it was interrupted, after what the interrupted one left is ended", async () => {
    bed.server.manifest = claimHook("echo run >> runs; echo $$ > pid; while [ ! -e go ]; do sleep 0.02; done");
    claim();
    bed.start();
    await until(() => expect(existsSync(path.join(bed.home, "pid"))).toBe(true));
    await bed.stop();
    expect(bed.server.acknowledgements).toEqual([]);
    writeFileSync(path.join(bed.home, "go"), "");
    bed.start();
    await acknowledged();
    expect(bed.read("runs")).toBe("run\nrun\n");
  });

  test("and an acknowledgement that could not be told is told later", async () => {
    bed.server.manifest = claimHook("echo run >> runs; touch here; while [ ! -e go ]; do sleep 0.02; done");
    claim();
    bed.start({ timing: pollEvery(50) });
    await until(() => expect(existsSync(path.join(bed.home, "here"))).toBe(true));
    await bed.server.stop();
    writeFileSync(path.join(bed.home, "go"), "");
    await until(() => expect(bed.read("../state/claim.json")).toContain('"done"'));
    await bed.stop();
    await bed.server.start();
    bed.start();
    await acknowledged();
    expect(bed.read("runs")).toBe("run\n");
  });
});

describe("a workspace that was handed over, on a server whose database is older than that", () => {
  async function handedOverToAda(): Promise<void> {
    bed.start();
    claim("ada");
    await acknowledged();
    await bed.stop();
    bed.server.frames.length = 0;
    bed.server.acknowledgements.length = 0;
  }
  const refusals = (): readonly unknown[] =>
    bed.server.frames.filter((frame) => frame.kind === "state" && frame.detail.includes("handed over to ada"));

  test("is never called ready again, when the server takes it for a prebuild", async () => {
    await handedOverToAda();
    bed.server.record = unclaimed;
    bed.start();
    await until(() => expect(refusals()).not.toEqual([]));
    expect(bed.server.states()).not.toContain("ready");
    expect(bed.server.states().at(-1)).toBe("start_error");
  });

  test("is not taken over by whom the server hands it to: he is told why, and runs no command in it", async () => {
    await handedOverToAda();
    bed.server.record = { ...claimedBy("bob"), claimedAt: "2030-01-02T00:00:00.000Z" };
    bed.start();
    await acknowledged();
    expect(bed.server.acknowledgements).toEqual([
      { generation: 1, error: expect.stringContaining("handed over to ada") },
    ]);
    bed.server.send({ kind: "exec_start", execId: "x", command: ["true"], env: {} });
    await until(() =>
      expect(bed.server.frames).toContainEqual(
        expect.objectContaining({ kind: "exec_exit", execId: "x", exitCode: null }),
      ),
    );
  });

  test("goes on as its owner's, when the server still knows the same claim", async () => {
    await handedOverToAda();
    bed.start();
    await acknowledged();
    expect(bed.server.acknowledgements).toEqual([{ generation: 1, error: null }]);
    await ready();
  });
});
