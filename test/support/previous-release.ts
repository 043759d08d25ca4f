import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { buildRelease } from "../../tools/build-release.mjs";
import { root } from "./server-process.ts";

const shortLength = 12;
const madeWithinMs = 600_000;
const lookMs = 200;
/** When a release is made, its commit is put there, and nothing else changes. */
const commitFile = path.join(root, "test/upgrade/previous-release.json");

/**
 * The folder of the previous release, installed with its own packages and built. It is made once and kept among what is
 * built here; below `node_modules` its compiler would take it for a package.
 */
export function previousRelease(): string {
  const { commit } = JSON.parse(readFileSync(commitFile, "utf8")) as { readonly commit: string };
  const cache = path.join(root, "dist/.releases");
  const folder = path.join(cache, `release-${commit.slice(0, shortLength)}`);
  mkdirSync(cache, { recursive: true });
  const lock = `${folder}.lock`;
  // Test files run beside each other: one of them makes it, and the others wait.
  const endMs = performance.now() + madeWithinMs;
  while (!existsSync(folder)) {
    if (tryLock(lock)) {
      try {
        if (!existsSync(folder)) make(commit, folder);
      } finally {
        rmSync(lock, { recursive: true, force: true });
      }
    } else if (performance.now() > endMs) throw new Error(`${folder} was not made in time; remove ${lock}.`);
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lookMs);
  }
  return folder;
}

function tryLock(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function make(commit: string, folder: string): void {
  const fresh = mkdtempSync(path.join(path.dirname(folder), "release-"));
  try {
    buildRelease({ root, commit, folder: fresh });
    // Appears whole or not at all.
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
