// What is asked for and not waited for: a real Ctrl-C in `create`, and the delete of a workspace that is being built.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cleanUp, openFolder, root, type ServerProcess, spawnServer, urlOf } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const password = "a password of the test";
const program = path.join(root, "bin/prewarm");

let folder: string;
let server: ServerProcess;

beforeAll(async () => {
  folder = openFolder("interrupted");
  const env = { PREWARM_ADMIN_PASSWORD: password, PREWARM_PROVISIONER_DRIVERS: "process,fake" };
  server = spawnServer({ folder, env });
  const url = await urlOf(server);
  await prewarm(["login", url, "--username", "admin", "--password-stdin"], `${password}\n`);
  mkdirSync(path.join(folder, "slow"));
  // It takes longer than this test may, unless it is cancelled.
  const manifest = "name: slow\ndriver: fake\nfake: { start_ms: 600000 }\n";
  writeFileSync(path.join(folder, "slow/template.yaml"), manifest);
  expect((await prewarm(["templates", "push", path.join(folder, "slow")])).exitCode).toBe(0);
}, 90_000);

afterAll(async () => cleanUp(folder, [server]));

interface Running {
  readonly child: ChildProcess;
  readonly stderr: () => string;
  readonly ended: Promise<{ readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }>;
}

function start(argv: readonly string[], stdin = ""): Running {
  const child = spawn(process.execPath, [program, ...argv], {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder, PREWARM_CONFIG_DIR: path.join(folder, "config") },
    stdio: "pipe",
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => (stdout += String(data)));
  child.stderr.on("data", (data) => (stderr += String(data)));
  child.stdin.end(stdin);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve)).then((exitCode) => ({
    exitCode,
    stdout,
    stderr,
  }));
  return { child, stderr: () => stderr, ended };
}

const prewarm = (argv: readonly string[], stdin = "") => start(argv, stdin).ended;

async function latestBuild(name: string): Promise<string> {
  const { stdout } = await prewarm(["show", name, "--json"]);
  return (JSON.parse(stdout) as { latestBuild: { status: string } }).latestBuild.status;
}

test("Ctrl-C leaves the creation to the server; deleting what is being built cancels that, and leaves nothing", async () => {
  const creating = start(["create", "dev", "--template", "slow"]);
  await waitUntil("it is being built", async () => (await latestBuild("dev").catch(() => "")) === "running");
  creating.child.kill("SIGINT");
  const interrupted = await creating.ended;
  expect(interrupted.exitCode).toBe(130);
  expect(interrupted.stderr).toContain("Interrupted: the start of dev goes on on the server.");
  expect(await latestBuild("dev")).toBe("running");

  const deleted = await prewarm(["delete", "dev"]);
  expect(deleted.stderr).toContain("dev is being built: that is cancelled, and what there is of it is deleted.");
  expect(deleted).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^dev: deleted after /) });
  expect((await prewarm(["list", "-q"])).stdout).toBe("");
  expect((await prewarm(["jobs", "list", "--status", "running", "-q"])).stdout).toBe("");

  const again = start(["create", "dev", "--template", "slow"]);
  await waitUntil("it is being built again", async () => (await latestBuild("dev").catch(() => "")) === "running");
  expect((await prewarm(["jobs", "cancel", "dev"])).stdout).toMatch(/ canceling\n$/);
  expect(await again.ended).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("[canceled]") });
  expect((await prewarm(["delete", "dev"])).exitCode).toBe(0);
}, 60_000);
