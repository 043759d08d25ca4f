import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { mapBounded } from "../../platform/bounded.ts";

/** Files of /proc read at once: enough to be quick, and other work of this process goes on meanwhile. */
const readsAtOnce = 16;

let bootId: string | null = null;

/**
 * What a process number means now: differs when the number was given to another process, or the host has
 * booted since. Null when there is no such process, or only its remains (a zombie).
 */
export function processIdentity(processId: number): string | null {
  try {
    const fields = statFields(processId);
    const [state, startTicks] = [fields[0], fields[19]];
    if (state === "Z" || state === "X" || startTicks === undefined) return null;
    bootId ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${bootId}:${startTicks}`;
  } catch {
    return null;
  }
}

/** Whether the process leads its session: an agent does, what it starts inherits or leaves it. */
export function leadsSession(processId: number): boolean {
  try {
    return statFields(processId)[3] === String(processId);
  } catch {
    return false;
  }
}

/** The fields of /proc/<id>/stat from the state on; see proc(5). */
function statFields(processId: number): readonly string[] {
  const text = readFileSync(`/proc/${processId}/stat`, "utf8");
  // The name in parentheses may hold spaces and parentheses itself: fields are counted from the last one.
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

export interface MarkedProcess {
  readonly processId: number;
  /** The settings that matched. */
  readonly settings: readonly string[];
}

/**
 * Processes of this host that were started with a matching `NAME=value` in their environment. Only those whose
 * environment may be read: those of this account, or all of them for root. Zombies have none.
 */
export async function processesMarked(matches: (setting: string) => boolean): Promise<readonly MarkedProcess[]> {
  const numbers = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const outcomes = await mapBounded(numbers, readsAtOnce, async (name): Promise<MarkedProcess | null> => {
    const text = await readFile(`/proc/${name}/environ`, "utf8");
    const settings = text.split("\0").filter(matches);
    return settings.length === 0 ? null : { processId: Number(name), settings };
  });
  // An error means that it has ended meanwhile, or belongs to somebody else.
  return outcomes.flatMap((outcome) => (outcome.kind === "value" && outcome.value !== null ? [outcome.value] : []));
}

/** Sends a signal to a process, or to a group by its negative number; an absent one is no error. */
export function sendSignal(processId: number, signal: NodeJS.Signals): void {
  try {
    process.kill(processId, signal);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}

/** The name of the file that a process was started from; empty when there is no such process. */
export function programOf(processId: number): string {
  try {
    const [program = ""] = readFileSync(`/proc/${processId}/cmdline`, "utf8").split("\0");
    return path.basename(program);
  } catch {
    return "";
  }
}

/** The process group that a process belongs to; null when there is no such process. */
export function processGroupOf(processId: number): number | null {
  try {
    return Number(statFields(processId)[2]);
  } catch {
    return null;
  }
}
