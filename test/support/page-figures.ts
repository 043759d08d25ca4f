// What a page of the dashboard costs in a browser. The tests assert wide bounds of it, the benchmark B20 its figures.
import type { BrowserContext, CDPSession, Page } from "playwright-core";
import { sleep } from "../../src/platform/sleep.ts";

/** 10 Mbit/s, 40 ms, and a processor of a quarter of the speed. */
const slow = { megabits: 10, latencyMs: 40, processorDivisor: 4 } as const;
/** Longer without a task of 50 ms or more: the page has come to rest. */
const restMs = 1_000;
/** A page that is looked at is slower, so it is let alone for so long. */
const startedMs = 2_500;

/** Notes what happens from the beginning of each page: before any script of ours. */
const watchScript = `
globalThis.figures = { lcpMs: 0, fieldMs: 0, longTaskEndMs: 0, events: [] };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) figures.lcpMs = entry.startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) figures.longTaskEndMs = startTime + duration;
}).observe({ type: "longtask", buffered: true });
new PerformanceObserver((list) => {
  for (const { interactionId, duration } of list.getEntries()) if (interactionId > 0) figures.events.push(duration);
}).observe({ type: "event", durationThreshold: 16, buffered: true });
new MutationObserver((_, observer) => {
  if (document.querySelector("[data-main-search]") === null) return;
  figures.fieldMs = performance.now();
  observer.disconnect();
}).observe(document, { childList: true, subtree: true });
`;

interface Seen {
  readonly lcpMs: number;
  readonly fieldMs: number;
  readonly longTaskEndMs: number;
  readonly events: readonly number[];
}

const seenBy = async (page: Page): Promise<Seen> => (await page.evaluate("figures")) as Seen;

/** Awaited before the first page of a context. */
export async function watchFigures(context: BrowserContext): Promise<void> {
  await context.addInitScript(watchScript);
}

/** As on an old laptop far away, until the page is closed. */
export async function slowDown(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: slow.latencyMs,
    downloadThroughput: (slow.megabits * 1e6) / 8,
    uploadThroughput: (slow.megabits * 1e6) / 8,
  });
  await session.send("Emulation.setCPUThrottlingRate", { rate: slow.processorDivisor });
  return session;
}

const inPageLimitMs = 120_000;

/**
 * Looks at each frame until it is so, which the page's policy lets nobody do by `waitForFunction`.
 * @returns when, as `Date.now()`; rejected where it is not so within two minutes
 */
export async function inPage(page: Page, isSo: string): Promise<number> {
  return Number(
    await page.evaluate(`new Promise((resolve, reject) => {
      const endMs = performance.now() + ${inPageLimitMs};
      const look = () => {
        if (${isSo}) resolve(Date.now());
        else if (performance.now() > endMs) reject(new Error(${JSON.stringify(`in vain: ${isSo}`)}));
        else requestAnimationFrame(look);
      };
      look();
    })`),
  );
}

export interface Load {
  /** Largest contentful paint. */
  readonly lcpMs: number;
  /** The search field is there, and no task of 50 ms or more follows within a second. */
  readonly interactiveMs: number;
}

/** Loads the list of workspaces as somebody does who was never here: nothing looks into the page while it starts. */
export async function loadFigures(page: Page, url: string): Promise<Load> {
  await page.goto(`${url}/workspaces`);
  await sleep(startedMs);
  await inPage(
    page,
    `figures.fieldMs > 0 && performance.now() - Math.max(figures.fieldMs, figures.longTaskEndMs) > ${restMs}`,
  );
  const { lcpMs, fieldMs, longTaskEndMs } = await seenBy(page);
  return { lcpMs, interactiveMs: Math.max(fieldMs, longTaskEndMs) };
}

/** From the click on an entry of the menu to the frame that has the page with what it is about. */
export async function routeChangeMs(page: Page, label: string): Promise<number> {
  const shown = page.evaluate(`new Promise((resolve) => {
    addEventListener("click", ({ timeStamp }) => {
      const look = () => {
        const isThere = document.querySelector("h1")?.textContent === ${JSON.stringify(label)}
          && document.querySelector("main table, main li, main h2") !== null;
        if (!isThere) return requestAnimationFrame(look);
        requestAnimationFrame(() => resolve(performance.now() - timeStamp));
      };
      look();
    }, { capture: true, once: true });
  })`);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: label, exact: true }).click();
  return Number(await shown);
}

/** Typical clicks and keys, each answered before the next one. @returns how long each of those took that took 16 ms */
export async function interactionsMs(page: Page): Promise<readonly number[]> {
  const before = (await seenBy(page)).events.length;
  const { keyboard } = page;
  await page.getByRole("button", { name: /^You: / }).click();
  await page.getByRole("menu").waitFor();
  await keyboard.press("Escape");
  await page.getByRole("menu").waitFor({ state: "detached" });
  await keyboard.press("Control+k");
  await page.getByRole("option").first().waitFor();
  await keyboard.type("pool", { delay: 50 });
  await keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page
    .getByRole("button", { name: /^running/i })
    .first()
    .click();
  await page
    .getByRole("button", { name: /^running/i })
    .first()
    .click();
  await page.getByLabel("Search workspaces").first().click();
  await keyboard.type("dev", { delay: 50 });
  await keyboard.press("Escape");
  // Their entries are told a moment after the frames that they led to.
  await sleep(restMs);
  return (await seenBy(page)).events.slice(before);
}

/** What is left of the page's heap once what nobody holds was collected. */
export async function heapMiB(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  return usedSize / 1024 ** 2;
}

export interface Pokes {
  /** Sends so many a second to the page until it has sent `count`, of all topics that the page wants in turn. */
  send(count: number, perSecond: number): Promise<void>;
}

/** Stands between the page and the server's live channel, so that pokes come that the server would not send so fast. */
export async function pokesOf(page: Page): Promise<Pokes> {
  let topics: readonly string[] = [];
  let toPage: ((text: string) => void) | undefined;
  await page.routeWebSocket(/\/api\/v1\/live$/, (socket) => {
    const server = socket.connectToServer();
    toPage = (text) => socket.send(text);
    socket.onMessage((text) => {
      topics = (JSON.parse(String(text)) as { readonly topics: readonly string[] }).topics;
      server.send(text);
    });
  });
  return {
    send: async (count, perSecond) => {
      const startMs = performance.now();
      for (let sent = 0; sent < count; sent += 1) {
        const topic = topics[sent % topics.length];
        if (toPage === undefined || topic === undefined) throw new Error("the page wants to hear of nothing");
        toPage(JSON.stringify({ kind: "poke", topic, at: new Date().toISOString() }));
        await sleep(Math.max(0, startMs + ((sent + 1) * 1_000) / perSecond - performance.now()));
      }
    },
  };
}
