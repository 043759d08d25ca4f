// Every page of the dashboard, in both themes, wide and narrow: axe finds nothing, and nothing is cut off.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { dashboardScene, signIn, testLimitMs } from "./support/dashboard-scene.ts";
import { type PageAddresses, pageIsShown, pagePaths, seedEveryPage, tabsOf } from "./support/every-page.ts";
import { openWatched } from "./support/watched-page.ts";

const scene = dashboardScene();
const limit = { timeout: 2 * testLimitMs };

const notPages = ["/new", "/no/such/page"];
let addresses: PageAddresses = {};

beforeAll(async () => void (addresses = await seedEveryPage(scene)), testLimitMs);

test("every page of the registry has an address here, so that none is forgotten", () => {
  expect(Object.keys(addresses).sort()).toEqual([...pagePaths].sort());
});

/** By its text: its types would take the place of those that tests have of a page. */
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[];
  }[];
}

/** The standard's rules, and the practices about landmarks and headings. */
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

async function violations(page: Page, runOnly: object): Promise<readonly string[]> {
  const options = JSON.stringify({ runOnly, resultTypes: ["violations"] });
  const found = (await page.evaluate(`axe.run(document, ${options})`)) as AxeResults;
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary = "" }) => `${id} at ${target.join(" ")}: ${failureSummary}`),
  );
}

/** What is wrong with the page as it is drawn, besides what axe looks at. */
const faultsOfPage = `(() => {
  const faults = [];
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) faults.push("it is " + scrollWidth + " px wide on a screen of " + innerWidth);
  const headings = document.querySelectorAll("h1").length;
  if (headings !== 1) faults.push("it has " + headings + " h1");
  if (!/\\S · Prewarm$/.test(document.title)) faults.push("its title is " + JSON.stringify(document.title));
  const moving = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime > 10);
  if (moving.length > 0) faults.push("it moves, though less motion is wanted");
  return faults;
})()`;

async function faultsAt(page: Page, isNarrow: boolean): Promise<readonly string[]> {
  const faults = [
    ...(await violations(page, { type: "tag", values: rules })),
    ...((await page.evaluate(faultsOfPage)) as string[]),
  ];
  await page.emulateMedia({ colorScheme: "dark" });
  // What is drawn is drawn anew.
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  const dark = await violations(page, { type: "rule", values: ["color-contrast", "link-in-text-block"] });
  faults.push(...dark.map((fault) => `dark: ${fault}`));
  await page.emulateMedia({ colorScheme: "light" });
  if (!isNarrow) return faults;
  // As wide as 1280 px are at 400 %.
  await page.setViewportSize({ width: 320, height: 256 });
  const zoomed = (await page.evaluate(faultsOfPage)) as string[];
  await page.setViewportSize({ width: 360, height: 740 });
  return [...faults, ...zoomed.map((fault) => `at 400 %: ${fault}`)];
}

async function faultsOfAll(width: number): Promise<readonly string[]> {
  const watched = await openWatched(scene.browser, { width, height: 740, isTraced: false });
  const { page } = watched;
  watched.expectComplaint(/status of 404/);
  await watched.context.addInitScript(axe);
  await page.goto(`${scene.url}/sign-in`);
  await signIn(page);
  await page.waitForURL(/\/workspaces$/);
  const asked = new Set([...Object.values(addresses), ...notPages]);
  const faults: string[] = [];
  // Tabs that are found on the way are gone to as well: a set that grows is walked to its end.
  for (const address of asked) {
    await page.goto(`${scene.url}${address}`);
    await pageIsShown(page);
    for (const tab of await tabsOf(page)) asked.add(tab);
    faults.push(...(await faultsAt(page, width < 640)).map((fault) => `${address} at ${width} px: ${fault}`));
  }
  expect(asked.size).toBeGreaterThan(pagePaths.length + notPages.length);
  return faults;
}

test("axe finds nothing on any page, in both themes, wide and narrow, and nothing is cut off", limit, async () => {
  const [wide, narrow] = await Promise.all([1_280, 360].map(faultsOfAll));
  expect([...(wide ?? []), ...(narrow ?? [])]).toEqual([]);
});

test("with forced colours, what is chosen and what has the focus can still be told", limit, async () => {
  const { page } = await scene.openSignedIn();
  await page.emulateMedia({ forcedColors: "active" });
  await page.locator("nav [aria-current=page]").waitFor();
  const outlineOf = `(element) => getComputedStyle(element).outlineStyle`;
  expect(await page.evaluate(`(${outlineOf})(document.querySelector("nav [aria-current=page]"))`)).toBe("solid");
  await page.keyboard.press("Tab");
  expect(await page.evaluate(`(${outlineOf})(document.activeElement)`)).toBe("solid");
});
