import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { processesOf, sendSignal } from "./process-list.ts";
import { comesTrue } from "./wait.ts";

const diskBytes = 48 * 1_048_576;
const sweepLimitMs = 5_000;

/** The folder of one run, and everything of the run: what still lives or is mounted when it ends is ended with it. */
export interface RunFolder {
  readonly path: string;
  /** A folder for a daemon: on a small file system of its own where that is possible. */
  createDisk(name: string, isMounted: boolean): string;
  /** Ends every process of the run, and removes the folder. @returns how many there were */
  remove(): Promise<number>;
}

export function createRunFolder(): RunFolder {
  const folder = mkdtempSync(path.join(tmpdir(), "prewarm-chaos-"));
  // PostgreSQL runs under another account when root starts it, and has to get there.
  chmodSync(folder, 0o755);
  const guard = spawnGuard(folder);
  return {
    path: folder,
    createDisk: (name, isMounted) => {
      const disk = path.join(folder, name);
      mkdirSync(disk);
      if (isMounted) {
        const done = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${diskBytes}`, "tmpfs", disk]);
        if (done.status !== 0) throw new Error(`${disk} could not be mounted: ${done.stderr.toString()}`);
      }
      return disk;
    },
    remove: async () => {
      const left = await endAll(folder);
      for (const mounted of mountsBelow(folder)) spawnSync("umount", ["--lazy", mounted]);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      guard.stdin.end();
      return left;
    },
  };
}

/** Ends what has to do with the folder, also what is frozen, until nothing of it is left. */
async function endAll(folder: string): Promise<number> {
  const seen = new Set<number>();
  await comesTrue(() => {
    const living = processesOf(folder).filter((pid) => !isGuard(pid));
    for (const pid of living) {
      seen.add(pid);
      sendSignal(pid, "SIGKILL");
    }
    return living.length === 0;
  }, sweepLimitMs);
  return seen.size;
}

function mountsBelow(folder: string): readonly string[] {
  const lines = readFileSync("/proc/mounts", "utf8").split("\n");
  return lines.map((line) => line.split(" ")[1] ?? "").filter((at) => at.startsWith(`${folder}/`));
}

const guardName = "prewarm-chaos-guard";

function isGuard(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(guardName);
  } catch {
    return false;
  }
}

// Ends what is left when chaos itself is killed: its standard input ends then, and not before.
const guardScript = `
cat > /dev/null
[ -d "$1" ] || exit 0
for round in 1 2 3; do
  for process in /proc/[0-9]*; do
    pid="\${process#/proc/}"
    [ "$pid" = "$$" ] && continue
    if grep -qsaF "$1" "$process/cmdline" "$process/environ" || case "$(readlink "$process/cwd")" in "$1"*) true ;; *) false ;; esac
    then kill -KILL "$pid" 2> /dev/null; fi
  done
  sleep 1
done
grep -F " $1/" /proc/mounts | cut -d ' ' -f 2 | while read -r at; do umount --lazy "$at"; done
rm -rf "$1"
`;

function spawnGuard(folder: string): { readonly stdin: { end(): void } } {
  const child = spawn("/bin/sh", ["-c", guardScript, guardName, folder], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  child.unref();
  child.stdin.on("error", () => {});
  // It must not keep this program running; where pipes are sockets, they can be told so.
  if ("unref" in child.stdin && typeof child.stdin.unref === "function") child.stdin.unref();
  return { stdin: child.stdin };
}
