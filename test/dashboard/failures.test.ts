// Whatever a page asks for fails in turn: the page stays, the part that failed says so, and is whole again after it.
import type { BrowserContext, Page, Request, Route } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { waitUntil } from "../support/wait-until.ts";
import { dashboardScene, signInByRequest, testLimitMs } from "./support/dashboard-scene.ts";
import { type PageAddresses, pageIsShown, seedEveryPage, tabsOf } from "./support/every-page.ts";
import { openWatched } from "./support/watched-page.ts";

const scene = dashboardScene();
const limit = { timeout: 3 * testLimitMs };
let addresses: PageAddresses = {};

beforeAll(async () => void (addresses = await seedEveryPage(scene)), testLimitMs);

const requestId = "request-of-the-test";
const message = "The server failed at this request, on purpose.";
const next = "Try it again, says the test.";
const coded = (code: string): string => JSON.stringify({ error: { code, message, next }, requestId });
const json = "application/json";

/** The banner, which says it for all parts that were answered before. */
const isAway = "Reconnecting. What you see is as of";

interface Failure {
  readonly name: string;
  readonly answer: (route: Route) => Promise<void>;
  /** What is read on the page while it lasts, each of them. */
  readonly says: readonly string[];
  /** What may be read instead where something was answered before. */
  readonly orSays?: string;
}

const codedFailure: Failure = {
  name: "a coded 500",
  answer: async (route) => await route.fulfill({ status: 500, contentType: json, body: coded("internal") }),
  says: [message, next, requestId, "internal"],
};

const otherFailures: readonly Failure[] = [
  {
    name: "a 429",
    answer: async (route) => {
      const headers = { "retry-after": "7" };
      await route.fulfill({ status: 429, contentType: json, headers, body: coded("rate_limited") });
    },
    says: [message, requestId, "rate_limited", "7 seconds"],
  },
  {
    name: "a proxy's 502",
    answer: async (route) =>
      await route.fulfill({ status: 502, contentType: "text/html", body: "<h1>Bad Gateway</h1>" }),
    says: ["Something before the server answered 502"],
    orSays: isAway,
  },
  {
    name: "an answer without a body",
    answer: async (route) => await route.fulfill({ status: 200, contentType: json, body: "" }),
    says: ["The server's answer broke off"],
  },
  {
    name: "a connection that is cut",
    answer: async (route) => await route.abort("connectionreset"),
    says: ["The server cannot be reached."],
    orSays: isAway,
  },
];

const saysWithinMs = 10_000;
const leastAskedFor = 50;
const retryShownMs = 5_000;

const pathOf = (request: Request): string => new URL(request.url()).pathname;
const isRead = (request: Request): boolean => request.method() === "GET" && pathOf(request).startsWith("/api/v1/");

/** Notes what a page asks for, and waits until nothing is asked for any more. */
class Asked {
  readonly #page: Page;
  readonly #underWay = new Set<Request>();
  readonly paths = new Set<string>();

  constructor(page: Page) {
    this.#page = page;
    page.on("request", (request) => {
      if (!isRead(request)) return;
      this.paths.add(pathOf(request));
      this.#underWay.add(request);
    });
    for (const end of ["requestfinished", "requestfailed"] as const) {
      // Both are events of a request, which types of a union of names do not say.
      page.on(end as "requestfinished", (request) => void this.#underWay.delete(request));
    }
  }

  async isSettled(): Promise<void> {
    await pageIsShown(this.#page);
    await waitUntil("nothing is asked for", () => this.#underWay.size === 0);
    await this.#page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    await pageIsShown(this.#page);
  }
}

/** Headings, tables, and links to tabs: what is there whatever the figures are. */
const shapeOf = async (page: Page): Promise<string> =>
  (await page.evaluate(`[...document.querySelectorAll("main :is(h1, h2, h3, table, nav a)")]
    .map((part) => part.tagName + " " + (part.getAttribute("aria-label") ?? (part.matches("table") ? "" : part.textContent)))
    .join("\\n").replaceAll(/\\d+/g, "0")`)) as string;

const textOf = async (page: Page): Promise<string> =>
  (await page.evaluate(`document.body.innerText + [...document.querySelectorAll("[aria-label]")]
    .map((part) => part.getAttribute("aria-label")).join(" ")`)) as string;

const inboxPath = "/api/v1/notifications";
const mePath = "/api/v1/users/me";
/** What every page asks for is failed once. */
const ofTheShell: ReadonlySet<string> = new Set([inboxPath, mePath]);

async function isSaid(page: Page, { says: all, orSays }: Failure, path: string): Promise<string> {
  // The bell has no room for more than what happened.
  const says = path === inboxPath ? all.slice(0, 1) : all;
  let unsaid: readonly string[] = says;
  const isDone = async (): Promise<boolean> => {
    const text = await textOf(page).catch(() => "");
    unsaid = orSays !== undefined && text.includes(orSays) ? [] : says.filter((part) => !text.includes(part));
    return unsaid.length === 0;
  };
  return await waitUntil("it is said", isDone, saysWithinMs).then(
    () => "",
    () => `does not say ${unsaid.join(" | ")}`,
  );
}

async function isThere(page: Page): Promise<string> {
  const shown = await page.locator("h1, [role=alert]").count();
  return shown === 0 ? "is blank" : "";
}

/** Every "Try again" is pressed until nothing failed is shown any more. */
async function isWholeAgain(page: Page, shape: string): Promise<string> {
  let found = "";
  const isDone = async (): Promise<boolean> => {
    const retry = page.getByRole("button", { name: "Try again" }).first();
    if ((await retry.count()) > 0) await retry.click({ timeout: 1_000 }).catch(() => undefined);
    // A field has one for what may be wrong with it, which is empty.
    const alerts = (await page.getByRole("alert").allInnerTexts()).filter((text) => text.trim() !== "");
    found = alerts.length > 0 ? `still says ${alerts.join(" | ")}` : "";
    const now = await shapeOf(page);
    if (found === "" && now !== shape) found = `has another shape: ${now} \n instead of \n ${shape}`;
    return found === "";
  };
  return await waitUntil("the page is whole", isDone, saysWithinMs).then(
    () => "",
    () => found,
  );
}

interface Case {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly asked: Asked;
  readonly path: string;
  readonly shape: string;
  /** Whether it fails at the first question, or after it was answered once. */
  readonly isFirst: boolean;
}

async function faultsOf(failure: Failure, { context, page, asked, path, shape, isFirst }: Case): Promise<string[]> {
  let hits = 0;
  const matches = (url: URL): boolean => url.pathname === path;
  await context.route(matches, async (route) => {
    if (route.request().method() !== "GET") return await route.fallback();
    hits += 1;
    await failure.answer(route);
  });
  if (isFirst) await page.reload();
  // What a browser says when the network is back: the page looks again at all that is on screen.
  else await page.evaluate(`dispatchEvent(new Event("online"))`);
  await waitUntil(`${path} is asked for`, () => hits > 0);
  // Who is signed in is known by then; what needs the server says itself what it was refused.
  const isQuiet = !isFirst && path === mePath;
  const said = isQuiet ? "" : await isSaid(page, failure, path);
  const there = await isThere(page);
  await context.unroute(matches);
  const whole = await isWholeAgain(page, shape);
  if (whole !== "") {
    await page.reload();
    await asked.isSettled();
  }
  const when = `${path} by ${failure.name}${isFirst ? "" : ", after it was answered once"}`;
  return [said, there, whole].filter((fault) => fault !== "").map((fault) => `${when}: ${fault}`);
}

/** @param done what was failed already, by its page, as tabs ask for the same */
async function faultsOfPage(path: string, start: string, done: Set<string>): Promise<readonly string[]> {
  const { page, context, expectComplaint } = await openWatched(scene.browser, { isTraced: false });
  expectComplaint(/Failed to load resource/);
  await signInByRequest(scene.url, context);
  const asked = new Asked(page);
  const faults: string[] = [];
  const seen = new Set([start]);
  for (const address of seen) {
    asked.paths.clear();
    await page.goto(`${scene.url}${address}`);
    await asked.isSettled();
    for (const tab of await tabsOf(page)) seen.add(tab);
    const shape = await shapeOf(page);
    for (const api of [...asked.paths].sort()) {
      const key = ofTheShell.has(api) ? api : `${path} ${api}`;
      if (done.has(key)) continue;
      done.add(key);
      const one = { context, page, asked, path: api, shape };
      const found = await faultsOf(codedFailure, { ...one, isFirst: true });
      const other = otherFailures[done.size % otherFailures.length];
      if (other !== undefined) found.push(...(await faultsOf(other, { ...one, isFirst: false })));
      faults.push(...found.map((fault) => `${address}: ${fault}`));
    }
  }
  await context.close();
  return faults;
}

/** They need no session, or ask for nothing. */
const notWalked = new Set(["/sign-in", "/first-run", "/design"]);
const lanes = 3;

test("what a page asks for fails in five ways, and the page stays, says so, and is whole after it", limit, async () => {
  const done = new Set<string>();
  const queue = Object.entries(addresses).filter(([path]) => !notWalked.has(path));
  const faults: string[] = [];
  const walk = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      faults.push(...(await faultsOfPage(...one, done)));
    }
  };
  await Promise.all(Array.from({ length: lanes }, walk));
  expect(faults).toEqual([]);
  // Whoever adds a page adds to it; fewer would mean that the walk has ended early.
  expect(done.size).toBeGreaterThan(leastAskedFor);
});

test("who is signed in cannot be told: the page says so, and goes on once it can", limit, async () => {
  const { page, context, expectComplaint } = await scene.openSignedIn("/workspaces");
  expectComplaint(/Failed to load resource/);
  for (const { answer, says } of [codedFailure, ...otherFailures]) {
    await context.route("**/api/v1/users/me", answer);
    await page.reload();
    for (const said of says) await page.getByText(said, { exact: false }).first().waitFor();
    await context.unroute("**/api/v1/users/me");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { name: "Workspaces", level: 1 }).waitFor();
  }
});

test("a search of the palette and a dry run that fail say so, and nothing is said not to exist", limit, async () => {
  const { page, context, expectComplaint } = await scene.openSignedIn("/new?template=node");
  expectComplaint(/Failed to load resource/);
  await page.getByLabel("Name", { exact: true }).waitFor();
  await context.route("**/api/v1/workspaces/preview**", codedFailure.answer);
  await page.getByLabel("Name", { exact: true }).fill("wished-for");
  await page.getByRole("alert").getByText(message).waitFor();
  await context.unroute("**/api/v1/workspaces/preview**");
  // News of the pool may have it asked again before the button is pressed.
  const retry = page.getByRole("button", { name: "Try again" });
  await retry.click({ timeout: retryShownMs }).catch(() => undefined);
  await page.getByText("A ready prebuild will be handed over at once.").waitFor();
  await context.route("**/api/v1/templates?**", codedFailure.answer);
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog").getByRole("combobox").fill("no such thing");
  await page.getByText(`Not everything could be searched: ${message}`).waitFor();
  expect(await page.getByText("Nothing is called").count()).toBe(0);
});
