// What an operator sees of the pools: in two clicks why one is empty, and what can be done about it.
import { expect, test } from "vitest";
import { dashboardScene, testLimitMs } from "./support/dashboard-scene.ts";

const limit = { timeout: testLimitMs };

/** Its prebuilds never come: what prepares them fails. */
const template = `driver: process
agents: [ { name: main, hooks: { prewarm: { run: exit 3 } } } ]
presets:
  - { name: broken, prebuilds: { instances: 1 } }
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
