// A daemon's process in little: it starts one workspace with the terraform driver, tells each state, and waits.
import { readFileSync } from "node:fs";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { TerraformDriver } from "../../src/provisioner/drivers/terraform/terraform-driver.ts";
import { buildContext } from "./build-context.ts";

const [root = "", template = ""] = process.argv.slice(2);
const driver = new TerraformDriver({
  root,
  binary: "terraform",
  hostEnvironment: process.env,
  bootstrap: () => "",
  coder: null,
  clock: systemClock,
  random: systemRandom,
  logger: silentLogger,
});
await driver.open();
const context = buildContext({ workspaceId: "workspace-1", template });
const tell = (state: unknown): void => void process.stdout.write(`${JSON.stringify(state)}\n`);
await driver.apply({
  ...context,
  manifest: { driver: "terraform", agents: [{ name: "main" }] },
  jobId: "job-1",
  archiveHash: readFileSync(`${template}/.hash`, "utf8"),
  saveState: async (state) => tell(state),
});
setInterval(() => {}, 60_000);
