// What an operator sees of the pools: in two clicks why one is empty, and what can be done about it.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Pool } from "../../src/contracts/api/prebuilds.ts";
import { waitUntil } from "../support/wait-until.ts";
import { dashboardScene, testLimitMs } from "./support/dashboard-scene.ts";

const limit = { timeout: testLimitMs };

/** The prebuilds of all but one preset never come: what prepares them fails. */
const template = `driver: process
parameters: [ { name: ending, default: "3" } ]
agents: [ { name: main, hooks: { prewarm: { run: 'echo it ends; exit "$PREWARM_PARAMETER_ENDING"' } } } ]
presets:
  - { name: broken, prebuilds: { instances: 1 } }
  - { name: failing, prebuilds: { instances: 1 } }
  - { name: littered, prebuilds: { instances: 1 } }
  - { name: whole, parameters: { ending: "0" }, prebuilds: { instances: 1 } }
`;

const scene = dashboardScene({ template, env: { PREWARM_PREBUILDS_FAILURE_HARD_LIMIT: "1" } });

test("an operator sees within two clicks why a pool is empty, and what he can do", limit, async () => {
  const { page } = await scene.openSignedIn("/");
  await page.getByRole("link", { name: "Pools" }).click();
  await page.getByRole("link", { name: "node / broken" }).click();
  await page.getByRole("heading", { name: "Why it is so" }).waitFor();
  const explained = await scene.admin.call("explainPool", {
    params: { template: "node", preset: "broken" },
    query: {},
  });
  const [sentence = ""] = explained.sentences;
  expect(sentence).not.toBe("");
  await page.getByRole("main").getByText(sentence).waitFor();
  expect(await page.getByRole("main").textContent()).toContain("0 of 1 ready");
  expect(await page.getByRole("main").getByRole("listitem").count()).toBeGreaterThanOrEqual(explained.sentences.length);
});

test("the keyboard alone leads there in as few acts", limit, async () => {
  const { sentences } = await scene.admin.call("explainPool", {
    params: { template: "node", preset: "broken" },
    query: {},
  });
  const { page } = await scene.openSignedIn("/workspaces");
  await page.getByRole("heading", { name: "Workspaces" }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("p");
  await page.getByRole("link", { name: "node / broken" }).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Why it is so" }).waitFor();
  await page
    .getByRole("main")
    .getByText(sentences[0] ?? "none")
    .waitFor();
});

test("reconciliation is paused with its effect said before, and the page says by whom", limit, async () => {
  const { page } = await scene.openSignedIn("/pools");
  await page.getByRole("button", { name: "Pause reconciliation" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("No pool of the deployment is refilled").waitFor();
  await dialog.getByRole("button", { name: "Pause reconciliation" }).click();
  await page.getByText("Reconciliation is paused by admin").waitFor();
  await page.getByRole("button", { name: "Resume reconciliation" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Resume reconciliation" }).click();
  await page.getByRole("button", { name: "Pause reconciliation" }).waitFor();
});

test("prebuilds, decisions and the week of a pool have an address each", limit, async () => {
  const { page, expectComplaint } = await scene.openSignedIn("/pools/node/broken/decisions");
  await page
    .getByRole("main")
    .getByText(/desired|wanted/i)
    .first()
    .waitFor();
  await page.getByRole("link", { name: "Prebuilds" }).click();
  await page.getByRole("table", { name: "Prebuilds" }).waitFor();
  await page.getByRole("link", { name: "Schedule" }).click();
  await page.getByText("Times of UTC").waitFor();
  await page.getByRole("button", { name: "Week after" }).click();
  await page.waitForURL(/week=/);
  expectComplaint(/status of 404 .*nothing\/explain/);
  await page.goto(`${scene.url}/pools/node/nothing`);
  await page.getByRole("heading", { name: "There is no such page" }).waitFor();
});

test("how large a pool is says its manifest, and the page says which lines and how they get there", limit, async () => {
  const { page } = await scene.openSignedIn("/pools/node/broken");
  await page.getByRole("button", { name: "Change size…" }).click();
  const dialog = page.getByRole("dialog", { name: "Change the size of node / broken" });
  await dialog.getByLabel("Instances").fill("7");
  const lines = dialog.getByLabel("lines of the manifest", { exact: true });
  expect(await lines.textContent()).toBe("presets:\n  - name: broken\n    prebuilds:\n      instances: 7");
  expect(await dialog.getByLabel("commands", { exact: true }).textContent()).toContain(
    "prewarm templates push node --name node",
  );
});

/** The pool, once it is so. */
async function poolThat(preset: string, what: string, is: (pool: Pool) => boolean): Promise<Pool> {
  return await waitUntil(`the pool ${preset} ${what}`, async () => {
    const { pool } = await scene.admin.call("explainPool", { params: { template: "node", preset }, query: {} });
    return is(pool) ? pool : undefined;
  });
}

/** Presses a button in the head of the page, sees the effect in the dialog, and confirms. */
async function confirmed(page: Page, verb: string, effect: string | RegExp): Promise<void> {
  await page.getByRole("button", { name: verb, exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(effect).waitFor();
  await dialog.getByRole("button", { name: verb, exact: true }).click();
  await dialog.waitFor({ state: "detached" });
}

const shownPrebuilds = async (page: Page): Promise<readonly string[]> =>
  await page.getByRole("table", { name: "Prebuilds" }).getByRole("link").allTextContents();

test(
  "a pool at its limit says so, leads to the log of what failed, and builds again when it is resumed",
  limit,
  async () => {
    const { lastFailure } = await poolThat("failing", "is limited", ({ condition }) => condition === "limited");
    const { page } = await scene.openSignedIn("/pools?q=condition%3Alimited");
    await page.getByRole("row", { name: "node / failing" }).getByText("limited").waitFor();
    await page.getByRole("link", { name: "node / failing" }).click();
    await page.getByRole("link", { name: "What its agents said" }).click();
    await page.getByRole("log").getByText("it ends").first().waitFor();
    await page.goBack();
    await confirmed(page, "Resume builds", "Its earlier failures no longer count");
    await poolThat("failing", "has tried again", (pool) => pool.lastFailure?.prebuild !== lastFailure?.prebuild);
    await page.getByRole("link", { name: "The log of its build" }).click();
    await page.waitForURL(/\/jobs\//);
  },
);

test("what has failed is cleaned up, after it was said how many that are", limit, async () => {
  await poolThat("littered", "has one that failed", ({ failed }) => failed === 1);
  const { page } = await scene.openSignedIn("/pools/node/littered/prebuilds");
  await page.getByRole("cell", { name: "failed", exact: true }).waitFor();
  await confirmed(page, "Clean up", "1 failed and 0 parked prebuilds are deleted, with their logs.");
  await poolThat("littered", "is clean", ({ failed }) => failed === 0);
  const button = page.getByRole("button", { name: "Clean up" });
  await expect.poll(async () => await button.getAttribute("title")).toBe("Nothing in it has failed or is parked.");
});

test("all prebuilds of a pool are replaced, after it was said how many that are", limit, async () => {
  await poolThat("whole", "is full", ({ eligible }) => eligible === 1);
  const { page } = await scene.openSignedIn("/pools/node/whole/prebuilds");
  await page.getByRole("cell", { name: "ready", exact: true }).waitFor();
  const [before = ""] = await shownPrebuilds(page);
  await confirmed(page, "Replace all prebuilds", "The prebuild that it has now is marked as expired");
  await page.getByRole("link", { name: before }).waitFor({ state: "detached" });
  await page.getByRole("cell", { name: "ready", exact: true }).waitFor();
  expect(await shownPrebuilds(page)).not.toContain(before);
});

test(
  "prebuilds are switched off with their effect said before, the page says by whom, and on again",
  limit,
  async () => {
    const { page } = await scene.openSignedIn("/pools");
    await confirmed(page, "Switch prebuilds off", "each creation is built from nothing until prebuilds are on again");
    await page.getByText("Prebuilds are switched off by admin").waitFor();
    expect(await scene.admin.call("listPools", { query: {} })).toMatchObject({ isEnabled: false, disabledBy: "admin" });
    await confirmed(page, "Switch prebuilds on", "Prebuilds are handed over again");
    await page.getByText("Prebuilds are switched off by admin").waitFor({ state: "detached" });
  },
);
