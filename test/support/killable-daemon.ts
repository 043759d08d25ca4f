// A provisioner daemon as a process of its own that kills itself, as `kill -9` would, at a step of its work.
import path from "node:path";
import { Client } from "../../src/client/client.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { startDaemon } from "../../src/provisioner/daemon.ts";
import { bootstrapScript } from "../../src/provisioner/bootstrap.ts";
import type { BuildContext, Driver } from "../../src/provisioner/driver.ts";
import { FakeDriver } from "../../src/provisioner/drivers/fake/fake-driver.ts";
import { TerraformDriver } from "../../src/provisioner/drivers/terraform/terraform-driver.ts";
import { ProcessDriver } from "../../src/provisioner/drivers/process/process-driver.ts";

const [url = "", token = "", driverName = "", root = "", killAt = "", name = "killable", agent = ""] =
  process.argv.slice(2);

function madeDriver(): Driver {
  if (driverName === "fake") return new FakeDriver({ root });
  const common = { root, hostEnvironment: process.env, logger: silentLogger, random: systemRandom };
  if (driverName !== "terraform") {
    return new ProcessDriver({
      ...common,
      agentCommand: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.05; done"],
    });
  }
  return new TerraformDriver({
    ...common,
    binary: "terraform",
    bootstrap: (input) => bootstrapScript({ ...input, installed: { node: process.execPath, agent } }),
    coder: null,
    clock: systemClock,
    interruptGraceMs: 2_000,
  });
}

const inner = madeDriver();

function at(step: string): void {
  if (step === killAt) process.kill(process.pid, "SIGKILL");
}

function watched(verb: string, context: BuildContext): BuildContext {
  return {
    ...context,
    saveState: async (state) => {
      at(`${verb}: before its state is stored`);
      await context.saveState(state);
      at(`${verb}: after its state is stored`);
    },
  };
}

const driver: Driver = {
  name: inner.name,
  capabilities: (manifest) => inner.capabilities(manifest),
  parse: (context) => inner.parse(context),
  list: () => inner.list(),
  remove: async (...args) => inner.remove?.(...args),
  ...(inner.planClaim === undefined ? {} : { planClaim: inner.planClaim.bind(inner) }),
  deliver: async (adopt) => inner.deliver?.(adopt),
  tidy: async (abort) => inner.tidy?.(abort),
  open: () => inner.open(),
  close: () => inner.close(),
  apply: async (context) => {
    const verb = context.work.stage === "claim" ? "claim" : "start";
    at(`${verb}: before anything`);
    const report = await inner.apply(watched(verb, context));
    at(`${verb}: before its report`);
    return report;
  },
  destroy: async (context) => {
    at("delete: before anything");
    await inner.destroy(watched("delete", context));
    at("delete: before its report");
  },
};

startDaemon({
  client: new Client({ url, token }),
  name,
  incarnation: systemRandom.uuid(),
  drivers: [driver],
  concurrency: 1,
  tags: {},
  scratchDir: path.join(root, "..", "scratch"),
  version: "test",
  logger: silentLogger,
  random: systemRandom,
  clock: systemClock,
  timing: { sweepMs: 100 },
});
