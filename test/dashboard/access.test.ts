// Every page of the dashboard, in both themes, wide and narrow: axe finds nothing, and nothing is cut off.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { dashboardScene, signInByRequest, testLimitMs } from "./support/dashboard-scene.ts";
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

const wide = { width: 1_280, height: 740 } as const;
const narrow = { width: 360, height: 740 } as const;
/** As wide as 1280 px are at 400 %. */
const zoomed = { width: 320, height: 256 } as const;

/** What is drawn is drawn anew, and has come to rest. */
async function isDrawn(page: Page): Promise<void> {
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  await pageIsShown(page);
}

async function faultsInBothThemes(page: Page): Promise<readonly string[]> {
  const faults = [
    ...(await violations(page, { type: "tag", values: rules })),
    ...((await page.evaluate(faultsOfPage)) as string[]),
  ];
  await page.emulateMedia({ colorScheme: "dark" });
  await isDrawn(page);
  const dark = await violations(page, { type: "rule", values: ["color-contrast", "link-in-text-block"] });
  await page.emulateMedia({ colorScheme: "light" });
  return [...faults, ...dark.map((fault) => `dark: ${fault}`)];
}

/** Wide first: a screen that is turned, and a window that is made smaller, change with the page in them. */
async function faultsAt(page: Page): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const size of [wide, narrow]) {
    await page.setViewportSize(size);
    await isDrawn(page);
    faults.push(...(await faultsInBothThemes(page)).map((fault) => `at ${size.width} px: ${fault}`));
  }
  await page.setViewportSize(zoomed);
  await isDrawn(page);
  faults.push(...((await page.evaluate(faultsOfPage)) as string[]).map((fault) => `at 400 %: ${fault}`));
  return faults;
}

const lanes = 2;

test("axe finds nothing on any page, in both themes, wide and narrow, and nothing is cut off", limit, async () => {
  const asked = new Set([...Object.values(addresses), ...notPages]);
  const left = [...asked];
  const faults: string[] = [];
  const walk = async (): Promise<void> => {
    const { page, context, expectComplaint } = await openWatched(scene.browser, { ...wide, isTraced: false });
    expectComplaint(/status of 404/);
    await context.addInitScript(axe);
    await signInByRequest(scene.url, context);
    for (let address = left.shift(); address !== undefined; address = left.shift()) {
      await page.setViewportSize(wide);
      await page.goto(`${scene.url}${address}`);
      await pageIsShown(page);
      // Tabs that are found on the way are gone to as well.
      for (const tab of await tabsOf(page)) if (!asked.has(tab)) left.push(tab);
      for (const tab of left) asked.add(tab);
      faults.push(...(await faultsAt(page)).map((fault) => `${address} ${fault}`));
    }
  };
  await Promise.all(Array.from({ length: lanes }, walk));
  expect(faults).toEqual([]);
  expect(asked.size).toBeGreaterThan(pagePaths.length + notPages.length);
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
