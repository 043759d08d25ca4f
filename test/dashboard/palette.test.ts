// The palette: goes to anything by its name, and does what the page on screen offers.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { dashboardScene, testLimitMs } from "./support/dashboard-scene.ts";

const limit = { timeout: testLimitMs };
const scene = dashboardScene();

async function opened(page: Page): Promise<ReturnType<Page["getByRole"]>> {
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox", { name: "Go to or do" });
  await field.waitFor();
  return field;
}

const option = (page: Page, name: string | RegExp) => page.getByRole("option", { name });

test("a workspace, a template and a pool are found by part of their name, and Enter goes there", limit, async () => {
  await scene.poolIsReady();
  await scene.admin.call("createWorkspace", { body: { name: "by-name", template: "node" } });
  const { page } = await scene.openSignedIn("/inbox");
  await opened(page);
  await page.keyboard.type("by-na");
  await option(page, /admin\/by-name/).waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(`${scene.url}/@admin/by-name`);
  await opened(page);
  await page.keyboard.type("nod");
  await option(page, /^node Template/).waitFor();
  await option(page, /^node \/ small Pool/).click();
  await page.waitForURL(`${scene.url}/pools/node/small`);
  await opened(page);
  await page.keyboard.type("admi");
  await option(page, /^admin Person/).waitFor();
  await page.keyboard.type(" nobody is called so");
  await page.getByText("Nothing is called").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("combobox", { name: "Go to or do" }).waitFor({ state: "detached" });
});

test("every page of the menu and every part of administration and account is a place in it", limit, async () => {
  const { page } = await scene.openSignedIn("/admin");
  const labelsOf = async (name: string): Promise<string[]> =>
    await page.getByRole("navigation", { name }).getByRole("link").allTextContents();
  await page.getByRole("navigation", { name: "Parts of the administration" }).waitFor();
  const labels = (await labelsOf("Main")).filter((label) => label !== "Prewarm");
  labels.push(...(await labelsOf("Parts of the administration")).slice(1).map((label) => `Administration: ${label}`));
  await page.goto(`${scene.url}/account`);
  await page.getByRole("navigation", { name: "Parts of your account" }).waitFor();
  labels.push(...(await labelsOf("Parts of your account")).map((label) => `Your account: ${label}`));
  expect(labels.length).toBeGreaterThan(15);
  await opened(page);
  const shown = await page.getByRole("option").allTextContents();
  expect(labels.filter((label) => !shown.some((text) => text.startsWith(label)))).toEqual([]);
});

test("what the head of a page offers is in the palette, with the reason where it cannot be done", limit, async () => {
  const { page } = await scene.openSignedIn("/pools/node/small");
  const head = page.getByRole("main").locator("header").first();
  await head.getByRole("button").first().waitFor();
  const labels = await head.getByRole("button").allTextContents();
  expect(labels).toContain("Clean up");
  await opened(page);
  for (const label of labels) await option(page, new RegExp(`^${label}`)).waitFor();
  expect(await option(page, /^Clean up/).textContent()).toContain("Nothing in it has failed or is parked.");
  // Chosen all the same, it does nothing.
  await option(page, /^Clean up/).click();
  await page.keyboard.type("replace all");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: /Replace all prebuilds/ });
  await dialog.getByRole("button", { name: "Cancel" }).click();
  // The focus is where a click would have left it.
  await expect
    .poll(async () => await page.evaluate("document.activeElement.textContent"))
    .toBe("Replace all prebuilds");
});

test("a terminal and a dialog keep Ctrl+K for themselves", limit, async () => {
  const { page } = await scene.openSignedIn("/pools");
  await page.getByRole("button", { name: "Pause reconciliation" }).click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Control+k");
  expect(await page.getByRole("combobox", { name: "Go to or do" }).count()).toBe(0);
});

test("? shows the keys, and single-letter keys can be switched off as a whole", limit, async () => {
  const { page } = await scene.openSignedIn();
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog", { name: "Keys" });
  await dialog.getByText("Down and up the rows").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await page.waitForURL(`${scene.url}/admin`);
  await opened(page);
  await page.keyboard.type("single-letter");
  await page.keyboard.press("Enter");
  await page.keyboard.press("g");
  await page.keyboard.press("p");
  await page.keyboard.press("?");
  expect(await dialog.count()).toBe(0);
  expect(page.url()).toBe(`${scene.url}/admin`);
  await opened(page);
  await page.keyboard.type("keys");
  await option(page, "Show the keys").click();
  await dialog.getByText("Single-letter keys are off").waitFor();
});

const grouped = async (page: Page, heading: string): Promise<readonly string[]> =>
  await page
    .locator("[cmdk-group]")
    .filter({ has: page.getByText(heading, { exact: true }) })
    .getByRole("option")
    .allTextContents();

test(
  "what the menu of a row offers is in the palette while the row has the focus, with its reasons",
  limit,
  async () => {
    await scene.admin.call("createWorkspace", { body: { name: "in-focus", template: "node" } });
    const { page } = await scene.openSignedIn("/workspaces?q=in-focus");
    await page.getByRole("link", { name: "in-focus" }).waitFor();
    await page.getByRole("button", { name: "Actions of in-focus" }).click();
    await page.getByRole("menuitem", { name: "Delete…" }).waitFor();
    const items = await page.getByRole("menuitem").allTextContents();
    expect(items).toContain("Open terminal");
    await page.keyboard.press("Escape");
    await page.keyboard.press("j");
    await opened(page);
    expect(await grouped(page, "in-focus")).toEqual(expect.arrayContaining(["Open", ...items]));
    await page.keyboard.type("delete");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Delete in-focus?" }).getByRole("button", { name: "Cancel" }).click();
    await expect.poll(async () => await page.evaluate("document.activeElement.textContent")).toBe("in-focus");
    // Selected, it is meant wherever the focus is.
    await page.keyboard.press("x");
    await page.getByRole("searchbox", { name: "Search workspaces" }).focus();
    await opened(page);
    expect((await grouped(page, "in-focus"))[0]).toBe("Open");
    expect(await grouped(page, "1 workspace selected")).toContain("Stop");
    await page.keyboard.type("open terminal");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${scene.url}/@admin/in-focus/terminal`);
  },
);

test("a pool's row and a template's offer what their pages do", limit, async () => {
  const { page } = await scene.openSignedIn("/pools");
  await page.getByRole("link", { name: "node / small" }).focus();
  await opened(page);
  const ofPool = ["Open", "Replace all prebuilds", "Clean up", "Resume builds", "Change size…"];
  const inRow = await grouped(page, "node / small");
  expect(inRow.map((text, nth) => text.startsWith(ofPool[nth] ?? "?"))).toEqual(ofPool.map(() => true));
  expect(await grouped(page, "Do here")).toContain("Pause reconciliation");
  await page.keyboard.type("change size");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Change the size of node / small" }).getByLabel("Instances").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await page.getByRole("link", { name: "node", exact: true }).focus();
  await opened(page);
  expect(await grouped(page, "node")).toEqual(["Open", "Create workspace", "Publish version", "Deprecate…", "Delete…"]);
  await page.keyboard.type("publish version");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${scene.url}/publish?template=node`);
});

test("on a workspace's page it offers what can be done with that workspace", limit, async () => {
  await scene.admin.call("createWorkspace", { body: { name: "on-page", template: "node" } });
  const { page } = await scene.openSignedIn("/@admin/on-page");
  await page.getByRole("button", { name: "More for on-page" }).waitFor();
  await opened(page);
  const shown = await grouped(page, "Do here");
  for (const label of ["Stop", "Open terminal", "Extend by an hour", "Update…", "Rename…", "Delete…"])
    expect(
      shown.some((text) => text.startsWith(label)),
      label,
    ).toBe(true);
});
