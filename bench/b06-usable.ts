import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "../src/client/client.ts";
import { packageRoot } from "../src/main/version.ts";
import { sleep } from "../src/platform/sleep.ts";
import { atMost, type BenchContext, type Benchmark, type Outcome, type Row, type Target } from "./harness/benchmark.ts";
import { firstCommand, removeWorkspace } from "./harness/first-command.ts";
import { summarize, type Summary } from "./harness/percentiles.ts";
import { makeRepository, type UsableDriver, usableTemplate } from "./harness/usable-template.ts";

const password = "not a secret";
const lookMs = 100;
const fullWithinMs = 300_000;
const warmLimitMs: Readonly<Record<UsableDriver, number>> = {
  process: 250,
  terraform: 1_000,
};

interface Scene {
  readonly client: Client;
  readonly folder: string;
  readonly repository: string;
  readonly context: BenchContext;
}

/** Starts the server as people do, with its own daemon, in a folder of its own. */
async function startScene(context: BenchContext): Promise<{ readonly scene: Scene; stop(): Promise<void> }> {
  const folder = mkdtempSync(path.join(tmpdir(), "prewarm-bench-usable-"));
  // The embedded PostgreSQL runs under another account when root starts it.
  chmodSync(folder, 0o755);
  const server = spawn(process.execPath, [path.join(packageRoot, "bin/prewarm"), "server"], {
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      PREWARM_HTTP_PORT: "0",
      PREWARM_DATA_DIR: path.join(folder, "data"),
      PREWARM_ADMIN_PASSWORD: password,
      PREWARM_PROVISIONER_DRIVERS: hasTerraform() ? "process,terraform" : "process",
    },
    stdio: ["ignore", "pipe", "ignore"],
  });
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
  return {
    scene: { client, folder, repository: makeRepository(folder), context },
    stop: async () => {
      const exited = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGTERM");
      await exited;
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function hasTerraform(): boolean {
  return spawnSync("terraform", ["version"]).status === 0;
}

async function untilPool(scene: Scene, template: string, ready: number): Promise<void> {
  const endMs = performance.now() + fullWithinMs;
  for (;;) {
    const { pools } = await scene.client.call("listPools", {});
    const pool = pools.find((one) => one.template === template);
    if (ready === 0 ? pools.every((one) => one.template !== template) : pool?.eligible === ready) return;
    if (performance.now() > endMs) throw new Error(`The pool of ${template} did not get to ${ready}.`);
    await sleep(lookMs);
  }
}

async function measureDriver(
  scene: Scene,
  driver: UsableDriver,
): Promise<{ readonly warm: Summary; readonly cold: Summary }> {
  const { client, context } = scene;
  const instances = context.isSmall ? 2 : 20;
  const [warmRuns, coldRuns] = context.isSmall ? [2, 1] : [20, 5];
  context.say(`${driver}: filling a pool of ${instances}`);
  const bytes = await usableTemplate(scene.folder, { driver, repository: scene.repository, instances });
  await client.call("pushTemplate", { params: { template: driver }, bytes });
  await untilPool(scene, driver, instances);
  // A rehearsal, where there is one, has ended by the time that its job is gone.
  await untilNoJobs(client);
  const samples: Record<"claimed" | "cold", number[]> = { claimed: [], cold: [] };
  const names: string[] = [];
  // Refilling is work that the next claim would compete with; what is measured is a claim from a full pool.
  for (let nth = 0; nth < warmRuns + coldRuns; nth += 1) {
    const isCold = nth >= warmRuns;
    const name = `${driver}-${nth}`;
    names.push(name);
    const body = { name, template: driver, ...(isCold ? { parameters: { greeting: "Servus" } } : {}) };
    const { elapsedMs, outcome } = await firstCommand(client, body);
    samples[outcome].push(elapsedMs);
    await untilPool(scene, driver, instances);
    await untilNoJobs(client);
  }
  for (const name of names) await removeWorkspace(client, name);
  await client.call("deleteTemplate", { params: { template: driver } });
  await untilPool(scene, driver, 0);
  return { warm: summarize(samples.claimed), cold: summarize(samples.cold) };
}

async function untilNoJobs(client: Client): Promise<void> {
  for (;;) {
    const pending = await client.call("listJobs", { query: { status: "pending" } });
    const running = await client.call("listJobs", { query: { status: "running" } });
    if (pending.total + running.total === 0) return;
    await sleep(lookMs);
  }
}

async function run(context: BenchContext): Promise<Outcome> {
  const { scene, stop } = await startScene(context);
  const rows: Row[] = [];
  const targets: Target[] = [];
  const all: UsableDriver[] = ["process", "terraform"];
  const drivers = hasTerraform() && !context.isSmall ? all : all.slice(0, 1);
  try {
    for (const driver of drivers) {
      const { warm, cold } = await measureDriver(scene, driver);
      const ratio = cold.p50Ms / warm.p50Ms;
      rows.push({ case: `${driver}, warm`, values: { ...warm, coldToWarm: ratio } });
      rows.push({ case: `${driver}, cold`, values: { ...cold, coldToWarm: "" } });
      const limitMs = warmLimitMs[driver];
      if (limitMs !== null)
        targets.push(atMost(`${driver}: request to first command, warm p50`, warm.p50Ms, limitMs, "ms"));
    }
  } finally {
    await stop();
  }
  return {
    setup:
      "From the request for a workspace to the end of a first command in it as its new owner, over HTTP and WebSocket, against " +
      "`prewarm server` with its own daemon. The template's `prewarm` hook clones a local repository and installs its 40 packages; " +
      "its `claim` hook writes a file. Warm: from a full pool of 20; cold: asked with a parameter that no preset has. " +
      "With `terraform` a claim is proven harmless by its rehearsal.",
    rows,
    targets,
  };
}

export const usable: Benchmark = { id: "B6", title: "Request to usable", run };
