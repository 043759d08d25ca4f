import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A TCP port on which something listens in the workspace. */
export interface PortInUse {
  readonly port: number;
  /** Of the program that listens, where the agent may see it. */
  readonly process: string | null;
}

/** As many as are told: a workspace that has more is looked at from inside. */
const portsMax = 500;
/** Programs that are looked at for whose port it is. */
const programsMax = 5_000;
const listening = "0A";
const tables = ["/proc/net/tcp", "/proc/net/tcp6"] as const;

/** What listens here at this moment, in the order of the ports. None where the system has no `/proc`. */
export function listeningPorts(): PortInUse[] {
  const inodes = new Map<number, string>();
  for (const table of tables) for (const { port, inode } of listeners(textOf(table))) inodes.set(port, inode);
  const wanted = new Set(inodes.values());
  const names = wanted.size === 0 ? new Map<string, string>() : programNames(wanted);
  return [...inodes]
    .map(([port, inode]) => ({ port, process: names.get(inode) ?? null }))
    .sort((one, other) => one.port - other.port)
    .slice(0, portsMax);
}

/** Rows of the kernel's table of TCP sockets that listen. */
export function listeners(table: string): { readonly port: number; readonly inode: string }[] {
  return table.split("\n").flatMap((line) => {
    const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
    const port = Number.parseInt(local.split(":")[1] ?? "", 16);
    return state === listening && port > 0 ? [{ port, inode }] : [];
  });
}

/** Names of the programs that hold these sockets, by the socket's inode; only of those that the agent may look at. */
function programNames(inodes: ReadonlySet<string>): Map<string, string> {
  const names = new Map<string, string>();
  const programs = namesIn("/proc").filter((name) => /^\d+$/.test(name));
  for (const pid of programs.slice(0, programsMax)) {
    if (names.size === inodes.size) break;
    for (const fd of namesIn(`/proc/${pid}/fd`)) {
      const [, inode = ""] = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`)) ?? [];
      if (inodes.has(inode)) names.set(inode, textOf(`/proc/${pid}/comm`).trim());
    }
  }
  return names;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Somebody else's, or over meanwhile.
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
