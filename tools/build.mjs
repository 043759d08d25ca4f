// Compiles, then bundles the programs that start often or travel (CLI, agent) and the benchmarks into one file each, and
// the dashboard.
//   node tools/build.mjs            everything, tests and tools included: what the gate compiles
//   node tools/build.mjs product    what `npm start` needs
//   node tools/build.mjs bench      what `npm run bench` needs
//   node tools/build.mjs chaos      what `npm run chaos` needs
//   node tools/build.mjs mutations  what `npm run mutations` needs
//   --clean                         from nothing
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { parseArgs } from "node:util";
import { fingerprintsOf, isBuilt, noteBuilt } from "./bootstrap/fingerprint.mjs";
import { bundleAll } from "./build/bundles.mjs";
import { buildDashboard } from "./build/dashboard.mjs";

const root = path.resolve(import.meta.dirname, "..");

/** What each target compiles (a project brings those that it refers to) and bundles. */
const targets = {
  all: { projects: ["."], bundles: ["product", "bench", "chaos", "mutations"] },
  product: { projects: ["src/main"], bundles: ["product"] },
  bench: { projects: ["src/main"], bundles: ["product", "bench"] },
  chaos: { projects: ["src/main"], bundles: ["product", "chaos"] },
  mutations: { projects: ["src/main"], bundles: ["product", "mutations"] },
};

/**
 * Projects are compiled side by side; checkers beside each other within one would only repeat each other's work (on
 * two cores 12.9 s of processor time instead of 25.7). Memory is cheaper than its collection (9 s).
 */
const compilerFlags = ["--checkers", "1"];
const compilerEnv = { GOGC: "300" };

/** @returns whether the compiler accepted the projects; its errors go to the terminal */
function compile(projects) {
  const native = path.dirname(createRequire(import.meta.url).resolve("@typescript/native/package.json"));
  const args = [path.join(native, "bin/tsc"), "-b", ...compilerFlags, ...projects];
  const env = { ...compilerEnv, ...process.env };
  return spawnSync(process.execPath, args, { cwd: root, env, stdio: "inherit" }).status === 0;
}

const { values: options, positionals } = parseArgs({
  options: { clean: { type: "boolean", default: false } },
  allowPositionals: true,
});
const name = positionals[0] ?? "all";
if (!Object.hasOwn(targets, name)) {
  console.error(`There is no target "${name}": name one of ${Object.keys(targets).join(", ")}.`);
  process.exit(2);
}
if (options.clean) rmSync(path.join(root, "dist"), { recursive: true, force: true });

const { projects, bundles } = targets[name];
// Whatever is started of the product serves it, so each target has it; made anew only when it changed.
const isDashboardBuilt = isBuilt(root, "dashboard");
const fingerprints = fingerprintsOf(root, [...bundles, "dashboard"]);
if (!compile(projects)) process.exit(1);
await bundleAll({ root, targets: bundles });
if (!isDashboardBuilt) await buildDashboard(root);
noteBuilt(root, fingerprints);
