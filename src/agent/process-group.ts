import { readdirSync, readFileSync } from "node:fs";
import { sleep } from "../platform/sleep.ts";

/** Sends a signal to a whole process group; false when nobody is left in it. */
export function signalGroup(groupId: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-groupId, signal);
    return true;
  } catch (error) {
    // EPERM: there is somebody, but not ours: a program that changed its user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

const pollMs = 20;

/** Asks a process group to end, and ends what is left of it after the grace. */
export async function endGroup(groupId: number, graceMs: number): Promise<void> {
  signalGroup(groupId, "SIGTERM");
  for (let waitedMs = 0; waitedMs < graceMs && signalGroup(groupId, 0); waitedMs += pollMs) await sleep(pollMs);
  signalGroup(groupId, "SIGKILL");
}

/** Whether a process of the group carries this setting in its environment. */
export function hasMarkedMember(groupId: number, setting: string): boolean {
  if (!signalGroup(groupId, 0)) return false;
  return processIds().some((id) => groupOf(id) === groupId && hasEnvironment(id, setting));
}

function processIds(): readonly number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** The process group of a process; undefined when it is gone. */
function groupOf(processId: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, "utf8");
    // The name in parentheses may hold anything; state, parent and group follow it.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]);
  } catch {
    return undefined;
  }
}

/** Whether the process carries this setting in its environment; false when that cannot be read. */
function hasEnvironment(processId: number, setting: string): boolean {
  try {
    return readFileSync(`/proc/${processId}/environ`, "utf8").split("\0").includes(setting);
  } catch {
    return false;
  }
}
