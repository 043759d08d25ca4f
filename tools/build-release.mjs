import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";

/**
 * Puts another release of this repository into an empty or new folder, installs it with its own packages and builds it.
 * @param {{ root: string, commit: string, folder: string }} release
 */
export function buildRelease({ root, commit, folder }) {
  mkdirSync(folder, { recursive: true });
  run(root, "sh", ["-c", 'git archive "$1" | tar -x -C "$2"', "sh", commit, folder]);
  run(folder, "npm", ["ci", "--no-audit", "--no-fund"]);
  run(folder, "npm", ["run", "build"]);
}

/**
 * @param {string} folder
 * @param {string} program
 * @param {readonly string[]} args
 */
function run(folder, program, args) {
  // What this very run was told in its environment is not the other release's.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_ENV)/.test(name)));
  const done = spawnSync(program, [...args], { cwd: folder, encoding: "utf8", env });
  if (done.status === 0) return;
  throw new Error(
    `\`${program} ${args.join(" ")}\` in ${folder} ended with ${done.status}:\n${done.stdout}${done.stderr}`,
  );
}
