import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "../../src/client/client.ts";
import { packageRoot } from "../../src/main/version.ts";
import { packFolder } from "../../src/platform/archive/pack-folder.ts";
import { sleep } from "../../src/platform/sleep.ts";
import { leadsSession, processesMarked, sendSignal } from "../../src/provisioner/host/process-table.ts";
import type { BenchContext } from "./benchmark.ts";

const password = "not a secret";
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
  const folder = mkdtempSync(path.join(tmpdir(), "prewarm-bench-rest-"));
  // The embedded PostgreSQL runs under another account when root starts it.
  chmodSync(folder, 0o755);
  const server = spawn(process.execPath, [path.join(packageRoot, "bin/prewarm"), "server"], {
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      PREWARM_HTTP_PORT: "0",
      PREWARM_DATA_DIR: path.join(folder, "data"),
      PREWARM_ADMIN_PASSWORD: password,
      PREWARM_PROVISIONER_DRIVERS: "process",
      // As the server's account, which owns what is measured with: accounts of their own are not what is measured.
      PREWARM_PROVISIONER_PROCESS_ACCOUNTS: "off",
      PREWARM_PROVISIONER_ALLOW_UNISOLATED: "true",
    },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const stop = async (): Promise<void> => {
    const exited = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGTERM");
    await exited;
    // Workspaces outlive their server.
    for (const { processId } of await marked(folder)) sendSignal(processId, "SIGKILL");
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let output = "";
      server.stdout.on("data", (data) => {
        output += String(data);
        const found = /ready at (\S+)/.exec(output)?.[1];
        if (found !== undefined) resolve(found);
      });
      server.once("exit", () => reject(new Error("The server ended at its start.")));
    });
    const { secret } = await new Client({ url }).call("login", { body: { username: "admin", password } });
    const client = new Client({ url, token: secret });
    await client.call("deleteTemplate", { params: { template: "starter" } });
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
