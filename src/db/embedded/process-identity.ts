import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const psTimeoutMs = 5_000;

function procText(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    // No such process, or no /proc: the caller has another way or takes it as gone.
    return undefined;
  }
}

function ps(pid: number, column: string): string | undefined {
  const done = spawnSync("ps", ["-o", `${column}=`, "-p", String(pid)], { encoding: "utf8", timeout: psTimeoutMs });
  return done.status === 0 ? done.stdout.trim() || undefined : undefined;
}

/**
 * Something that tells this process from any other that ever has the same id, or undefined when there is no such
 * process. Ids are used again, in containers at every start.
 */
export function processStamp(pid: number): string | undefined {
  if (process.platform !== "linux") return ps(pid, "lstart");
  const stat = procText(pid, "stat");
  if (stat === undefined) return undefined;
  // The command's name stands in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  const startTicks = fields[19];
  if (state === "Z" || state === "X" || startTicks === undefined) return undefined;
  let boot = "";
  try {
    boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    // Hidden in some sandboxes; the start time alone is still a good stamp.
  }
  return `${boot}/${startTicks}`;
}

/** The command line of a process, or undefined when there is none. */
export function processCommand(pid: number): string | undefined {
  if (process.platform !== "linux") return ps(pid, "command");
  return procText(pid, "cmdline")?.replaceAll("\0", " ");
}

export function isProcessAlive(pid: number): boolean {
  return processStamp(pid) !== undefined;
}

/** Sends a signal to a process that may have just ended. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended between the look and the signal, which is what the signal was for.
  }
}
