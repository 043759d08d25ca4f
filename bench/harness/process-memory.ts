import { readdirSync, readFileSync } from "node:fs";

const ticksPerSecond = 100;

/** Memory of a process in MiB: `resident` as the system counts it, `own` without what it shares with others. */
export function memoryOf(processId: number): { readonly residentMiB: number; readonly ownMiB: number } {
  const text = readFileSync(`/proc/${processId}/smaps_rollup`, "utf8");
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0);
  return { residentMiB: kib("Rss") / 1_024, ownMiB: kib("Pss") / 1_024 };
}

/** Processor time in milliseconds that the processes whose command begins with `command` have taken so far. */
export function processorMsOf(command: string): number {
  let ticks = 0;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      if (!stat.slice(stat.indexOf("(") + 1).startsWith(command)) continue;
      ticks += ticksIn(stat);
    } catch {
      // It has ended since the listing.
    }
  }
  return (ticks / ticksPerSecond) * 1_000;
}

/** The same of one process. */
export function processorMsOfProcess(processId: number): number {
  return (ticksIn(readFileSync(`/proc/${processId}/stat`, "utf8")) / ticksPerSecond) * 1_000;
}

function ticksIn(stat: string): number {
  // Fields from the state on; the name in parentheses may hold spaces. Its own time, in user mode and in the kernel.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
