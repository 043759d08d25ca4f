import type { Page } from "playwright-core";
import { expect, test } from "vitest";
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

test(
  "without a preset it is built, which the link brings, and going back finds the form as it was",
  limit,
  async () => {
    const link = "/new?template=node&preset=-&name=cold&p.region=us&p.size=3";
    const { page } = await scene.openSignedIn(link);
    await createButton(page).waitFor();
    expect(await nameField(page).inputValue()).toBe("cold");
    await createButton(page).click();
    await page.waitForURL(/@admin\/cold/);
    await page.getByText("You can work in it now").waitFor({ timeout: usableWithinMs });
    const { preset } = await scene.admin.call("getWorkspace", { params: { workspace: "cold" }, query: {} });
    expect(preset).toBe(null);
    await page.goBack();
    await createButton(page).waitFor();
    expect(await nameField(page).inputValue()).toBe("cold");
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
