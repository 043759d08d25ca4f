import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { dashboardScene, testLimitMs } from "./support/dashboard-scene.ts";

const scene = dashboardScene();
const limit = { timeout: testLimitMs };
const usableWithinMs = 60_000;

test("the line under the button says that a prebuild will be handed over, and it is", limit, async () => {
  await scene.poolIsReady();
  const { page } = await scene.openSignedIn("/new?template=node&name=warm");
  await page.getByText("A ready prebuild will be handed over at once.").waitFor();
  await page.getByRole("button", { name: "Create workspace" }).click();
  await page.getByText("A ready prebuild was handed over.").waitFor();
  await page.getByText("You can work in it now").waitFor({ timeout: usableWithinMs });
});

const nameField = (page: Page) => page.getByLabel("Name", { exact: true });
const createButton = (page: Page) => page.getByRole("button", { name: "Create workspace" });

/** As the link with which the form was opened says. */
async function expectFilled(page: Page): Promise<void> {
  expect(await nameField(page).inputValue()).toBe("cold");
  expect(await page.getByRole("radio", { name: "No preset" }).isChecked()).toBe(true);
  expect(await page.getByRole("radio", { name: "America" }).isChecked()).toBe(true);
  expect(await page.getByLabel("size", { exact: true }).inputValue()).toBe("3");
}

test(
  "without a preset it is built, which the link brings, and going back finds the form as it was",
  limit,
  async () => {
    const link = "/new?template=node&preset=-&name=cold&p.region=us&p.size=3";
    const { page } = await scene.openSignedIn(link);
    await createButton(page).waitFor();
    await expectFilled(page);
    await createButton(page).click();
    await page.waitForURL(/@admin\/cold/);
    await page.getByText("You can work in it now").waitFor({ timeout: usableWithinMs });
    const { preset } = await scene.admin.call("getWorkspace", { params: { workspace: "cold" }, query: {} });
    expect(preset).toBe(null);
    await page.goBack();
    await createButton(page).waitFor();
    await expectFilled(page);
    await page.goForward();
    await page.getByRole("heading", { name: "cold", level: 1 }).waitFor();
  },
);

test("a name that is taken and a value that is none are said at their fields", limit, async () => {
  await scene.poolIsReady();
  await scene.admin.call("createWorkspace", { body: { name: "taken", template: "node" } });
  const { page } = await scene.openSignedIn("/new?template=node&name=taken");
  await expect.poll(async () => await nameField(page).getAttribute("aria-invalid")).toBe("true");
  await page.goto(`${scene.url}/new?template=node&preset=-&name=fine&p.size=9`);
  const size = page.getByLabel("size", { exact: true });
  await size.waitFor();
  await expect.poll(async () => await size.getAttribute("aria-invalid")).toBe("true");
});

test("a double click makes one workspace, and says nothing of a second", limit, async () => {
  const { page } = await scene.openSignedIn("/new?template=node&preset=-&name=once");
  await createButton(page).waitFor();
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/api/v1/workspaces")) asked.push(request.url());
  });
  await createButton(page).dblclick();
  await page.getByRole("heading", { name: "once", level: 1 }).waitFor();
  expect(asked).toHaveLength(1);
  const { workspaces } = await scene.admin.call("listWorkspaces", { query: { search: "once" } });
  expect(workspaces.map(({ name }) => name)).toEqual(["once"]);
});

test("what a quota does not cover is said in units before the click, and refused by the server", limit, async () => {
  const manifest = "driver: process\ncost: 2\nagents: [ { name: main } ]\n";
  expect((await scene.server.push("dear", { "template.yaml": manifest })).exitCode).toBe(0);
  await scene.admin.call("createWorkspace", { body: { name: "first", template: "dear" } });
  await scene.admin.call("editGroup", { params: { group: "everyone" }, query: {}, body: { allowance: 3 } });
  const params = { setting: "quota.enabled" };
  await scene.admin.call("storeSetting", { params, body: { value: "true" } });
  onTestFinished(async () => {
    await scene.admin.call("resetSetting", { params });
  });
  const { page, expectComplaint } = await scene.openSignedIn("/new?template=dear&name=second");
  expectComplaint(/status of 4\d\d .*\/api\/v1\/workspaces/);
  await page.getByText("Quota: 2 of 3 units used, this costs 2.").waitFor();
  await page.getByText("It cannot be created: It costs 2 cost units, and 2 of 3 are used.").waitFor();
  await createButton(page).click();
  await page.getByRole("alert").getByText("quota_exceeded").waitFor();
  // What was typed is still there, and goes through once there is room.
  await scene.admin.call("editGroup", { params: { group: "everyone" }, query: {}, body: { allowance: 4 } });
  await createButton(page).click();
  await page.getByRole("heading", { name: "second", level: 1 }).waitFor();
});
