import { cpSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Check } from "typebox/value";
import { parse } from "yaml";
import { Manifest } from "../../src/contracts/manifest.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { bootstrapScript } from "../../src/provisioner/bootstrap.ts";
import { processIdentity } from "../../src/provisioner/host/process-table.ts";
import { TerraformDriver } from "../../src/provisioner/drivers/terraform/terraform-driver.ts";
import { bundleProgram } from "../support/bundled-program.ts";
import { agentManifest, claimedBy, ScriptedAgentServer } from "../support/scripted-agent-server.ts";
import { TerraformBench, terraformMissing } from "../support/terraform.ts";

const template = path.resolve(import.meta.dirname, "../../templates/terraform-demo");
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000, interval: 10 });

let bench: TerraformBench;
let driver: TerraformDriver | undefined;
const server = new ScriptedAgentServer();
beforeEach(async (context) => {
  if (terraformMissing !== undefined) context.skip(`${terraformMissing}`);
  bench = new TerraformBench();
  await server.start();
});
afterEach(async () => {
  // Also after a failure nothing may go on running.
  await driver?.destroy(bench.destroy());
  await server.stop();
  bench?.remove();
});

function manifestOf(): Manifest {
  const manifest: unknown = parse(readFileSync(path.join(template, "template.yaml"), "utf8"));
  expect(Check(Manifest, manifest)).toBe(true);
  return manifest as Manifest; // checked in the line above
}

/** The folder of the workspace's home, as the template has it. */
const home = (): string => path.join(bench.root, "workspaces/workspace-1/run/home");
const agentProcess = (): number => Number(readFileSync(path.join(home(), ".prewarm/agent.pid"), "utf8"));

async function openDriver(): Promise<TerraformDriver> {
  const program = path.join(bench.folder, "agent.mjs");
  await bundleProgram("src/main/agent.ts", program);
  const driver = new TerraformDriver({
    root: bench.root,
    binary: "terraform",
    hostEnvironment: process.env,
    bootstrap: (input) => bootstrapScript({ ...input, installed: { node: process.execPath, agent: program } }),
    coder: null,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  });
  await driver.open();
  return driver;
}

test("a workspace of the Terraform demo is warmed, rehearsed, claimed without a change, stopped and deleted", async () => {
  const manifest = manifestOf();
  bench.manifest = manifest;
  cpSync(template, path.join(bench.folder, "template"), { recursive: true });
  bench.write("version", "demo");
  const hooks = manifest.agents?.[0]?.hooks;
  const parameters = { greeting: "Hello" };
  server.manifest = agentManifest({
    directory: "project",
    parameters,
    hooks: {
      prewarm: { run: hooks?.prewarm?.run ?? "", timeoutMs: 60_000 },
      claim: { run: hooks?.claim?.run ?? "", timeoutMs: 60_000 },
      // Longer than an agent without such a hook is given.
      stop: { run: "sleep 6; touch put-away", timeoutMs: 30_000 },
    },
  });
  driver = await openDriver();
  await driver.parse(bench.build());
  const accessUrl = server.url;
  const report = await driver.apply({ ...bench.build(), accessUrl });
  expect(report.resources).toMatchObject([
    { address: "terraform_data.agent[0]" },
    { address: "terraform_data.home", icon: "folder", dailyCost: 0 },
    { address: "output.home", attributes: { value: home() } },
  ]);
  await until(() => expect(server.states()).toContain("ready"));
  const agent = agentProcess();

  expect((await driver.planClaim({ ...bench.claim(), accessUrl })).effect).toBe("nothing");
  expect((await driver.apply({ ...bench.claim(), accessUrl })).plan?.effect).toBe("nothing");
  server.record = { ...claimedBy("ada"), parameters };
  server.send({ kind: "poke" });
  await until(() => expect(server.acknowledgements).toEqual([{ generation: 1, error: null }]));
  expect(readFileSync(path.join(home(), "project/GREETING"), "utf8")).toBe("Hello, ada Example!\n");
  expect(agentProcess()).toBe(agent);

  await driver.apply({ ...bench.build({ transition: "stop", stage: "ordinary" }), accessUrl });
  expect(processIdentity(agent)).toBeNull();
  expect(readFileSync(path.join(home(), "project/.warmed"), "utf8")).toMatch(/^warmed/);
  expect(readFileSync(path.join(home(), "project/put-away"), "utf8")).toBe("");
  await driver.apply({
    ...bench.build({ stage: "ordinary", agents: [{ id: "agent-2", name: "main", token: "second-token" }] }),
    accessUrl,
  });
  const second = agentProcess();
  expect(processIdentity(second)).not.toBeNull();
  await driver.destroy(bench.destroy());
  expect(processIdentity(second)).toBeNull();
  expect(await driver.list()).toEqual([]);
}, 90_000);
