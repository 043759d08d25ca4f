import { readdirSync, readlinkSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { openPty, type Pty, type PtyExit, PtyUnavailableError } from "../../src/agent/pty/open-pty.ts";
import { signalSession } from "../../src/agent/process-group.ts";
import { waitUntil } from "../support/wait-until.ts";

const opened: Pty[] = [];

interface Running {
  readonly pty: Pty;
  readonly text: () => string;
  readonly bytes: () => number;
  readonly exit: Promise<PtyExit>;
}

function run(args: readonly string[], more: Partial<Parameters<typeof openPty>[0]> = {}): Running {
  const env = { PATH: process.env.PATH ?? "", HOME: "/tmp" };
  const pty = openPty({ file: "/bin/sh", args, cwd: "/tmp", env, cols: 80, rows: 24, term: "xterm-256color", ...more });
  opened.push(pty);
  const pieces: Buffer[] = [];
  let bytes = 0;
  pty.onData((piece) => {
    bytes += piece.length;
    if (bytes < 1_000_000) pieces.push(piece);
  });
  const exit = new Promise<PtyExit>((resolve) => pty.onExit(resolve));
  return { pty, text: () => Buffer.concat(pieces).toString(), bytes: () => bytes, exit };
}

function terminalsHeld(): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).endsWith("ptmx");
    } catch {
      return false;
    }
  }).length;
}

afterEach(async () => {
  for (const pty of opened.splice(0)) {
    pty.close();
    signalSession(pty.pid, "SIGKILL");
  }
  await waitUntil("no terminal is held", () => terminalsHeld() === 0);
});

describe("a terminal that the agent opens", () => {
  it("gives the program its terminal, size, TERM and name, and tells how it ended", async () => {
    const { text, exit } = run(["-c", 'tty; stty size; echo "$TERM $0"; exit 7'], { argv0: "-sh" });
    expect(await exit).toEqual({ exitCode: 7, signal: null });
    expect(text()).toMatch(/^\/dev\/pts\/\d+\r\n24 80\r\nxterm-256color -sh\r\n$/);
  });

  it("makes a login shell of one whose name begins with a dash", async () => {
    const { text, exit } = run(["-c", "shopt -q login_shell && echo login"], { file: "/bin/bash", argv0: "-bash" });
    expect((await exit).exitCode).toBe(0);
    expect(text()).toBe("login\r\n");
  });

  it("tells the signal that ended it", async () => {
    expect(await run(["-c", "kill -TERM $$"]).exit).toEqual({ exitCode: 143, signal: "SIGTERM" });
  });

  it("says in words that there is no such folder", () => {
    expect(() => run([], { cwd: "/not/there" })).toThrow(PtyUnavailableError);
  });

  it("loses nothing of the last output, however slowly it is read", async () => {
    const { pty, bytes, exit } = run(["-c", "stty raw; head -c 300000 /dev/zero; exit 3"]);
    let isOver = false;
    void exit.then(() => (isOver = true));
    while (!isOver) {
      pty.pause();
      await new Promise((resolve) => setTimeout(resolve, 5));
      pty.resume();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([(await exit).exitCode, bytes()]).toEqual([3, 300_000]);
  });

  it("waits with the end until the output that it held back was read", async () => {
    const { pty, text, exit } = run(["-c", "read line; echo last; exit 4"]);
    pty.pause();
    pty.write(Buffer.from("go\n"));
    let isOver = false;
    void exit.then(() => (isOver = true));
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect([isOver, text()]).toEqual([false, ""]);
    pty.resume();
    expect((await exit).exitCode).toBe(4);
    expect(text()).toContain("last");
  });

  it("does not wait for what its program left in the background", async () => {
    const { text, exit } = run(["-c", "trap '' HUP; sleep 30 & echo started"]);
    expect((await exit).exitCode).toBe(0);
    expect(text()).toBe("started\r\n");
  });

  it("takes more input than its program reads without holding up anything else", async () => {
    const { pty, text } = run(["-c", "stty raw -echo; echo ready; sleep 0.5; head -c 200000 | wc -c"]);
    await waitUntil("it is ready", () => text().includes("ready"));
    const before = performance.now();
    pty.write(Buffer.alloc(200_000, "x"));
    expect(performance.now() - before).toBeLessThan(200);
    expect(pty.pendingBytes).toBeGreaterThan(100_000);
    await waitUntil("what it read", () => text().includes("200000"));
    expect(pty.pendingBytes).toBe(0);
  });

  it("holds a program that writes without end while it is paused", async () => {
    const { pty, bytes } = run(["-c", "yes"]);
    await waitUntil("output", () => bytes() > 100_000);
    pty.pause();
    const held = bytes();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(bytes()).toBe(held);
    pty.write(Buffer.from("\x03"));
    pty.resume();
    await waitUntil("input to be taken", () => pty.pendingBytes === 0);
  });

  it("tells the program its new size", async () => {
    const { pty, text } = run(["-c", "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.05; done"]);
    await waitUntil("it is ready", () => text().includes("ready"));
    pty.resize(132, 50);
    await waitUntil("its new size", () => text().includes("50 132"));
  });

  it("hangs up every process of its session when it is closed, jobs of its shell too", async () => {
    const { pty, text, exit } = run(["-c", "set -m; sleep 300 & set +m; echo job $!; exec sleep 301"]);
    await waitUntil("its job", () => /job \d+/.test(text()));
    pty.close();
    expect((await exit).signal).toBe("SIGHUP");
    await waitUntil("its session to be empty", () => !signalSession(pty.pid, 0));
  });

  it("does not let its program hold the agent's other terminals", async () => {
    const first = run(["-c", "sleep 300"]);
    const { text, exit } = run(["-c", "ls -l /proc/self/fd"]);
    await exit;
    expect(text()).not.toContain("ptmx");
    first.pty.close();
    expect((await first.exit).signal).toBe("SIGHUP");
  });
});
