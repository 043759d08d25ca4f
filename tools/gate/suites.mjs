import { readFileSync } from "node:fs";

// The test suites, and when each runs. A new suite is one row here; a test file that belongs to no row fails
// `suites.test.ts`, so that none is forgotten.
//
// stage "check": in the gate, `npm run check`: seconds, needs nothing.
//       "test":  in `npm test` besides: needs nothing that `npm ci` does not install.
//       "ci":    needs a tool. Runs by `npm run suite <name>` and in `.ci/run`; `npm test` counts it as skipped.
//                `needs` names the tool for people, `probe` is the command that succeeds where the tool works.
// A row of stage "ci" whose tool CI can install gets a shell function `prepare_<name>` in `.ci/run`.

/** The release before this one, beside which this one has to work. When one is made, its commit is put there. */
const { commit: previousCommit } = JSON.parse(
  readFileSync(new URL("../../test/upgrade/previous-release.json", import.meta.url), "utf8"),
);

/**
 * @typedef {object} Suite
 * @property {string} name
 * @property {string} folder ends with a slash
 * @property {"check" | "test" | "ci"} stage
 * @property {string} [needs] e.g. "a Docker daemon"
 * @property {readonly string[]} [probe] e.g. ["docker", "info"]
 */

/** @type {readonly Suite[]} */
export const suites = [
  { name: "unit", folder: "test/unit/", stage: "check" },
  { name: "property", folder: "test/property/", stage: "check" },
  { name: "scenarios", folder: "test/scenarios/", stage: "check" },
  { name: "db", folder: "test/db/", stage: "check" },
  { name: "tools", folder: "tools/", stage: "check" },
  { name: "postgres", folder: "test/postgres/", stage: "test" },
  { name: "provisioner", folder: "test/provisioner/", stage: "test" },
  { name: "faults", folder: "test/faults/", stage: "test" },
  { name: "http", folder: "test/http/", stage: "test" },
  // Nothing is needed for it either but time: with it `npm test` took longer than anybody waits.
  { name: "e2e", folder: "test/e2e/", stage: "ci", needs: "ten minutes", probe: ["node", "--version"] },
  { name: "history", folder: "test/history/", stage: "ci", needs: "a minute", probe: ["node", "--version"] },
  { name: "fuzz", folder: "test/fuzz/", stage: "ci", needs: "three minutes", probe: ["node", "--version"] },
  { name: "bench", folder: "test/bench/", stage: "ci", needs: "two minutes", probe: ["node", "--version"] },
  // Real servers and a real outage take a minute and more; nothing is needed for it.
  { name: "servers", folder: "test/servers/", stage: "ci", needs: "a few minutes", probe: ["node", "--version"] },
  {
    name: "upgrade",
    folder: "test/upgrade/",
    stage: "ci",
    needs: "git history",
    probe: ["git", "cat-file", "-e", `${previousCommit}^{commit}`],
  },
  { name: "terraform", folder: "test/terraform/", stage: "ci", needs: "Terraform", probe: ["terraform", "version"] },
  { name: "ssh", folder: "test/ssh/", stage: "ci", needs: "the client of OpenSSH", probe: ["ssh", "-V"] },
  { name: "browser", folder: "test/browser/", stage: "ci", needs: "Chromium", probe: ["chromium", "--version"] },
  {
    name: "dashboard",
    folder: "test/dashboard/",
    stage: "ci",
    needs: "Chromium",
    probe: ["sh", "-c", "chromium-headless-shell --version || chromium --version"],
  },
  { name: "docker", folder: "test/docker/", stage: "ci", needs: "a Docker daemon", probe: ["docker", "info"] },
  { name: "chaos", folder: "test/chaos/", stage: "ci", needs: "Linux", probe: ["test", "-r", "/proc/self/environ"] },
  {
    name: "prometheus",
    folder: "test/prometheus/",
    stage: "ci",
    needs: "promtool, of Prometheus",
    probe: ["promtool", "--version"],
  },
];

/** @param {string} stage one of a suite's stages; another one has no suites */
export function suitesOf(stage) {
  return suites.filter((suite) => suite.stage === stage);
}

/** @param {string} name */
export function suiteNamed(name) {
  return suites.find((suite) => suite.name === name);
}
