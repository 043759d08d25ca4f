import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConsoleStep, consoleSteps, matchesConsole } from "../support/console-script.ts";
import { waitUntil } from "../support/wait-until.ts";

const root = path.resolve(import.meta.dirname, "../..");
const password = "choose a password";
/** A list is asked again until it says what the document says: pools fill while the reader reads. */
const listWithinMs = 60_000;
const commandLimitMs = 60_000;

let folder: string;
let server: ChildProcess;
let url = "";
let serverOutput = "";

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "prewarm-tutorial-"));
  // The embedded PostgreSQL runs under another account when root starts it, and has to get there.
  chmodSync(folder, 0o755);
  cpSync(path.join(root, "templates"), path.join(folder, "templates"), { recursive: true });
  server = spawn(process.execPath, [path.join(root, "bin/prewarm"), "server"], {
    env: {
      PATH: process.env["PATH"],
      PREWARM_ADMIN_PASSWORD: password,
      PREWARM_HTTP_PORT: "0",
      PREWARM_DATA_DIR: path.join(folder, "data"),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [server.stdout, server.stderr]) {
    stream?.on("data", (data) => {
      serverOutput += String(data);
    });
  }
  await waitUntil(
    "the server says that it is ready, or ends",
    () => /ready at (\S+)/.test(serverOutput) || server.exitCode !== null,
    60_000,
  );
  if (server.exitCode !== null) throw new Error(`the server ended: ${serverOutput}`);
  url = /ready at (\S+)/.exec(serverOutput)?.[1] ?? "";
}, 90_000);

afterAll(async () => {
  if (server.exitCode === null) {
    const exited = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGTERM");
    await exited;
  }
  // A test that failed half-way has left workspaces, which outlive their server on purpose.
  for (const pid of await processesOf(folder)) process.kill(pid, "SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

interface Ran {
  readonly output: string;
}

async function run(command: string): Promise<Ran> {
  const child = spawn("bash", ["-c", command.replaceAll("http://127.0.0.1:7080", url)], {
    cwd: folder,
    env: {
      PATH: `${path.join(root, "bin")}:${process.env["PATH"]}`,
      HOME: folder,
      PREWARM_CONFIG_DIR: path.join(folder, "config"),
    },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: commandLimitMs,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => {
      output += String(data);
    });
  }
  await new Promise((resolve) => child.on("close", resolve));
  return { output: output.replaceAll(url, "http://127.0.0.1:7080") };
}

function isList({ command }: ConsoleStep): boolean {
  return /^prewarm (prebuilds (list|explain)|list|doctor)/.test(command);
}

async function check(step: ConsoleStep): Promise<void> {
  const deadline = performance.now() + listWithinMs;
  for (;;) {
    const { output } = await run(step.command);
    if (matchesConsole(output, step)) return;
    if (!isList(step) || performance.now() > deadline) {
      expect.fail(
        `$ ${step.command}\nprinted\n${output}\ninstead of\n${step.expected.join("\n")}\n\nserver:\n${serverOutput}`,
      );
    }
  }
}

test("the tutorial's commands do what it says, and leave nothing behind", { timeout: 300_000 }, async () => {
  const steps = consoleSteps(readFileSync(path.join(root, "docs/tutorial.md"), "utf8"));
  expect(steps.length).toBeGreaterThan(30);
  for (const step of steps) await check(step);
  const exited = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGTERM");
  expect(await exited).toBe(0);
  const workspaces = readdirSync(path.join(folder, "data/provisioner/workspaces"));
  expect(workspaces.filter((name) => /^[0-9a-f-]{36}$/.test(name))).toEqual([]);
  expect(await processesOf(folder)).toEqual([]);
});

/** Living processes that name the folder in their command line or environment, as all of its workspaces do. */
async function processesOf(where: string): Promise<number[]> {
  const pids = readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid);
  return pids.filter((pid) =>
    ["cmdline", "environ"].some((file) => {
      try {
        return readFileSync(`/proc/${pid}/${file}`, "utf8").includes(where);
      } catch {
        return false;
      }
    }),
  );
}
