// The tab that tells a template's admins how it is used.
import { expect, test } from "vitest";
import { dashboardScene, signIn, testLimitMs } from "./support/dashboard-scene.ts";

const scene = dashboardScene();
const limit = { timeout: testLimitMs };

test("creations are told by the day, with why they were not warm, who has them and with what", limit, async () => {
  await scene.poolIsReady();
  const create = async (name: string, region: string) =>
    await scene.admin.call("createWorkspace", {
      body: { name, template: "node", parameters: { region }, mode: "prefer_warm" },
    });
  // The whole answer, so that one that is another says why.
  expect(await create("warm", "eu")).toMatchObject({ outcome: "claimed" });
  expect(await create("cold", "us")).toMatchObject({ outcome: "cold" });
  const { page } = await scene.openSignedIn("/templates/node");
  await page.getByRole("link", { name: "Insights" }).click();
  await page.getByText("1 warm, 1 cold, 0 refused", { exact: true }).waitFor();
  const main = page.getByRole("main");
  expect(await main.getByText("50 %", { exact: true }).count()).toBe(1);
  expect(await main.getByRole("list", { name: "Misses" }).innerText()).toContain("the parameters differ");
  await main.getByRole("img", { name: "1 of 30 days had creations, at most 2 a day." }).waitFor();
  expect(await main.getByRole("list", { name: "Values of region" }).getByRole("listitem").allInnerTexts()).toEqual([
    expect.stringMatching(/^eu\s+1$/),
    expect.stringMatching(/^us\s+1$/),
  ]);
  await main.getByText("As a table").click();
  const days = main.getByRole("region", { name: "Creations by the day" });
  expect(await days.getByRole("row").count()).toBe(2);
  await main.getByRole("button", { name: "7 days" }).click();
  await main.getByRole("img", { name: "1 of 7 days had creations, at most 2 a day." }).waitFor();
  expect(page.url()).toContain("days=7");
});

test("a template that nobody has used says so", limit, async () => {
  const files = { "template.yaml": "driver: process\nagents: [{ name: main }]\n" };
  expect((await scene.server.push("unused", files)).exitCode).toBe(0);
  const { page } = await scene.openSignedIn("/templates/unused/insights");
  await page.getByText("nothing was created").waitFor();
  await page.getByText("No workspace has a parameter to show.").waitFor();
});

test("a member is told that it is for template admins", limit, async () => {
  const body = { username: "mia", password: "a password of mia" };
  await scene.admin.call("createUser", { body });
  const { page } = await scene.open("/sign-in?to=%2Ftemplates%2Fnode%2Finsights");
  await signIn(page, body);
  const refusal = page.getByText("This is for template admins of the organization, and for administrators.");
  // The button that publishes says the same to those who cannot see it.
  await refusal.and(page.locator("div")).waitFor();
});
