import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { root } from "./server-process.ts";

const shortLength = 12;
/** When a release is made, its commit is put there, and nothing else changes. */
const commitFile = path.join(root, "test/upgrade/previous-release.json");

/**
 * The folder of the previous release, installed with its own packages and built. It is made once and kept below
 * `node_modules`, where an installation removes it.
 */
export function previousRelease(): string {
  const { commit } = JSON.parse(readFileSync(commitFile, "utf8")) as { readonly commit: string };
  const cache = path.join(root, "node_modules/.cache");
  const folder = path.join(cache, `release-${commit.slice(0, shortLength)}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(path.join(cache, "release-"));
  try {
    run(root, ["sh", "-c", `git archive ${commit} | tar -x -C "$1"`, "sh", fresh]);
    run(fresh, ["npm", "ci", "--no-audit", "--no-fund"]);
    run(fresh, ["npm", "run", "build"]);
    // Appears whole or not at all.
    renameSync(fresh, folder);
    return folder;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function run(folder: string, [program = "", ...args]: readonly string[]): void {
  // What this very run was told in its environment is not the other release's.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_ENV)/.test(name)));
  const done = spawnSync(program, args, { cwd: folder, encoding: "utf8", env });
  if (done.status === 0) return;
  throw new Error(
    `\`${program} ${args.join(" ")}\` in ${folder} ended with ${done.status}:\n${done.stdout}${done.stderr}`,
  );
}
