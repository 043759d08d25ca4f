import { spawnSync } from "node:child_process";
import type { Client } from "../src/client/client.ts";
import { mapBounded } from "../src/platform/bounded.ts";
import { sleep } from "../src/platform/sleep.ts";
import { atMost, type BenchContext, type Benchmark, type Outcome, type Row, type Target } from "./harness/benchmark.ts";
import { hasDocker, importImage, removeImage } from "./harness/docker-image.ts";
import { firstCommand, removeWorkspace } from "./harness/first-command.ts";
import { summarize, type Summary } from "./harness/percentiles.ts";
import { startWholeServer } from "./harness/whole-server.ts";
import { makeRepository, type TemplateDraft, usableTemplate } from "./harness/usable-template.ts";

const lookMs = 100;
const fullWithinMs = 150_000;
const warmP99LimitMs = 1_000;
const removalsAtOnce = 4;
const dockerImage = "prewarm-bench:1";

interface Case extends Pick<TemplateDraft, "driver" | "isReplacedByClaims" | "isForCoder" | "image"> {
  /** In the table. */
  readonly title: string;
  /** Of its template and its workspaces. */
  readonly name: string;
  /** What no preset has; a greeting unless said. */
  readonly coldParameters?: Readonly<Record<string, string>>;
  /** Most that the median of a warm creation may take; undefined where it is only for comparison. */
  readonly warmLimitMs?: number;
}

const processCase: Case = { title: "process", name: "process", driver: "process", warmLimitMs: 250 };
const terraformCases: readonly Case[] = [
  { title: "terraform, claim changes nothing", name: "terraform", driver: "terraform", warmLimitMs: 1_000 },
  {
    title: "terraform, written for Coder",
    name: "coder",
    driver: "terraform",
    isForCoder: true,
    coldParameters: { Greeting: "Aloha" },
    warmLimitMs: 1_000,
  },
  { title: "terraform, claim replaces", name: "unsafe", driver: "terraform", isReplacedByClaims: true },
];
const dockerCase: Case = {
  title: "docker",
  name: "docker",
  driver: "docker",
  image: dockerImage,
  warmLimitMs: 250,
};

/** What can be measured here; the small run is for the gate, which has neither tool. */
function casesHere({ isSmall }: BenchContext): readonly Case[] {
  if (isSmall) return [processCase];
  return [processCase, ...(hasTerraform() ? terraformCases : []), ...(hasDocker() ? [dockerCase] : [])];
}

interface Scene {
  readonly client: Client;
  readonly folder: string;
  readonly repository: string;
  readonly context: BenchContext;
}

async function startScene(
  context: BenchContext,
  drivers: ReadonlySet<string>,
): Promise<{ readonly scene: Scene; stop(): Promise<void> }> {
  const { client, folder, stop } = await startWholeServer(drivers);
  return { scene: { client, folder, repository: makeRepository(folder), context }, stop };
}

function hasTerraform(): boolean {
  return spawnSync("terraform", ["version"]).status === 0;
}

async function untilPool(scene: Scene, template: string, ready: number): Promise<void> {
  const endMs = performance.now() + fullWithinMs;
  for (;;) {
    const { pools } = await scene.client.call("listPools", {});
    const pool = pools.find((one) => one.template === template);
    if (ready === 0 ? pool === undefined : pool?.eligible === ready) return;
    if (performance.now() > endMs) {
      throw new Error(`The pool did not get to ${ready} in ${fullWithinMs} ms: ${JSON.stringify(pool)}.`);
    }
    await sleep(lookMs);
  }
}

/** A rehearsal, where there is one, and the builds behind claims have ended by the time that their jobs are gone. */
async function untilNoJobs({ client }: Scene, template: string): Promise<void> {
  const endMs = performance.now() + fullWithinMs;
  for (;;) {
    const pending = await client.call("listJobs", { query: { template, status: "pending" } });
    const running = await client.call("listJobs", { query: { template, status: "running" } });
    const jobs = [...pending.jobs, ...running.jobs];
    if (jobs.length === 0) return;
    if (performance.now() > endMs) throw new Error(`Jobs go on for ${fullWithinMs} ms: ${JSON.stringify(jobs[0])}.`);
    await sleep(lookMs);
  }
}

async function measure(scene: Scene, one: Case): Promise<{ readonly warm: Summary; readonly cold: Summary }> {
  const { client, context } = scene;
  const instances = context.isSmall ? 2 : 20;
  const [warmRuns, coldRuns] = context.isSmall ? [2, 1] : [20, 5];
  context.say(`${one.title}: filling a pool of ${instances}`);
  const bytes = await usableTemplate(scene.folder, { ...one, repository: scene.repository, instances });
  await client.call("pushTemplate", { params: { template: one.name }, bytes });
  const isFull = async (): Promise<void> => {
    await untilPool(scene, one.name, instances);
    await untilNoJobs(scene, one.name);
  };
  await isFull();
  context.say(`${one.title}: ${warmRuns} warm creations, ${coldRuns} cold ones`);
  const samples: Record<"claimed" | "cold", number[]> = { claimed: [], cold: [] };
  const names: string[] = [];
  for (let nth = 0; nth < warmRuns + coldRuns; nth += 1) {
    const wanted = nth < warmRuns ? "claimed" : "cold";
    const name = `${one.name}-${nth}`;
    names.push(name);
    const parameters = wanted === "cold" ? { parameters: one.coldParameters ?? { greeting: "Servus" } } : {};
    const { elapsedMs, outcome } = await firstCommand(client, { name, template: one.name, ...parameters });
    if (outcome !== wanted) throw new Error(`${name} was to be ${wanted}, and was ${outcome}.`);
    samples[outcome].push(elapsedMs);
    // Refilling is work that the next claim would compete with; what is measured is a claim from a full pool.
    await isFull();
  }
  context.say(`${one.title}: removing all of it`);
  const removed = await mapBounded(names, removalsAtOnce, (name) => removeWorkspace(client, name));
  for (const outcome of removed) if (outcome.kind === "error") throw outcome.error;
  await client.call("deleteTemplate", { params: { template: one.name } });
  await untilPool(scene, one.name, 0);
  await untilNoJobs(scene, one.name);
  return { warm: summarize(samples.claimed), cold: summarize(samples.cold) };
}

async function run(context: BenchContext): Promise<Outcome> {
  const cases = casesHere(context);
  const { scene, stop } = await startScene(context, new Set(["process", ...cases.map(({ driver }) => driver)]));
  const rows: Row[] = [];
  const targets: Target[] = [];
  try {
    if (cases.includes(dockerCase)) importImage(scene.folder, { name: dockerImage, repository: scene.repository });
    for (const one of cases) {
      const { warm, cold } = await measure(scene, one);
      rows.push({ case: `${one.title}, warm`, values: { ...warm, coldToWarm: cold.p50Ms / warm.p50Ms } });
      rows.push({ case: `${one.title}, cold`, values: { ...cold, coldToWarm: "" } });
      if (one.warmLimitMs === undefined) continue;
      targets.push(atMost(`${one.title}: request to first command, warm p50`, warm.p50Ms, one.warmLimitMs, "ms"));
      targets.push(atMost(`${one.title}: request to first command, warm p99`, warm.p99Ms, warmP99LimitMs, "ms"));
    }
  } finally {
    await stop();
    if (cases.includes(dockerCase)) removeImage(dockerImage);
  }
  return {
    setup:
      "From the request for a workspace to the end of a first command in it as its new owner, over HTTP and WebSocket, against " +
      "`prewarm server` with its own daemon. The template's `prewarm` hook clones a local repository and installs its 40 packages; " +
      "its `claim` hook writes a file. Warm: from a full pool of 20; cold: asked with a parameter that no preset has. " +
      "A claim that changes nothing was proven to do so by its rehearsal; one that replaces makes the agent anew. " +
      "Of a template that is written for Coder the claim is applied, and its start scripts run once more as the owner, before the workspace is usable.",
    rows,
    targets,
  };
}

export const usable: Benchmark = { id: "B6", title: "Request to usable", run };
