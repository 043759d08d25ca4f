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

/**
 * To every process of a session, whatever groups its shell has made of them. Without `/proc`, to its leader's group.
 * @returns false when nobody is left in it.
 */
export function signalSession(sessionId: number, signal: NodeJS.Signals | 0): boolean {
  const groups = new Set([sessionId]);
  for (const id of processIds()) {
    const stat = statOf(id);
    if (stat?.sessionId === sessionId) groups.add(stat.groupId);
  }
  return [...groups].map((groupId) => signalGroup(groupId, signal)).includes(true);
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
  return processIds().some((id) => statOf(id)?.groupId === groupId && hasEnvironment(id, setting));
}

function processIds(): readonly number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Where a process belongs; undefined when it is gone. */
function statOf(processId: number): { readonly groupId: number; readonly sessionId: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, "utf8");
    // The name in parentheses may hold anything; state, parent, group and session follow it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { groupId: Number(fields[2]), sessionId: Number(fields[3]) };
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
