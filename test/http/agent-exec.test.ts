import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { execPerAgentMax } from "../../src/contracts/limits.ts";
import { AgentBed } from "../support/running-agent.ts";
import { agentManifest, claimedBy } from "../support/scripted-agent-server.ts";

let bed: AgentBed;
beforeEach(async () => {
  bed = new AgentBed();
  await bed.server.start();
  bed.server.record = claimedBy("ada");
});
afterEach(() => bed.close());

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 20_000, interval: 5 });
const ended = (execId: string): Promise<void> => until(() => expect(bed.server.exit(execId)).toBeDefined());
const connected = (): Promise<void> => until(() => expect(bed.server.isConnected).toBe(true));

function exec(execId: string, script: string, env: Readonly<Record<string, string>> = {}): void {
  bed.server.send({ kind: "exec_start", execId, command: ["sh", "-c", script], env });
}

function input(execId: string, text: string, end: boolean): void {
  bed.server.send({ kind: "exec_input", execId, data: Buffer.from(text).toString("base64"), end });
}

describe("a command", () => {
  test("runs in the agent's directory as the present owner, and tells its exit code", async () => {
    bed.server.manifest = agentManifest({
      directory: "project",
      hooks: { prewarm: { run: "true", timeoutMs: 5_000 } },
    });
    bed.start();
    await connected();
    exec("one", 'pwd; echo "$PREWARM_OWNER $GIT_AUTHOR_EMAIL $FROM_MANIFEST $EXTRA"; echo oops >&2; exit 3', {
      EXTRA: "e",
    });
    await ended("one");
    expect(bed.server.output("one").toString()).toBe(`${path.join(bed.home, "project")}\nada ada@example.com yes e\n`);
    expect(bed.server.output("one", "stderr").toString()).toBe("oops\n");
    expect(bed.server.exit("one")).toMatchObject({ exitCode: 3, error: null });
  });

  test("is told what the workspace is called since a rename, without being handed over again", async () => {
    bed.server.manifest = agentManifest({ hooks: { claim: { run: "echo once >> claims", timeoutMs: 5_000 } } });
    bed.start();
    await connected();
    exec("before", 'echo "$PREWARM_WORKSPACE_NAME"');
    await ended("before");
    expect(bed.server.output("before").toString()).toBe("dev\n");
    bed.server.record = { ...claimedBy("ada"), workspaceName: "payments" };
    const asked = bed.server.claims();
    bed.server.send({ kind: "poke" });
    await until(() => expect(bed.server.claims()).toBe(asked + 1));
    // The answer is on its way to the agent: one command after another asks, each told in full before the next.
    let last = "dev\n";
    for (let tries = 1; last === "dev\n" && tries <= 200; tries += 1) {
      exec(`after-${tries}`, 'echo "$PREWARM_WORKSPACE_NAME"');
      await ended(`after-${tries}`);
      last = bed.server.output(`after-${tries}`).toString();
    }
    expect(last).toBe("payments\n");
    expect(bed.read("claims")).toBe("once\n");
  });

  test("never sees the agent's own credentials", async () => {
    bed.start();
    await connected();
    exec("env", "env");
    await ended("env");
    expect(bed.server.output("env").toString()).not.toMatch(/TOKEN|PREWARM_AGENT_STATE/);
  });

  test("gets its input, also what arrives before it has started", async () => {
    bed.start();
    await connected();
    exec("cat", "cat; echo end");
    input("cat", "one\n", false);
    input("cat", "two\n", true);
    await ended("cat");
    expect(bed.server.output("cat").toString()).toBe("one\ntwo\nend\n");
  });

  test("whose reader is slow waits until he has read on, and loses nothing", async () => {
    bed.start();
    await connected();
    exec("yes", "echo first; read go; head -c 3000000 /dev/zero; echo done >&2");
    await until(() => expect(String(bed.server.output("yes"))).toBe("first\n"));
    // Held before the bulk begins, however fast it would be.
    bed.server.send({ kind: "exec_flow", execId: "yes", isHeld: true });
    input("yes", "go\n", false);
    exec("other", "true");
    await ended("other");
    // What was under way has come by now; the rest stays in the command's pipe.
    const came = bed.server.output("yes").length;
    exec("another", "sleep 0.2");
    await ended("another");
    expect(bed.server.output("yes").length).toBe(came);
    expect(bed.server.exit("yes")).toBeUndefined();
    bed.server.send({ kind: "exec_flow", execId: "yes", isHeld: false });
    await ended("yes");
    expect(bed.server.output("yes").length).toBe("first\n".length + 3_000_000);
  });

  test("that is held and hung up ends", async () => {
    bed.start();
    await connected();
    exec("yes", "exec cat /dev/zero");
    await until(() => expect(bed.server.output("yes").length).toBeGreaterThan(0));
    bed.server.send({ kind: "exec_flow", execId: "yes", isHeld: true });
    bed.server.send({ kind: "exec_signal", execId: "yes", signal: "SIGHUP" });
    await ended("yes");
    expect(bed.server.exit("yes")).toMatchObject({ exitCode: 129 });
  });

  test("that does not exist tells why it could not be started", async () => {
    bed.start();
    await connected();
    bed.server.send({ kind: "exec_start", execId: "none", command: ["prewarm-no-such-program"], env: {} });
    await ended("none");
    expect(bed.server.exit("none")).toMatchObject({
      exitCode: null,
      error: expect.stringContaining("prewarm-no-such-program"),
    });
  });

  test("is ended by a signal with everything it started, and 128 + n is its exit code", async () => {
    bed.start();
    await connected();
    exec("sleepy", "sleep 600 & echo $! > child; echo up; wait");
    await until(() => expect(bed.server.output("sleepy").toString()).toBe("up\n"));
    bed.server.send({ kind: "exec_signal", execId: "sleepy", signal: "SIGTERM" });
    await ended("sleepy");
    expect(bed.server.exit("sleepy")).toMatchObject({ exitCode: 143, error: expect.stringContaining("SIGTERM") });
    const child = Number(bed.read("child"));
    await until(() => expect(() => process.kill(child, 0)).toThrow());
  });

  test("streams thirty-two megabytes unchanged, though the reader pauses", async () => {
    bed.start();
    await connected();
    exec("big", "head -c 33554432 /dev/urandom | tee copy");
    await until(() => expect(bed.server.output("big").length).toBeGreaterThan(0));
    bed.server.pause();
    let written = -1;
    // The command stands still once the network and its pipe are full, long before its end.
    await vi.waitFor(
      () => {
        const before = written;
        written = statSync(path.join(bed.home, "copy")).size;
        expect(written).toBe(before);
      },
      { timeout: 20_000, interval: 200 },
    );
    expect(written).toBeLessThan(33_554_432);
    bed.server.resume();
    await ended("big");
    const hash = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
    expect(hash(bed.server.output("big"))).toBe(hash(readFileSync(path.join(bed.home, "copy"))));
  });

  test("ends although something it left in the background holds its pipes, which lives on", async () => {
    bed.start();
    await connected();
    exec("left", "(sleep 0.6; echo late; touch survived) & echo now");
    await ended("left");
    expect(bed.server.exit("left")).toMatchObject({ exitCode: 0 });
    expect(bed.server.output("left").toString()).toBe("now\n");
    await until(() => expect(existsSync(path.join(bed.home, "survived"))).toBe(true));
  });

  test("survives a connection that breaks, and its output follows over the next one", async () => {
    bed.start();
    await connected();
    exec("long", "echo before; while [ ! -e go ]; do sleep 0.02; done; echo after");
    await until(() => expect(bed.server.output("long").toString()).toBe("before\n"));
    bed.server.cut();
    await until(() => expect(bed.server.connections).toBe(2));
    // The agent says what still runs, so that a server that knows nothing of it can end it.
    await until(() => expect(bed.server.frames).toContainEqual(expect.objectContaining({ execId: "long", data: "" })));
    writeFileSync(path.join(bed.home, "go"), "");
    await ended("long");
    expect(bed.server.output("long").toString()).toBe("before\nafter\n");
  });

  test("is ended when the workspace stops", async () => {
    bed.start();
    await connected();
    exec("stuck", "trap '' TERM HUP; echo $$ > pid; while :; do sleep 0.05; done");
    await until(() => expect(bed.read("pid")).toMatch(/\n$/));
    const stuck = Number(bed.read("pid"));
    await bed.stop();
    expect(() => process.kill(stuck, 0)).toThrow();
    await until(() => expect(bed.server.exit("stuck")).toMatchObject({ exitCode: 137 }));
  });

  test("is refused beyond the number that one agent serves", async () => {
    bed.start();
    await connected();
    for (let count = 0; count <= execPerAgentMax; count += 1) exec(`cat-${count}`, "cat");
    await ended(`cat-${execPerAgentMax}`);
    expect(bed.server.exit(`cat-${execPerAgentMax}`)?.error).toContain(String(execPerAgentMax));
    expect(bed.server.exit("cat-0")).toBeUndefined();
  });

  test("that does not read its input is ended when too much is waiting", async () => {
    bed.start();
    await connected();
    exec("deaf", "sleep 600");
    const piece = "x".repeat(524_288);
    for (let count = 0; count < 20; count += 1) input("deaf", piece, false);
    await ended("deaf");
    expect(bed.server.exit("deaf")?.error).toContain("does not read its input");
  });
});

describe("before the hand-over", () => {
  test("a command is refused while nobody owns the workspace", async () => {
    bed.server.record = { ...claimedBy("ada"), generation: 0, owner: null };
    bed.start();
    await connected();
    exec("early", "touch ran");
    await ended("early");
    expect(bed.server.exit("early")).toMatchObject({ exitCode: null, error: expect.stringContaining("nobody owns") });
    expect(existsSync(path.join(bed.home, "ran"))).toBe(false);
  });

  test("a command that overtakes the wake-up finds the claim by itself, and waits for the hook", async () => {
    bed.server.manifest = agentManifest({
      hooks: { claim: { run: "sleep 0.1; echo hook >> order", timeoutMs: 5_000 } },
    });
    bed.server.record = { ...claimedBy("ada"), generation: 0, owner: null };
    bed.start({ timing: { claimPollMs: 600_000, claimPollConnectedMs: 600_000 } });
    await until(() => expect(bed.server.states()).toContain("ready"));
    await until(() => expect(bed.server.claims()).toBeGreaterThan(0));
    bed.server.record = claimedBy("ada");
    exec("first", "echo command >> order; cat order");
    await ended("first");
    expect(bed.server.output("first").toString()).toBe("hook\ncommand\n");
  });
});
