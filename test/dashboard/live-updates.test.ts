import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { waitUntil } from "../support/wait-until.ts";
import { dashboardScene, testLimitMs } from "./support/dashboard-scene.ts";

const scene = dashboardScene();
const limit = { timeout: testLimitMs };
/** Half a second is promised; a machine that runs other suites beside this one is given more. */
const seenWithinMs = 5_000;
const tabsOpened = 8;

const isLive = async (page: Page): Promise<void> =>
  await page.getByRole("button", { name: "Connection: Live: changes are shown at once" }).waitFor();

async function create(name: string): Promise<void> {
  await scene.admin.call("createWorkspace", { body: { name, template: "node" } });
}

test("two tabs are in step, as one of them tells the other what is new", limit, async () => {
  const { page, context } = await scene.openSignedIn();
  const other = await context.newPage();
  const sockets: string[] = [];
  other.on("websocket", (socket) => sockets.push(socket.url()));
  await other.goto(`${scene.url}/workspaces`);
  await Promise.all([isLive(page), isLive(other)]);
  const startMs = performance.now();
  await create("in-step");
  await Promise.all([page, other].map(async (tab) => await tab.getByRole("link", { name: "in-step" }).waitFor()));
  expect(performance.now() - startMs).toBeLessThan(seenWithinMs);
  expect(sockets).toEqual([]);
  // The tab that holds the channel goes, and the other one takes it over.
  await page.close();
  await waitUntil("the other tab holds the channel", () => sockets.length > 0);
  await isLive(other);
  await create("after-it-went");
  await other.getByRole("link", { name: "after-it-went" }).waitFor();
});

test("eight tabs of a browser are all live, though it opens six connections to a server", limit, async () => {
  const { page, context } = await scene.openSignedIn();
  const tabs = [page];
  while (tabs.length < tabsOpened) {
    const tab = await context.newPage();
    await tab.goto(`${scene.url}/workspaces`);
    tabs.push(tab);
  }
  await Promise.all(tabs.map(isLive));
  await create("for-all");
  await Promise.all(tabs.map(async (tab) => await tab.getByRole("link", { name: "for-all" }).waitFor()));
});

test("a sign-out in one tab is one in all of them", limit, async () => {
  const { page, context } = await scene.openSignedIn();
  const other = await context.newPage();
  await other.goto(`${scene.url}/workspaces`);
  await isLive(other);
  await page.getByRole("button", { name: "You: admin" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await Promise.all([page, other].map(async (tab) => await tab.getByLabel("User name").waitFor()));
});

test("a page heals by itself after a restart of the server, and shows what came meanwhile", limit, async () => {
  const { page, expectComplaint } = await scene.openSignedIn();
  expectComplaint(/ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|WebSocket connection|status of 503/);
  await isLive(page);
  await scene.server.end("SIGTERM");
  await page.getByRole("button", { name: /Connection: (Looks for changes|The server does not answer)/ }).waitFor();
  await scene.server.start();
  await create("after-restart");
  await isLive(page);
  await page.getByRole("link", { name: "after-restart" }).waitFor();
  await page.getByText("Reconnecting.").waitFor({ state: "detached" });
});
