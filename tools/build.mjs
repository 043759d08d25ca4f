// Compiles every project and bundles the programs that start often (CLI, agent) into one file each.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);

function run(command, args) {
  const done = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

export function compile() {
  const native = path.dirname(require.resolve("@typescript/native/package.json"));
  run(process.execPath, [path.join(native, "bin/tsc"), "-b"]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--clean")) rmSync(path.join(root, "dist"), { recursive: true, force: true });
  compile();
}
