import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { packFolder } from "../src/platform/archive/pack-folder.ts";
import { sleep } from "../src/platform/sleep.ts";
import { chromiumPath, launchChromium } from "../test/support/chromium.ts";
import {
  heapMiB,
  inPage,
  interactionsMs,
  loadFigures,
  pokesOf,
  routeChangeMs,
  slowDown,
  watchFigures,
} from "../test/support/page-figures.ts";
import { atMost, type BenchContext, type Benchmark, type Outcome, type Row } from "./harness/benchmark.ts";
import { summarize } from "./harness/percentiles.ts";
import { startWholeServer, type WholeServer } from "./harness/whole-server.ts";

const poolSize = 4;
const pokesPerSecond = 100;
const lookEveryMs = 20;
const template = `driver: process
presets: [ { name: small, prebuilds: { instances: ${poolSize} } } ]
agents: [ { name: main } ]
`;

interface Scene {
  readonly server: WholeServer;
  readonly browser: Browser;
  readonly sizes: { readonly loads: number; readonly claims: number; readonly pokeMinutes: number };
}

async function isFull({ server }: Scene): Promise<void> {
  for (;;) {
    const { pools } = await server.client.call("listPools", { query: {} });
    if (pools[0]?.eligible === poolSize) return;
    await sleep(lookEveryMs);
  }
}

/** A browser that was never here, signed in. */
async function opened({ server, browser }: Scene): Promise<{ readonly page: Page; readonly context: BrowserContext }> {
  const context = await browser.newContext({ viewport: { width: 1_280, height: 800 }, reducedMotion: "reduce" });
  await watchFigures(context);
  await context.request.post(`${server.url}/api/v1/auth/login`, { data: server.administrator });
  return { page: await context.newPage(), context };
}

interface Loads {
  readonly lcp: number[];
  readonly interactive: number[];
  readonly cold: number[];
  readonly warm: number[];
  readonly interactions: number[];
}

/** The list, two other pages and back, and some clicks; each time in a browser of its own. */
async function loads(scene: Scene, isSlowed: boolean): Promise<Loads> {
  const seen: Loads = { lcp: [], interactive: [], cold: [], warm: [], interactions: [] };
  for (let nth = 0; nth < scene.sizes.loads; nth += 1) {
    const { page, context } = await opened(scene);
    if (isSlowed) await slowDown(page);
    const { lcpMs, interactiveMs } = await loadFigures(page, scene.server.url);
    seen.lcp.push(lcpMs);
    seen.interactive.push(interactiveMs);
    for (const label of ["Pools", "Queue"]) seen.cold.push(await routeChangeMs(page, label));
    for (const label of ["Pools", "Queue", "Pools"]) seen.warm.push(await routeChangeMs(page, label));
    await routeChangeMs(page, "Workspaces");
    seen.interactions.push(...(await interactionsMs(page)));
    await context.close();
  }
  return seen;
}

/**
 * From the answer to a claim, which is its commit, to the frame in which the list of pools has it. The pools are paused
 * meanwhile: a refill that is quicker than a look at the list is a change that nobody sees.
 */
async function changesSeen(scene: Scene): Promise<readonly number[]> {
  const { page, context } = await opened(scene);
  const { url, client } = scene.server;
  await page.goto(`${url}/pools`);
  const shows = (count: number): string =>
    `(document.querySelector("main table")?.innerText ?? "").includes("${count} of ${poolSize} ready")`;
  const samples: number[] = [];
  while (samples.length < scene.sizes.claims) {
    await isFull(scene);
    await client.call("pausePrebuilds", {});
    await inPage(page, shows(poolSize));
    for (let left = poolSize - 1; left >= 0; left -= 1) {
      const seen = inPage(page, shows(left));
      await client.call("createWorkspace", { body: { name: `seen-${samples.length}`, template: "bench" } });
      const answeredAt = Date.now();
      samples.push((await seen) - answeredAt);
    }
    await client.call("resumePrebuilds", {});
  }
  await context.close();
  return samples;
}

async function heaps(scene: Scene): Promise<Row> {
  const { page, context } = await opened(scene);
  const pokes = await pokesOf(page);
  await page.goto(`${scene.server.url}/pools`);
  await page.getByRole("button", { name: "Connection: Live: changes are shown at once" }).waitFor();
  const session = await context.newCDPSession(page);
  const seen = [await heapMiB(session)];
  const ofAMinute = 60 * pokesPerSecond;
  const count = Math.ceil(scene.sizes.pokeMinutes * ofAMinute);
  for (let sent = 0; sent < count; sent += ofAMinute) {
    await pokes.send(Math.min(ofAMinute, count - sent), pokesPerSecond);
    seen.push(await heapMiB(session));
  }
  await context.close();
  const values = {
    pokes: count,
    minutes: scene.sizes.pokeMinutes,
    beforeMiB: seen[0] ?? 0,
    afterMiB: seen.at(-1) ?? 0,
    maxMiB: Math.max(...seen),
  };
  return { case: `heap, ${pokesPerSecond} pokes/s`, values };
}

const rowOf = (name: string, samples: readonly number[]): Row => ({ case: name, values: { ...summarize(samples) } });

function rowsOf(what: string, seen: Loads): readonly Row[] {
  return [
    rowOf(`largest paint, ${what}`, seen.lcp),
    rowOf(`usable, ${what}`, seen.interactive),
    rowOf(`a page that was not there yet, ${what}`, seen.cold),
    rowOf(`a page that was there, ${what}`, seen.warm),
    rowOf(`clicks and keys, ${what}`, seen.interactions),
  ];
}

async function openScene(isSmall: boolean): Promise<Scene> {
  const server = await startWholeServer(new Set(["process"]));
  const folder = path.join(server.folder, "template");
  mkdirSync(folder);
  writeFileSync(path.join(folder, "template.yaml"), template);
  const { bytes } = await packFolder(folder);
  await server.client.call("pushTemplate", { params: { template: "bench" }, bytes });
  const browser = await launchChromium();
  const sizes = isSmall ? { loads: 1, claims: 1, pokeMinutes: 0.02 } : { loads: 10, claims: 20, pokeMinutes: 30 };
  const minutes = process.env["PREWARM_BENCH_POKE_MINUTES"];
  return { server, browser, sizes: { ...sizes, ...(minutes === undefined ? {} : { pokeMinutes: Number(minutes) }) } };
}

async function run(context: BenchContext): Promise<Outcome> {
  if (chromiumPath() === undefined) return { setup: "Not measured: there is no Chromium.", rows: [], targets: [] };
  const scene = await openScene(context.isSmall);
  try {
    await isFull(scene);
    context.say("loads");
    const slowed = await loads(scene, true);
    const plain = await loads(scene, false);
    context.say("claims");
    const changes = summarize(await changesSeen(scene));
    context.say("pokes");
    const heap = await heaps(scene);
    const p50 = (samples: readonly number[]): number => summarize(samples).p50Ms;
    return {
      setup:
        "Chromium, the server with its daemon, and its PostgreSQL on one machine; the list of workspaces in browsers that were " +
        "never here, other pages from it, and clicks and keys (of those that took at least 16 ms). Slowed: 10 Mbit/s, 40 ms " +
        "and a quarter of the processor. A change is seen from the answer to a claim to the frame that has it. Pokes are of " +
        "all topics that the list of pools wants; the heap is what is left once it was collected.",
      rows: [
        ...rowsOf("slowed", slowed),
        ...rowsOf("not slowed", plain),
        { case: "a claim seen in the list of pools", values: { ...changes } },
        heap,
      ],
      targets: [
        atMost("largest paint, slowed, p50", p50(slowed.lcp), 1_200, "ms"),
        atMost("usable, slowed, p50", p50(slowed.interactive), 1_500, "ms"),
        atMost("a page that was not there yet, p50", p50(plain.cold), 400, "ms"),
        atMost("a page that was there, p50", p50(plain.warm), 100, "ms"),
        atMost("clicks and keys, the slowest", summarize(plain.interactions).maxMs, 100, "ms"),
        atMost("a claim seen in the list of pools, p99", changes.p99Ms, 500, "ms"),
        atMost("heap after pokes", Number(heap.values["maxMiB"]), 80, "MiB"),
      ],
    };
  } finally {
    await scene.browser.close();
    await scene.server.stop();
  }
}

export const dashboard: Benchmark = { id: "B20", title: "Dashboard", run };
