// A daemon's process in little: it starts one workspace with the process driver and then waits to be killed.
import { silentLogger } from "../../src/platform/logger.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { ProcessDriver } from "../../src/provisioner/drivers/process/process-driver.ts";
import { buildContext } from "./build-context.ts";

const [root = "", template = "", workspaceId = "", script = ""] = process.argv.slice(2);
const driver = new ProcessDriver({
  root,
  agentCommand: ["sh", "-c", script],
  hostEnvironment: process.env,
  logger: silentLogger,
  random: systemRandom,
});
await driver.open();
await driver.apply(buildContext({ workspaceId, template }));
console.log("started");
setInterval(() => {}, 60_000);
