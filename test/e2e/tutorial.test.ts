import { spawn } from "node:child_process";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConsoleStep, consoleSteps, matchesConsole } from "../support/console-script.ts";
import {
  cleanUp,
  openFolder,
  processesOf,
  root,
  type ServerProcess,
  spawnServer,
  urlOf,
} from "../support/server-process.ts";

const password = "choose a password";
/** A list is asked again until it says what the document says: pools fill while the reader reads. */
const listWithinMs = 60_000;
const commandLimitMs = 60_000;

let folder: string;
let server: ServerProcess;
let url: string;

beforeAll(async () => {
  folder = openFolder("tutorial");
  cpSync(path.join(root, "templates"), path.join(folder, "templates"), { recursive: true });
  server = spawnServer({ folder, env: { PREWARM_ADMIN_PASSWORD: password } });
  url = await urlOf(server);
}, 90_000);

afterAll(async () => cleanUp(folder, [server]));

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
        `$ ${step.command}\nprinted\n${output}\ninstead of\n${step.expected.join("\n")}\n\nserver:\n${server.output()}`,
      );
    }
  }
}

test("the tutorial's commands do what it says, and leave nothing behind", { timeout: 300_000 }, async () => {
  const steps = consoleSteps(readFileSync(path.join(root, "docs/tutorial.md"), "utf8"));
  expect(steps.length).toBeGreaterThan(30);
  for (const step of steps) await check(step);
  server.child.kill("SIGTERM");
  expect(await server.exited).toBe(0);
  const workspaces = readdirSync(path.join(folder, "data/provisioner/workspaces"));
  expect(workspaces.filter((name) => /^[0-9a-f-]{36}$/.test(name))).toEqual([]);
  expect(processesOf(folder)).toEqual([]);
});
