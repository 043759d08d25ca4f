import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { Logger } from "../../platform/logger.ts";
import { sleep } from "../../platform/sleep.ts";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { corrupt, postgresEnvironment } from "./cluster.ts";
import { EmbeddedPostgresError } from "./embedded-error.ts";
import { createOutputReader } from "./postgres-output.ts";
import { postmasterPid } from "./postmaster-file.ts";
import { signalProcess } from "./process-identity.ts";
import { shutdownLimitSeconds, watcherScript } from "./watcher.ts";

/** A start that replays a long log after a crash takes a while; beyond this something is wrong. */
export const startLimitMs = 120_000;
const stopGraceMs = 2000;
const outputGraceMs = 250;
const damageSigns =
  /checkpoint record|control file|pg_control|invalid page|corrupt|could not open file|could not read file|PANIC/i;

export interface PostmasterExit {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One run of PostgreSQL under its watcher. */
export interface Postmaster {
  readonly exited: Promise<PostmasterExit>;
  /** Fast shutdown; by force when it takes longer than its limit. */
  stop(): Promise<void>;
}

export interface PostmasterOptions {
  readonly cluster: string;
  readonly account: Account;
  readonly binaries: Binaries;
  readonly socketFolder: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly logger: Logger;
}

function spawnWatched(options: PostmasterOptions): ChildProcessWithoutNullStreams {
  const settings = Object.entries(options.settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const command = [options.binaries.postgres, "-D", options.cluster, ...settings];
  return spawn("/bin/sh", ["-c", watcherScript, "prewarm-postgres", options.socketFolder, ...command], {
    ...options.account.spawnAs,
    cwd: "/",
    // A process group of its own: Ctrl-C is for the server, which stops the database last.
    detached: true,
    env: postgresEnvironment(),
    stdio: ["pipe", "pipe", "pipe"],
  });
}

async function withinLimit<Value>(work: Promise<Value>, limitMs: number): Promise<Value | "late"> {
  const abort = new AbortController();
  const late = sleep(limitMs, abort.signal).then((): "late" => "late");
  try {
    return await Promise.race([work, late]);
  } finally {
    abort.abort();
  }
}

function startError(cluster: string, tail: string): EmbeddedPostgresError {
  if (damageSigns.test(tail)) return corrupt(cluster, `PostgreSQL cannot start on it. ${tail}`, undefined);
  return new EmbeddedPostgresError(
    "start_failed",
    `PostgreSQL did not start on ${cluster}. ${tail} Remove the cause it names, then start the server again.`,
  );
}

function exitOf(child: ChildProcessWithoutNullStreams): Promise<PostmasterExit> {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (status, signal) => {
      const done = (): void => resolve({ status, signal });
      // `close` comes when everything it said has been read. It never comes when only the watcher was killed and
      // PostgreSQL still holds the other end of the pipes.
      child.on("close", done);
      setTimeout(done, outputGraceMs).unref();
    });
  });
}

/** Starts PostgreSQL and waits until it accepts connections. Throws `EmbeddedPostgresError` when it does not. */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const child = spawnWatched(options);
  let markReady = (): void => {};
  const ready = new Promise<"ready">((resolve) => {
    markReady = () => resolve("ready");
  });
  const output = createOutputReader(options.logger, () => markReady());
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => output.push(chunk));
  }
  child.stdin.on("error", () => {}); // The watcher is gone; its exit says so.
  const exited = exitOf(child);
  const stop = async (): Promise<void> => {
    child.stdin.end();
    if ((await withinLimit(exited, shutdownLimitSeconds * 1000 + stopGraceMs)) !== "late") return;
    const pid = postmasterPid(options.cluster);
    if (pid !== undefined) signalProcess(pid, "SIGKILL");
    child.kill("SIGKILL");
    await withinLimit(exited, stopGraceMs);
  };

  const first = await withinLimit(Promise.race([ready, exited]), startLimitMs).catch((error: unknown) => {
    throw new EmbeddedPostgresError("start_failed", `PostgreSQL's watcher /bin/sh did not start: ${String(error)}.`, {
      cause: error,
    });
  });
  if (first === "ready") return { exited, stop };
  if (first !== "late") throw startError(options.cluster, output.tail());
  await stop();
  throw new EmbeddedPostgresError(
    "start_timeout",
    `PostgreSQL on ${options.cluster} did not accept connections within ${startLimitMs / 1000} s. ${output.tail()} ` +
      "If it recovers from a crash on a slow disk, start the server again: it goes on where it was.",
  );
}
