// What the page may cost. Machines differ, and other suites run beside this one: the bounds here are a multiple of those
// that docs/performance.md promises and B20 measures, and notice what has become another order of slow.
import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { root } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import {
  heapMiB,
  inPage,
  interactionsMs,
  loadFigures,
  pokesOf,
  routeChangeMs,
  slowDown,
  watchFigures,
} from "../support/page-figures.ts";
import { dashboardScene, signInByRequest, testLimitMs } from "./support/dashboard-scene.ts";
import { openWatched } from "./support/watched-page.ts";

const scene = dashboardScene();
const limit = { timeout: testLimitMs };
const firstLoadBytesMax = 200 * 1_024;
const chunkBytesMax = 120 * 1_024;
/** Promised: 1.2 s and 1.5 s, of a machine that does nothing else. */
const loadedWithinMs = 45_000;
/** Promised: 100 ms with what it needs at hand, 400 ms without. */
const routeWithinMs = 5_000;
/** Promised: 100 ms. */
const answeredWithinMs = 3_000;
/** Promised: 80 MiB after an hour. */
const heapMiBMax = 80;
const heapGrowthMiBMax = 8;
const pokesOfARound = 500;
const pokesPerSecond = 100;
/** Promised: half a second. */
const seenWithinMs = 5_000;

async function openMeasured() {
  const { page, context } = await openWatched(scene.browser, { isTraced: false });
  await watchFigures(context);
  await signInByRequest(scene.url, context);
  return page;
}

/** Of what the build has compressed. */
const gzipBytes = (at: string): number => statSync(path.join(root, "dist/dashboard", `${at}.gz`)).size;

test(
  "the list of workspaces loads at most 200 KiB of script, and no chunk that comes later has more than 120",
  limit,
  async () => {
    const chunks = readdirSync(path.join(root, "dist/dashboard/assets")).filter((name) => name.endsWith(".js.gz"));
    const page = await openMeasured();
    const entry = /assets\/(index-[\w-]+\.js)/.exec(await (await fetch(scene.url)).text())?.[1];
    const large = chunks
      .filter((name) => name !== `${entry}.gz`)
      .map((name) => ({ name, bytes: statSync(path.join(root, "dist/dashboard/assets", name)).size }))
      .filter(({ bytes }) => bytes > chunkBytesMax);
    expect(large).toEqual([]);
    await loadFigures(page, scene.url);
    const loaded = (await page.evaluate(
      `performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname).filter((at) => at.startsWith("/assets/") && at.endsWith(".js"))`,
    )) as readonly string[];
    const bytes = loaded.filter((at) => existsSync(path.join(root, "dist/dashboard", `${at}.gz`))).map(gzipBytes);
    const sum = bytes.reduce((all, one) => all + one, 0);
    console.info(`The list of workspaces loads ${(sum / 1_024).toFixed(1)} KiB of script in ${loaded.length} files`);
    expect(sum).toBeLessThanOrEqual(firstLoadBytesMax);
  },
);

test("what the server foresees that the list asks first is what it asks, and is asked once", limit, async () => {
  const page = await openMeasured();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url().replace(scene.url, "")));
  await page.goto(`${scene.url}/workspaces`);
  await page.getByText("You have no workspace yet.").waitFor();
  const foreseen = (await page.evaluate(
    `[...document.querySelectorAll("link[as=fetch]")].map((link) => link.getAttribute("href"))`,
  )) as readonly string[];
  expect(foreseen.length).toBe(3);
  const subjects = /^\/api\/v1\/(users\/me|workspaces|workspace-counts)(\?|$)/;
  expect([...new Set(asked.filter((path) => subjects.test(path)))].sort()).toEqual([...foreseen].sort());
});

test("on a slow machine with a slow line the list is there, and can be used, within its bound", limit, async () => {
  const page = await openMeasured();
  await slowDown(page);
  const { lcpMs, interactiveMs } = await loadFigures(page, scene.url);
  console.info(`Slowed: largest paint after ${Math.round(lcpMs)} ms, usable after ${Math.round(interactiveMs)} ms`);
  expect(lcpMs).toBeGreaterThan(0);
  expect(lcpMs).toBeLessThan(loadedWithinMs);
  expect(interactiveMs).toBeLessThan(loadedWithinMs);
});

test("pages follow each other, and clicks are answered, within their bounds", limit, async () => {
  const page = await openMeasured();
  await loadFigures(page, scene.url);
  const answered = Math.max(0, ...(await interactionsMs(page)));
  await page.goto(`${scene.url}/workspaces`);
  await page.getByRole("heading", { level: 1, name: "Workspaces" }).waitFor();
  const cold = await routeChangeMs(page, "Pools");
  await routeChangeMs(page, "Workspaces");
  const warm = await routeChangeMs(page, "Pools");
  const told = [warm, cold, answered].map(Math.round).join(", ");
  console.info(`A page that was there, one that was not, the slowest interaction: ${told} ms`);
  expect(cold).toBeLessThan(routeWithinMs);
  expect(warm).toBeLessThan(routeWithinMs);
  expect(answered).toBeLessThan(answeredWithinMs);
});

test(
  "a page that is poked a hundred times a second holds no more in the end than in the beginning",
  limit,
  async () => {
    await scene.poolIsReady();
    const page = await openMeasured();
    const pokes = await pokesOf(page);
    await page.goto(`${scene.url}/pools`);
    await page.getByRole("button", { name: "Connection: Live: changes are shown at once" }).waitFor();
    const session = await page.context().newCDPSession(page);
    const heaps: number[] = [];
    // The first round fills what is kept for as long as the page is there.
    for (let round = 0; round < 3; round += 1) {
      await pokes.send(pokesOfARound, pokesPerSecond);
      heaps.push(await heapMiB(session));
    }
    console.info(`Heap after each ${pokesOfARound} pokes: ${heaps.map((heap) => heap.toFixed(1)).join(", ")} MiB`);
    const [first = 0, , last = Number.POSITIVE_INFINITY] = heaps;
    expect(last).toBeLessThan(heapMiBMax);
    expect(last - first).toBeLessThan(heapGrowthMiBMax);
  },
);

test("a claim and its refill are seen in the list of pools within their bound", limit, async () => {
  await scene.poolIsReady(2);
  const page = await openMeasured();
  await page.goto(`${scene.url}/pools`);
  const isFull = `[...document.querySelectorAll("main table tr")].some(({ innerText }) =>
    innerText.includes("node / small") && innerText.includes("2 of 2 ready"))`;
  await inPage(page, isFull);
  await page.getByRole("button", { name: "Connection: Live: changes are shown at once" }).waitFor();
  // A refill that is quicker than a look at the list is a change that nobody sees.
  await scene.admin.call("pausePrebuilds", {});
  const claimSeen = inPage(page, `!${isFull}`);
  await scene.admin.call("createWorkspace", { body: { name: "seen", template: "node" } });
  const answeredAt = Date.now();
  const seenMs = (await claimSeen) - answeredAt;
  console.info(`A claim was seen in the list of pools ${seenMs} ms after it was answered`);
  expect(seenMs).toBeLessThan(seenWithinMs);
  const refillSeen = inPage(page, isFull);
  await scene.admin.call("resumePrebuilds", {});
  await waitUntil("the pool is full again", async () => {
    const { pools } = await scene.admin.call("listPools", { query: { template: "node" } });
    return pools[0]?.eligible === 2;
  });
  const refilledAt = Date.now();
  expect((await refillSeen) - refilledAt).toBeLessThan(seenWithinMs);
});
