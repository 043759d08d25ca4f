// What the commands do once Node is new enough: install if needed, build if needed, go.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { isBuilt } from "./fingerprint.mjs";
import { ensureInstalled } from "./install.mjs";

const root = path.resolve(import.meta.dirname, "../..");

/** `target` is what tools/build.mjs makes; `entry` what is run, with `args` before those of the caller. */
const commands = {
  start: { target: "product", entry: "dist/bundle/cli.mjs", args: ["server"] },
  bench: { target: "bench", entry: "dist/bench/main.mjs", args: [] },
  chaos: { target: "chaos", entry: "dist/chaos/main.mjs", args: [] },
  mutations: { target: "mutations", entry: "dist/mutations/main.mjs", args: [] },
  // The gate compiles by itself, and reports what does not.
  test: { target: undefined, entry: "tools/test.mjs", args: [] },
};

/** A failure that is explained already: no stack is wanted. */
function stop(message) {
  console.error(message);
  process.exit(1);
}

function build(target) {
  if (isBuilt(root, target)) return;
  const done = spawnSync(process.execPath, [path.join(root, "tools/build.mjs"), target], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (done.status !== 0) stop("prewarm: the build failed, so nothing was started; the compiler's words are above.");
}

/**
 * The program runs in this process, as `exec` would have it: signals reach it once and first-hand, its exit code is
 * ours, and there is no child to outlive us.
 */
export async function run(name, callerArgs) {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) stop(`prewarm: "${name}" is none of ${Object.keys(commands).join(", ")}.`);
  const problem = ensureInstalled(root);
  if (problem) stop(problem);
  if (command.target) build(command.target);
  const entry = path.join(root, command.entry);
  if (!existsSync(entry)) stop(`prewarm: ${command.entry} does not exist: this checkout has no source for it.`);
  process.argv = [process.execPath, entry, ...command.args, ...callerArgs];
  // Node reads the map of each module at once: of the server that is 12 MB, a quarter of the time of its start, and
  // `bin/prewarm server` does without, too.
  if (name !== "start") process.setSourceMapsEnabled(true);
  await import(pathToFileURL(entry).href);
}
