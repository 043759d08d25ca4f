import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import type { Logger } from "../../platform/logger.ts";
import { sleep } from "../../platform/sleep.ts";
import { EmbeddedPostgresError, systemCode } from "./embedded-error.ts";
import { isProcessAlive, processCommand, signalProcess } from "./process-identity.ts";

const pollMs = 25;
/** How long each of the three ways to stop a left-behind postmaster may take. */
export const leftBehindStopMs = 10_000;

/** Index of the line with the key of the shared memory: the last that says who may still write. */
const sharedMemoryLine = 6;

function postmasterLines(cluster: string): readonly string[] {
  try {
    return readFileSync(path.join(cluster, "postmaster.pid"), "utf8").split("\n");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** Process id of the postmaster that `postmaster.pid` names, or undefined. */
export function postmasterPid(cluster: string): number | undefined {
  const pid = Number(postmasterLines(cluster)[0]);
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

/** Socket folder of the postmaster that `postmaster.pid` names, or undefined. */
export function postmasterSocketFolder(cluster: string): string | undefined {
  return postmasterLines(cluster)[4] || undefined;
}

/** Whether the process is a postmaster of this cluster, and not a stranger that got its id after a reboot. */
function isPostmasterOf(cluster: string, pid: number): boolean {
  return processCommand(pid)?.includes(` -D ${cluster} `) === true;
}

async function waitUntilGone(pid: number, limitMs: number): Promise<boolean> {
  const attempts = Math.ceil(limitMs / pollMs);
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (!isProcessAlive(pid)) return true;
    await sleep(pollMs);
  }
  return !isProcessAlive(pid);
}

/**
 * Makes way for a new postmaster by stopping one that a killed host left behind: fast, then immediate, then by force.
 * The caller holds the folder's lock. A `postmaster.pid` whose process is gone stays: PostgreSQL removes it itself,
 * after it has made sure by the shared memory named there that no orphaned backend still writes. One that names none was
 * not finished when the machine stopped, and goes.
 */
export async function clearLeftBehind(cluster: string, logger: Logger): Promise<void> {
  const lines = postmasterLines(cluster);
  const pid = postmasterPid(cluster);
  if (pid === undefined || !isProcessAlive(pid) || !isPostmasterOf(cluster, pid)) {
    // PostgreSQL would refuse to start: it takes a stranger that now has the process id for a postmaster, and does not
    // go on where the file is empty or cut off. Without the line of the shared memory there never was a backend.
    const isStranger = pid !== undefined && isProcessAlive(pid);
    const isTorn = lines.length > 0 && (lines[sharedMemoryLine] ?? "").trim() === "";
    if (isTorn) logger.warn("a postmaster.pid that a crash left unfinished is removed", { cluster });
    if (isStranger || isTorn) rmSync(path.join(cluster, "postmaster.pid"), { force: true });
    return;
  }
  logger.warn("stopping a database that an earlier server left running", { pid, cluster });
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    signalProcess(pid, signal);
    if (await waitUntilGone(pid, leftBehindStopMs)) return;
  }
  throw new EmbeddedPostgresError(
    "data_dir_in_use",
    `A PostgreSQL (process ${pid}) that an earlier server left running on ${cluster} does not stop, not even by force. ` +
      `End it with: kill -9 ${pid}. Then start the server again.`,
  );
}
