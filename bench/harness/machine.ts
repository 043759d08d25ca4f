import { spawnSync } from "node:child_process";
import os from "node:os";
import { packageRoot } from "../../src/main/version.ts";

/** On what the figures were measured: without it they mean nothing. */
export interface Machine {
  readonly cores: number;
  readonly memoryGiB: number;
  readonly cpuModel: string;
  readonly platform: string;
  readonly nodeVersion: string;
  readonly postgresVersion: string;
  /** Of the last minute, before the first benchmark: what else was running. */
  readonly loadAverage: number;
}

export function describeMachine(postgresVersion: string): Machine {
  const cpus = os.cpus();
  return {
    cores: cpus.length,
    memoryGiB: Math.round(os.totalmem() / 1024 ** 3),
    cpuModel: cpus[0]?.model.trim() ?? "unknown",
    platform: `${os.type()} ${os.release()} ${os.arch()}`,
    nodeVersion: process.versions.node,
    postgresVersion,
    loadAverage: Math.round((os.loadavg()[0] ?? 0) * 100) / 100,
  };
}

/** The commit that was measured, with `+` when files differ from it; null outside a checkout. */
export function currentCommit(): string | null {
  const git = (...args: readonly string[]): string | null => {
    const done = spawnSync("git", args, { cwd: packageRoot, encoding: "utf8" });
    return done.status === 0 ? done.stdout.trim() : null;
  };
  const commit = git("rev-parse", "--short=12", "HEAD");
  return commit === null ? null : commit + (git("status", "--porcelain") === "" ? "" : "+");
}
