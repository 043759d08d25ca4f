// What each role sees of each page follows from the access of the routes that the page asks, as the server's test has it.
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import type { RouteDefinition } from "../../src/contracts/api/route.ts";
import { type RouteId, routes } from "../../src/contracts/api/routes.ts";
import { type Person, refusalsOf } from "../support/access-rules.ts";
import type { Subject } from "../support/access-world.ts";
import { waitUntil } from "../support/wait-until.ts";
import { dashboardScene, signInByRequest, testLimitMs } from "./support/dashboard-scene.ts";
import { type PageAddresses, pageIsShown, seedEveryPage, tabsOf } from "./support/every-page.ts";
import { openWatched } from "./support/watched-page.ts";

const scene = dashboardScene();
const limit = { timeout: 3 * testLimitMs };

const others = ["template_admin", "owner", "member"] as const satisfies readonly Person[];
const usernames: Readonly<Record<(typeof others)[number], string>> = {
  template_admin: "tess",
  owner: "olga",
  member: "mia",
};
const password = "a password of theirs";

/** What an administrator is shown at an address. */
interface SeenPage {
  /** Of the registry: a page and its tabs have one. */
  readonly path: string;
  readonly address: string;
  readonly heading: string;
  /** What the page asked, by its route. */
  readonly asked: readonly RouteId[];
}

/** They need no session, or ask for nothing. */
const notWalked = new Set(["/sign-in", "/first-run", "/design"]);
let addresses: PageAddresses = {};

beforeAll(async () => {
  const found = await seedEveryPage(scene);
  for (const role of others) {
    const organizationRole = role === "template_admin" ? "template_admin" : "member";
    const body = { username: usernames[role], password, organizationRole } as const;
    await scene.admin.call("createUser", { body });
  }
  await scene.admin.call("createWorkspace", { body: { name: "hers", template: "node", owner: usernames.owner } });
  const ofPool = await waitUntil("a prebuild is built and nobody's yet", async () => {
    const { jobs } = await scene.admin.call("listJobs", { query: {} });
    return jobs.find(({ owner, status }) => owner === "prebuilds" && status === "succeeded");
  });
  const hers = `/@${usernames.owner}/hers`;
  addresses = { ...found, "/@{$owner}/$name/{-$tab}": hers, "/jobs/$jobId": `/jobs/${ofPool.id}` };
}, testLimitMs);

/** The one job that is walked to is a pool's; the workspace is a person's. */
const subjectOf = (address: string): Subject => (address.startsWith("/jobs/") ? "pool" : "person");

const patterns = (Object.entries(routes) as readonly (readonly [RouteId, RouteDefinition])[])
  .filter(([, { method }]) => method === "GET")
  .map(([id, { path }]) => [id, new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}$`)] as const)
  // `/users/me` before `/users/:username`.
  .toSorted(([one], [other]) => routes[one].path.split(":").length - routes[other].path.split(":").length);

const routeOf = (pathname: string): RouteId | undefined => patterns.find(([, pattern]) => pattern.test(pathname))?.[0];

interface Visit {
  readonly heading: string;
  readonly text: string;
  readonly asked: readonly RouteId[];
  /** Routes that answered 403. */
  readonly forbidden: readonly RouteId[];
}

async function visit(page: Page, address: string): Promise<Visit> {
  const asked = new Set<RouteId>();
  const forbidden = new Set<RouteId>();
  const note = (response: { url(): string; status(): number; request(): { method(): string } }): void => {
    const id = response.request().method() === "GET" ? routeOf(new URL(response.url()).pathname) : undefined;
    if (id === undefined) return;
    asked.add(id);
    if (response.status() === 403) forbidden.add(id);
  };
  page.on("response", note);
  await page.goto(`${scene.url}${address}`);
  await pageIsShown(page);
  page.off("response", note);
  const heading = (await page.locator("h1").first().textContent()) ?? "";
  const text = (await page.locator("main").innerText()).trim();
  return { heading, text, asked: [...asked], forbidden: [...forbidden] };
}

async function seenByAdministrator(): Promise<readonly SeenPage[]> {
  const { page, expectComplaint } = await scene.openSignedIn("/workspaces");
  expectComplaint(/status of 404/);
  const seen: SeenPage[] = [];
  for (const [path, first] of Object.entries(addresses)) {
    if (notWalked.has(path)) continue;
    const ofPage = new Set([first]);
    for (const address of ofPage) {
      const { heading, asked, forbidden } = await visit(page, address);
      expect(forbidden, `what an administrator is refused at ${address}`).toEqual([]);
      for (const tab of await tabsOf(page)) ofPage.add(tab);
      seen.push({ path, address, heading, asked });
    }
  }
  return seen;
}

type Wanted = "shown" | "in part" | "refused" | "hidden";

/** What the table of routes says about an address for a role. */
function wantedAlone({ address, asked }: SeenPage, role: Person): Wanted {
  const gated = asked.filter((id) => !["signed_in", "self_or_administrator"].includes(routes[id].access));
  const refusals = gated.map((id) => refusalsOf(id, routes[id], subjectOf(address))[role]);
  if (refusals.includes(404)) return "hidden";
  const refused = refusals.filter((status) => status === 403).length;
  if (refused === 0) return "shown";
  return refused === gated.length ? "refused" : "in part";
}

/** A page of which a part is refused as a whole is refused with all its parts: it is of somebody's work, not of a thing. */
function expected(one: SeenPage, role: Person, seen: readonly SeenPage[]): Wanted {
  const parts = seen.filter(({ path }) => path === one.path).map((part) => wantedAlone(part, role));
  return parts.includes("refused") ? "refused" : wantedAlone(one, role);
}

/** What is otherwise for this role than the table of routes says. */
function faultsOf(seen: SeenPage, [role, wanted]: readonly [Person, Wanted], found: Visit): readonly string[] {
  const faults: string[] = found.forbidden.map((id) => `asks ${id}, which it may not`);
  const isNotFound = found.text.includes("There is no such page");
  const isRefused = /This is for administrators/.test(found.text) && /Ask an administrator/.test(found.text);
  if (isNotFound !== (wanted === "hidden")) faults.push(isNotFound ? "is hidden" : "is not hidden");
  if (isRefused !== (wanted === "refused")) faults.push(isRefused ? "is refused" : "does not say whom it is for");
  if ((wanted === "shown" || wanted === "in part") && found.heading !== seen.heading) {
    faults.push(`is headed ${found.heading} instead of ${seen.heading}`);
  }
  return faults.map((fault) => `${seen.address} for ${role} (${wanted}): ${fault}`);
}

test("each role is shown, refused or not told of each page as the access of its routes says", limit, async () => {
  const seen = await seenByAdministrator();
  const faultsFor = async (role: (typeof others)[number]): Promise<readonly string[]> => {
    const { page, context, expectComplaint } = await openWatched(scene.browser, { isTraced: false });
    expectComplaint(/status of 404/);
    await signInByRequest(scene.url, context, { username: usernames[role], password });
    const faults: string[] = [];
    for (const one of seen)
      faults.push(...faultsOf(one, [role, expected(one, role, seen)], await visit(page, one.address)));
    const hidden = seen.filter((one) => expected(one, role, seen) === "refused").map(({ address }) => address);
    const links = `[...document.querySelectorAll("nav[aria-label=Main] a")].map((link) => link.pathname)`;
    for (const link of (await page.evaluate(links)) as string[]) {
      if (hidden.includes(link)) faults.push(`the menu of ${role} leads to ${link}`);
    }
    await page.goto(`${scene.url}/workspaces`);
    await pageIsShown(page);
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").getByRole("combobox").fill("Administration");
    const offered = await page.getByRole("option").allInnerTexts();
    if (offered.some((text) => text.includes("Administration"))) faults.push(`the palette of ${role} leads there`);
    return faults;
  };
  const faults = await Promise.all(others.map(faultsFor));
  expect(faults.flat()).toEqual([]);
  const kinds = new Set(seen.map((one) => expected(one, "member", seen)));
  expect([...kinds].sort()).toEqual(["hidden", "in part", "refused", "shown"]);
});
