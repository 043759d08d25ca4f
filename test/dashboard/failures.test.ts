// Whatever a page asks for fails in turn: the page stays, the part that failed says so, and is whole again after it.
import type { BrowserContext, Page, Request, Route } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { waitUntil } from "../support/wait-until.ts";
import { dashboardScene, testLimitMs } from "./support/dashboard-scene.ts";
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

const saysWithinMs = 6_000;

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

/** Where there is no room for more than what happened. */
const saysLess = new Set(["/api/v1/notifications"]);

async function isSaid(page: Page, { says: all, orSays }: Failure, path: string): Promise<string> {
  const says = saysLess.has(path) ? all.slice(0, 1) : all;
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
  const quiet = !isFirst && path === "/api/v1/users/me";
  const said = quiet ? "" : await isSaid(page, failure, path);
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
async function faultsAt(start: string, path: string, done: Set<string>): Promise<readonly string[]> {
  const { page, context, expectComplaint } = await openWatched(scene.browser, { isTraced: false });
  expectComplaint(/Failed to load resource/);
  await context.addCookies(await sessionOfAdmin());
  const asked = new Asked(page);
  const faults: string[] = [];
  const addressesOfPage = new Set([start]);
  let turn = 0;
  for (const address of addressesOfPage) {
    asked.paths.clear();
    await page.goto(`${scene.url}${address}`);
    await asked.isSettled();
    for (const tab of await tabsOf(page)) addressesOfPage.add(tab);
    const shape = await shapeOf(page);
    for (const api of [...asked.paths].sort()) {
      const key = ["/api/v1/users/me", "/api/v1/notifications"].includes(api) ? api : `${path} ${api}`;
      if (done.has(key)) continue;
      done.add(key);
      const one = { context, page, asked, path: api, shape };
      const other = otherFailures[turn % otherFailures.length];
      turn += 1;
      const found = await faultsOf(codedFailure, { ...one, isFirst: true });
      if (other !== undefined) found.push(...(await faultsOf(other, { ...one, isFirst: turn % 3 === 0 })));
      faults.push(...found.map((fault) => `${address}: ${fault}`));
    }
  }
  await context.close();
  return faults;
}

type Cookies = Parameters<BrowserContext["addCookies"]>[0];
let cookies: Promise<Cookies> | undefined;
async function sessionOfAdmin(): Promise<Cookies> {
  cookies ??= scene.openSignedIn("/design").then(async ({ context }) => await context.cookies());
  return await cookies;
}

const notWalked = new Set(["/sign-in", "/first-run", "/design"]);

test("what a page asks for fails in five ways, and the page stays, says so, and is whole after it", limit, async () => {
  const done = new Set<string>();
  const queue = Object.entries(addresses).filter(([path]) => !notWalked.has(path));
  const faults: string[] = [];
  const lane = async (): Promise<void> => {
    for (;;) {
      const next = queue.shift();
      if (next === undefined) return;
      const [path, address] = next;
      faults.push(...(await faultsAt(address, path, done)));
    }
  };
  await Promise.all([lane(), lane(), lane()]);
  expect(faults).toEqual([]);
});
