import { readFileSync } from "node:fs";
import { readdir, readFile, readlink } from "node:fs/promises";
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
  return await inEach(async (number): Promise<MarkedProcess | null> => {
    const text = await readFile(`/proc/${number}/environ`, "utf8");
    const settings = text.split("\0").filter(matches);
    return settings.length === 0 ? null : { processId: Number(number), settings };
  });
}

/** The numbers of this host's processes. */
async function processNumbers(): Promise<readonly string[]> {
  return (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
}

/** The accounts of a process, those it could take again included; see `Uid` in proc(5). */
function accountsIn(status: string): readonly number[] {
  const [, numbers = ""] = /^Uid:\s+(.*)$/m.exec(status) ?? [];
  return numbers
    .split(/\s+/)
    .filter((text) => text !== "")
    .map(Number);
}

async function inEach<Value>(look: (number: string) => Promise<Value | null>): Promise<readonly Value[]> {
  const outcomes = await mapBounded(await processNumbers(), readsAtOnce, look);
  // An error means that it has ended meanwhile, or belongs to somebody else.
  return outcomes.flatMap((outcome) => (outcome.kind === "value" && outcome.value !== null ? [outcome.value] : []));
}

/** The accounts that anything on this host runs as. */
export async function accountsInUse(): Promise<ReadonlySet<number>> {
  const found = await inEach(async (number) => accountsIn(await readFile(`/proc/${number}/status`, "utf8")));
  return new Set(found.flat());
}

/** Processes that run as the account, or could; what remains of one that has ended is none. */
export async function processesOf(account: number): Promise<readonly number[]> {
  return await inEach(async (number) => {
    const status = await readFile(`/proc/${number}/status`, "utf8");
    return accountsIn(status).includes(account) && !/^State:\s+[ZX]/m.test(status) ? Number(number) : null;
  });
}

/** All that descends from these processes now, or is in their sessions, themselves included, each with what its number means. */
export async function descendantsOf(
  processIds: readonly number[],
): Promise<readonly { readonly processId: number; readonly identity: string }[]> {
  const all = await inEach(async (number) => {
    const text = await readFile(`/proc/${number}/stat`, "utf8");
    const [, parent, , session] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { processId: Number(number), parent: Number(parent), session: Number(session) };
  });
  const found = new Set(processIds);
  for (let before = 0; before !== found.size; ) {
    before = found.size;
    for (const { processId, parent, session } of all) {
      if (found.has(parent) || found.has(session)) found.add(processId);
    }
  }
  return [...found].flatMap((processId) => {
    const identity = processIdentity(processId);
    return identity === null ? [] : [{ processId, identity }];
  });
}

/**
 * Processes of this daemon's account that belong to nobody any more and stand in the folder, or hold a file in it open:
 * what has left its session and cleared its environment. Whoever looks at the folder from a terminal, or as another
 * program's child, is not meant.
 */
export async function strayProcessesIn(folder: string): Promise<readonly number[]> {
  const own = process.getuid?.();
  return await inEach(async (number) => {
    const fields = statFields(Number(number));
    const [state, parent, , , terminal] = fields;
    if (parent !== "1" || terminal !== "0" || state === "Z" || Number(number) === process.pid) return null;
    if (!accountsIn(await readFile(`/proc/${number}/status`, "utf8")).includes(own ?? -1)) return null;
    return (await holdsIn(number, folder)) ? Number(number) : null;
  });
}

async function holdsIn(number: string, folder: string): Promise<boolean> {
  const isInside = (target: string): boolean => target === folder || target.startsWith(`${folder}${path.sep}`);
  for (const name of ["cwd", "root", "exe"]) {
    if (isInside(await readlink(`/proc/${number}/${name}`).catch(() => ""))) return true;
  }
  for (const name of await readdir(`/proc/${number}/fd`)) {
    if (isInside(await readlink(`/proc/${number}/fd/${name}`).catch(() => ""))) return true;
  }
  return false;
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
