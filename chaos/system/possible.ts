import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { FaultKind } from "../plan/fault-kinds.ts";

/** What this machine lends itself to. */
export interface Possible {
  /** Whether small file systems can be mounted. */
  readonly hasMounts: boolean;
  /** libfaketime, which gives a program another clock; null where it is not installed. */
  readonly faketime: string | null;
  readonly hasDocker: boolean;
}

export function findPossible(): Possible {
  return {
    hasMounts: canMount(),
    faketime: findFaketime(),
    hasDocker: spawnSync("docker", ["info"], { stdio: "ignore" }).status === 0,
  };
}

/** Why a kind of fault cannot be had here; null when it can. */
export function whyImpossible(kind: FaultKind, possible: Possible): string | null {
  if (kind.needs === "root" && !possible.hasMounts) return "no file system can be mounted here (needs root)";
  if (kind.needs === "faketime" && possible.faketime === null) return "libfaketime is not installed";
  return null;
}

function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(path.join(tmpdir(), "prewarm-chaos-mount-"));
  try {
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], { stdio: "ignore" }).status !== 0) {
      return false;
    }
    return spawnSync("umount", [folder], { stdio: "ignore" }).status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function findFaketime(): string | null {
  const folders = existsSync("/usr/lib") ? readdirSync("/usr/lib").map((name) => `/usr/lib/${name}/faketime`) : [];
  // The one for programs with threads.
  return folders.map((folder) => `${folder}/libfaketimeMT.so.1`).find((file) => existsSync(file)) ?? null;
}
