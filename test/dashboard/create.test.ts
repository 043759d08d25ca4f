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

test("a creation without a preset says before and after why it is built", limit, async () => {
  const { page } = await scene.openSignedIn("/new?template=node&name=cold&preset=-&p.region=us");
  await page.getByText("Will be built: the parameters differ from the preset's.").waitFor();
  await page.getByText("small: region is eu there").waitFor();
  await page.getByRole("button", { name: "Create workspace" }).click();
  await page.getByText("It is built for you: the parameters differ").waitFor();
  await page.getByText("You can work in it now").waitFor({ timeout: usableWithinMs });
});

test("a name that is taken and a number out of its range are told at their fields as one types", limit, async () => {
  await scene.admin.call("createWorkspace", { body: { name: "taken", template: "node" } });
  const { page } = await scene.openSignedIn("/new?template=node&name=free&preset=-");
  await page.getByLabel("Name", { exact: true }).fill("taken");
  await page.getByRole("alert").filter({ hasText: 'a workspace named "taken"' }).waitFor();
  await page.getByLabel("size").fill("9");
  await page
    .getByRole("alert")
    .filter({ hasText: /size|at most|4/ })
    .last()
    .waitFor();
});

test("a session that ends in the middle of a form keeps what was typed", limit, async () => {
  const { page, context, expectComplaint } = await scene.openSignedIn("/new?template=node");
  expectComplaint(/status of 401|WebSocket connection/);
  await page.getByLabel("Name", { exact: true }).fill("kept");
  await context.clearCookies();
  await page.getByRole("button", { name: "Create workspace" }).click();
  await page.getByRole("dialog", { name: "Your session has ended" }).waitFor();
  await page.getByLabel("Password").fill("choose a password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("dialog", { name: "Your session has ended" }).waitFor({ state: "detached" });
  expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("kept");
});

test("going back to the form from a workspace brings what was typed again", limit, async () => {
  const { page } = await scene.openSignedIn("/new?template=node");
  await page.getByLabel("Name", { exact: true }).fill("back-again");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Workspaces", exact: true }).click();
  await page.waitForURL(/\/workspaces$/);
  await page.goBack();
  expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("back-again");
});
