import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Client } from "../../src/client/client.ts";
import { packFolder } from "../../src/platform/archive/pack-folder.ts";
import { sleep } from "../../src/platform/sleep.ts";
import { leadsSession, processesMarked } from "../../src/provisioner/host/process-table.ts";
import type { BenchContext } from "./benchmark.ts";
import { startWholeServer } from "./whole-server.ts";

const fullWithinMs = 150_000;
const lookMs = 200;

const template = (instances: number): string => `driver: process
presets: [{ name: standard, default: true, prebuilds: { instances: ${instances} } }]
agents: [{ name: main }]
`;

/** Agents that run as the process driver runs them, each a process of its own that nobody uses. */
export async function realAgents(
  context: BenchContext,
  count: number,
): Promise<{ readonly processIds: readonly number[]; stop(): Promise<void> }> {
  context.say(`${count} agents start as processes of their own`);
  const { client, folder, stop } = await startWholeServer(new Set(["process"]));
  try {
    await fill(client, folder, count);
    const processIds = (await marked(folder)).map(({ processId }) => processId).filter(leadsSession);
    if (processIds.length !== count) throw new Error(`${processIds.length} agents were found in place of ${count}.`);
    return { processIds, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function fill(client: Client, folder: string, count: number): Promise<void> {
  const source = path.join(folder, "template");
  mkdirSync(source);
  writeFileSync(path.join(source, "template.yaml"), template(count));
  await client.call("pushTemplate", { params: { template: "rest" }, bytes: (await packFolder(source)).bytes });
  const endMs = performance.now() + fullWithinMs;
  for (;;) {
    const { pools } = await client.call("listPools", {});
    // Those of the example that was deleted are on their way out.
    const others = pools.filter((pool) => pool.template !== "rest");
    if (others.length === 0 && pools[0]?.eligible === count) return;
    if (performance.now() > endMs) throw new Error(`The pool was not full in time: ${JSON.stringify(pools)}`);
    await sleep(lookMs);
  }
}

const marked = (folder: string) =>
  processesMarked((setting) => setting.startsWith("PREWARM_") && setting.includes(folder));
