// Sends seeded requests of every kind at a server of its own: `npm run fuzz -- --requests 50000 --seed 7`.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { requests: { type: "string", default: "15000" }, seed: { type: "string", default: "1" } },
});
const root = path.resolve(import.meta.dirname, "..");
const vitest = path.join(root, "node_modules/vitest/vitest.mjs");
const run = spawnSync(
  process.execPath,
  [vitest, "run", "--project", "database", "test/fuzz", "--reporter", "verbose"],
  {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, FUZZ_REQUESTS: values.requests, FUZZ_SEED: values.seed },
  },
);
process.exitCode = run.status ?? 1;
