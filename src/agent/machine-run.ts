import { readFileSync } from "node:fs";

/**
 * Names the time for which the processes of this machine or container have lived: another one after a reboot, and after
 * a restart of the container. What a hook had left running is gone then, though no start was asked for. Empty where
 * there is no /proc.
 */
export function machineRun(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync("/proc/1/stat", "utf8");
    // The 22nd field is when the first process began; the name in parentheses may hold anything, and state follows it.
    return `${boot} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""}`;
  } catch {
    return "";
  }
}
