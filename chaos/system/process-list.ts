import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import path from "node:path";

/** What the operating system says, read from /proc: the truth that what is stored is held against. */

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // It has ended meanwhile, or belongs to somebody else.
    return "";
  }
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return "";
  }
}

function pids(): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0);
}

/** The fields of /proc/<pid>/stat from the state on; see proc(5). */
function statFields(pid: number): readonly string[] {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

export function isAlive(pid: number): boolean {
  const [state = ""] = statFields(pid);
  return state !== "" && state !== "Z" && state !== "X";
}

export function childrenOf(pid: number): readonly number[] {
  return pids().filter((child) => statFields(child)[1] === String(pid) && isAlive(child));
}

/** Sends a signal to a process, or to a group by its negative number; one that has just ended is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Living processes that have to do with a folder: by command line, environment, or where they work. */
export function processesOf(folder: string): readonly number[] {
  return pids().filter(
    (pid) =>
      pid !== process.pid &&
      isAlive(pid) &&
      (read(`/proc/${pid}/cmdline`).includes(folder) ||
        read(`/proc/${pid}/environ`).includes(folder) ||
        linkOf(`/proc/${pid}/cwd`).startsWith(folder)),
  );
}

export interface AgentProcess {
  readonly pid: number;
  readonly workspaceId: string;
  /** The folder of the daemon that started it. */
  readonly daemonFolder: string;
  readonly isFrozen: boolean;
}

const tokenVariable = "PREWARM_AGENT_TOKEN_FILE=";

/** The agents that live, by the variable that the process driver gives to an agent and to nothing else. */
export function agentProcesses(folder: string): readonly AgentProcess[] {
  return pids().flatMap((pid) => {
    const environment = read(`/proc/${pid}/environ`);
    if (!environment.includes(`${tokenVariable}${folder}`)) return [];
    const fields = statFields(pid);
    // An agent leads its session; what it has started does not have the variable, but for the moment before its exec.
    if (fields[0] === "Z" || fields[3] !== String(pid)) return [];
    const token = environment.split("\0").find((setting) => setting.startsWith(tokenVariable)) ?? "";
    const below = path.relative(folder, token.slice(tokenVariable.length)).split(path.sep);
    const [daemon = "", , workspaceId = ""] = below;
    return [{ pid, workspaceId, daemonFolder: path.join(folder, daemon), isFrozen: fields[0] === "T" }];
  });
}

const established = "01";

/** Local ports of established connections to `remotePort`, by the inode of their socket. */
export function connectionsTo(remotePort: number): ReadonlyMap<string, number> {
  const wanted = remotePort.toString(16).toUpperCase().padStart(4, "0");
  const found = new Map<string, number>();
  for (const line of read("/proc/net/tcp").split("\n").slice(1)) {
    const [, local = "", remote = "", state, , , , , , inode = ""] = line.trim().split(/\s+/);
    if (state === established && remote.endsWith(`:${wanted}`)) {
      found.set(inode, Number.parseInt(local.split(":")[1] ?? "", 16));
    }
  }
  return found;
}

/** Inodes of the sockets that a process holds. */
export function socketsOf(pid: number): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return [];
  }
  return names.flatMap((name) => /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${name}`))?.[1] ?? []);
}
