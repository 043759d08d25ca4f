import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "../../src/client/client.ts";
import { waitUntil } from "./wait-until.ts";

export const root = path.resolve(import.meta.dirname, "../..");
const startLimitMs = 60_000;

/** A folder that every account can reach: the embedded PostgreSQL runs under another one when root starts it. */
export function openFolder(purpose: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), `prewarm-${purpose}-`));
  chmodSync(folder, 0o755);
  return folder;
}

export interface ServerProcess {
  readonly child: ChildProcess;
  /** Everything that it has printed, both streams. */
  output(): string;
  /** Its exit code, once it has ended. */
  readonly exited: Promise<number | null>;
}

export interface ServerProcessOptions {
  readonly folder: string;
  /** The checkout whose program it is: this one unless said. */
  readonly release?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts `prewarm server` as a program of its own, with its data below `folder`. */
export function spawnServer({ folder, args = [], env = {}, release }: ServerProcessOptions): ServerProcess {
  const settings = { PREWARM_HTTP_PORT: "0", PREWARM_DATA_DIR: path.join(folder, "data"), ...env };
  return spawnProgram(release, ["server", ...args], settings);
}

/** Starts `prewarm provisioner start` as a program of its own, with its data below `folder`. */
export function spawnDaemon({ folder, args = [], env = {}, release }: ServerProcessOptions): ServerProcess {
  const settings = { PREWARM_PROVISIONER_DATA_DIR: path.join(folder, "provisioner"), ...env };
  return spawnProgram(release, ["provisioner", "start", ...args], settings);
}

function spawnProgram(
  release: string | undefined,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ServerProcess {
  const child = spawn(process.execPath, [path.join(release ?? root, "bin/prewarm"), ...args], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => {
      output += String(data);
    });
  }
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, output: () => output, exited };
}

/** Waits until the server says where it listens. */
export async function urlOf(server: ServerProcess): Promise<string> {
  const pattern = /ready at (\S+)/;
  await waitUntil(
    "the server says that it is ready, or ends",
    () => pattern.test(server.output()) || server.child.exitCode !== null,
    startLimitMs,
  );
  const url = pattern.exec(server.output())?.[1];
  if (url === undefined) throw new Error(`the server ended: ${server.output()}`);
  return url;
}

export async function signIn(url: string, password: string): Promise<Client> {
  const { secret } = await new Client({ url }).call("login", { body: { username: "admin", password } });
  return new Client({ url, token: secret });
}

/** Stops the server, ends what a test that failed half-way has left, and removes the folder. */
export async function cleanUp(folder: string, servers: readonly ServerProcess[]): Promise<void> {
  for (const server of servers) {
    if (server.child.exitCode === null && server.child.signalCode === null) server.child.kill("SIGTERM");
    await server.exited;
  }
  endProcessesOf(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Living processes that name the folder in their command line or environment, as all of its workspaces do. */
export function processesOf(folder: string): number[] {
  const pids = readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid);
  return pids.filter((pid) =>
    ["cmdline", "environ"].some((file) => readOrEmpty(`/proc/${pid}/${file}`).includes(folder)),
  );
}

/** Ends all of a folder's workspaces by force, as they go on when their server stops. */
export function endProcessesOf(folder: string): void {
  for (const pid of processesOf(folder)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      // It has ended by itself meanwhile.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
