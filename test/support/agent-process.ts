import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import path from "node:path";

/** The process of a workspace's agent, by what its environment says. */
export function agentOf(workspaceId: string): number | undefined {
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8");
      const environment = readFileSync(`/proc/${name}/environ`, "utf8");
      if (/agent\.mjs/.test(command) && environment.includes(`PREWARM_WORKSPACE_ID=${workspaceId}`))
        return Number(name);
    } catch {
      // It has ended meanwhile.
    }
  }
  return undefined;
}

/** What a process's descriptors are of, such as `/dev/pts/ptmx` and `socket:[4711]`. */
export function openedBy(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    try {
      return [readlinkSync(path.join(folder, fd))];
    } catch {
      return [];
    }
  });
}

/** Resident, in bytes. */
export function memoryOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1_024;
}
