import { readFileSync } from "node:fs";
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

/** Whether the process carries this setting in its environment; false when that cannot be read. */
export function hasEnvironment(processId: number, setting: string): boolean {
  try {
    return readFileSync(`/proc/${processId}/environ`, "utf8").split("\0").includes(setting);
  } catch {
    return false;
  }
}
