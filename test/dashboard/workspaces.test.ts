// The list of workspaces: its numbers, its orders, what is done with one row and with many.
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { waitUntil } from "../support/wait-until.ts";
import { dashboardScene, exampleTemplate, signInByRequest, testLimitMs } from "./support/dashboard-scene.ts";
import { openWatched } from "./support/watched-page.ts";

const limit = { timeout: testLimitMs };
const scene = dashboardScene({ template: exampleTemplate.replace(", prebuilds: { instances: 2 }", "") });
const names = ["alpha", "beta", "gamma", "delta"];

async function statusOf(name: string): Promise<string> {
  return (await scene.admin.call("getWorkspace", { params: { workspace: name }, query: {} })).status;
}

async function hasStatus(name: string, status: string): Promise<void> {
  await waitUntil(`${name} is ${status}`, async () => (await statusOf(name)) === status);
}

beforeAll(async () => {
  for (const name of names) {
    await scene.admin.call("createWorkspace", { query: {}, body: { name, template: "node", ttlMs: 8 * 3_600_000 } });
  }
  for (const name of names) await hasStatus(name, "running");
  await scene.admin.call("createBuild", { params: { workspace: "delta" }, body: { transition: "stop" } });
  await hasStatus("delta", "stopped");
}, testLimitMs);

const rowOf = (page: Page, name: string) =>
  page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
const select = async (page: Page, ...chosen: string[]): Promise<void> => {
  for (const name of chosen) await page.getByRole("checkbox", { name: `Select ${name}` }).check();
};

test("the chips say how many are in each group, and choosing one shows those", limit, async () => {
  const { page } = await scene.openSignedIn("/workspaces");
  const chips = page.getByRole("group", { name: "State" });
  await chips.getByRole("button", { name: "running 3" }).waitFor();
  await chips.getByRole("button", { name: "stopped 1" }).click();
  await page.waitForURL(/q=status%3Astopped/);
  await page.getByText("1 in all").waitFor();
  expect(await page.getByRole("table", { name: "Workspaces" }).getByRole("link").allInnerTexts()).toEqual(["delta"]);
  await page.goto(`${scene.url}/workspaces?q=status:asleep`);
  await page.getByText("No workspace is ever “asleep”").waitFor();
});

test("columns are sorted by the server, and the address says how", limit, async () => {
  const { page } = await scene.openSignedIn("/workspaces");
  const order = () => page.getByRole("table", { name: "Workspaces" }).getByRole("link").allInnerTexts();
  await page.getByRole("button", { name: "Name", exact: true }).click();
  await page.waitForURL(/sort=name/);
  await waitUntil("names go up", async () => (await order()).join() === "alpha,beta,delta,gamma");
  for (const [header, sort] of [
    ["State", "state"],
    ["Template", "template"],
    ["Next", "deadline"],
    ["Last used", "last_used"],
  ] as const) {
    await page.getByRole("button", { name: header, exact: true }).click();
    await page.waitForURL(new RegExp(`sort=${sort}$`));
    await page
      .getByRole("columnheader", { name: header, exact: true })
      .and(page.locator("[aria-sort=ascending]"))
      .waitFor();
  }
});

test("what a row's state does not permit says why, and what it does is done", limit, async () => {
  const { page } = await scene.openSignedIn("/workspaces");
  await page.getByRole("button", { name: "Actions of delta" }).click();
  const menu = page.getByRole("menu");
  await menu.getByRole("menuitem", { name: /^Stop/ }).and(page.locator("[aria-disabled=true]")).waitFor();
  expect(await menu.innerText()).toContain("It is stopped already.");
  expect(await menu.innerText()).toContain("Start it first.");
  expect(await menu.innerText()).toContain("It does not run, so nothing stops it.");
  await page.keyboard.press("Escape");
  const before = (await scene.admin.call("getWorkspace", { params: { workspace: "alpha" }, query: {} })).deadlineAt;
  await page.getByRole("button", { name: "Actions of alpha" }).click();
  await menu.getByRole("menuitem", { name: "Extend by an hour" }).click();
  await page.getByText(/^alpha runs until/).waitFor();
  const { deadlineAt } = await scene.admin.call("getWorkspace", { params: { workspace: "alpha" }, query: {} });
  expect(Date.parse(deadlineAt ?? "") - Date.parse(before ?? "")).toBe(3_600_000);
});

test(
  "rows are selected by key, and the dialog says what will be done with how many, and with which not",
  limit,
  async () => {
    const { page } = await scene.openSignedIn("/workspaces?sort=name");
    await rowOf(page, "alpha").waitFor();
    for (const key of ["j", "x", "j", "x", "j", "x"]) await page.keyboard.press(key);
    await page.getByText("3 workspaces selected").waitFor();
    await page.getByRole("region", { name: "Selected workspaces" }).getByRole("button", { name: "Stop" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("heading", { name: "Stop 2 workspaces?" }).waitFor();
    expect(await dialog.innerText()).toContain("delta: It is stopped already.");
    await dialog.getByRole("button", { name: "Stop 2 workspaces" }).click();
    await dialog.getByText("2 are stopped.").waitFor();
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await hasStatus("alpha", "stopped");
    await hasStatus("beta", "stopped");
    expect(await statusOf("gamma")).toBe("running");
  },
);

test("of many some may be refused: each says why, and they are tried again", limit, async () => {
  const { page } = await scene.openSignedIn("/workspaces");
  await select(page, "gamma", "alpha");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("heading", { name: "Start 1 workspace?" }).waitFor();
  // Somebody else is faster: what the page shows is not what is so by now.
  await scene.admin.call("createBuild", { params: { workspace: "alpha" }, body: { transition: "delete" } });
  await waitUntil("alpha is gone", async () => {
    const { workspaces } = await scene.admin.call("listWorkspaces", { query: {} });
    return workspaces.every(({ name }) => name !== "alpha");
  });
  await dialog.getByRole("button", { name: "Start 1 workspace" }).click();
  await dialog.getByRole("heading", { name: "1 workspace could not be changed" }).waitFor();
  await dialog.getByRole("list", { name: "What was not done" }).getByText("not_found").waitFor();
  await dialog.getByRole("button", { name: "Start 1 again" }).waitFor();
});

test(
  "on a phone the bar is at the thumb, behind the rows for the keyboard, and hides none of them",
  limit,
  async () => {
    const { page, context } = await openWatched(scene.browser, { width: 360, height: 640 });
    await signInByRequest(scene.url, context);
    await page.goto(`${scene.url}/workspaces?sort=name`);
    await select(page, "beta", "delta");
    const bar = page.getByRole("region", { name: "Selected workspaces" });
    await bar.getByText("2 workspaces").waitFor();
    const [at, menu] = [await bar.boundingBox(), await page.getByRole("navigation", { name: "Main" }).boundingBox()];
    expect((at?.y ?? 0) + (at?.height ?? 0)).toBeCloseTo(menu?.y ?? 0, 0);
    // The last row, scrolled to, ends above the bar; the bar comes after it.
    await page.evaluate("scrollTo(0, document.body.scrollHeight)");
    const last = await page.getByRole("row").last().boundingBox();
    expect((last?.y ?? 0) + (last?.height ?? 0)).toBeLessThanOrEqual(at?.y ?? 0);
    await page.getByRole("row").last().getByRole("button").last().focus();
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toBe("Clear");
    for (const button of await bar.getByRole("button").all()) {
      expect((await button.boundingBox())?.height, await button.innerText()).toBeGreaterThanOrEqual(44);
    }
    await bar.getByRole("button", { name: "Start", exact: true }).waitFor();
    await bar.getByRole("button", { name: "Stop", exact: true }).waitFor();
    await bar.getByRole("button", { name: "More for what is selected" }).click();
    const items = await page.getByRole("menuitem").allTextContents();
    expect(items.map((text) => text.split("…")[0])).toEqual([
      expect.stringMatching(/^Update/),
      expect.stringMatching(/^Extend 1 h/),
      "Delete",
      expect.stringMatching(/^Select all \d that match$/),
    ]);
    await page.getByRole("menuitem", { name: "Delete…" }).click();
    await page.getByRole("dialog", { name: "Delete 2 workspaces?" }).getByRole("button", { name: "Cancel" }).click();
  },
);

test(
  "all that match are deleted after their number was typed, and none when there are others by then",
  limit,
  async () => {
    const { page, expectComplaint } = await scene.openSignedIn("/workspaces?q=ta");
    expectComplaint(/status of 409 .*\/bulk/);
    await select(page, "beta");
    await page.getByRole("button", { name: "Select all 2 that match" }).click();
    await page.getByRole("button", { name: "Delete…" }).first().click();
    const dialog = page.getByRole("dialog");
    const confirm = dialog.getByRole("button", { name: "Delete 2 workspaces" });
    await confirm.and(page.locator("[aria-disabled=true]")).waitFor();
    await scene.admin.call("createWorkspace", { query: {}, body: { name: "iota", template: "node" } });
    await dialog.getByLabel("Type 2 to go on").fill("2");
    await confirm.click();
    await dialog.getByText("3 workspaces match by now, and not 2.").waitFor();
    expect(await statusOf("beta")).toBe("stopped");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Delete…" }).first().click();
    await dialog.getByLabel("Type 3 to go on").fill("3");
    await dialog.getByRole("button", { name: "Delete 3 workspaces" }).click();
    await dialog.getByText(/3 are deleted|2 are deleted/).waitFor();
  },
);
