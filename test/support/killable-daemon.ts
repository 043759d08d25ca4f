// A provisioner daemon as a process of its own that kills itself, as `kill -9` would, at a step of its work.
import path from "node:path";
import { Client } from "../../src/client/client.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { startDaemon } from "../../src/provisioner/daemon.ts";
import type { BuildContext, Driver } from "../../src/provisioner/driver.ts";
import { FakeDriver } from "../../src/provisioner/drivers/fake/fake-driver.ts";
import { ProcessDriver } from "../../src/provisioner/drivers/process/process-driver.ts";

const [url = "", token = "", driverName = "", root = "", killAt = ""] = process.argv.slice(2);
const inner: Driver =
  driverName === "fake"
    ? new FakeDriver({ root })
    : new ProcessDriver({
        root,
        agentCommand: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.05; done"],
        hostEnvironment: process.env,
        logger: silentLogger,
        random: systemRandom,
      });

function at(step: string): void {
  if (step === killAt) process.kill(process.pid, "SIGKILL");
}

function watched(verb: "start" | "delete", context: BuildContext): BuildContext {
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
  open: () => inner.open(),
  close: () => inner.close(),
  apply: async (context) => {
    at("start: before anything");
    const report = await inner.apply(watched("start", context));
    at("start: before its report");
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
  name: "killable",
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
