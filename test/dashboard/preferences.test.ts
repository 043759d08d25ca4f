// Favourites and saved views by the page, and answers that are not said twice.
import { test } from "vitest";
import { dashboardScene, testLimitMs } from "./support/dashboard-scene.ts";

const limit = { timeout: testLimitMs };
const scene = dashboardScene();

test(
  "a star marks a favourite, the list shows favourites alone, and a view keeps that under a name",
  limit,
  async () => {
    await scene.poolIsReady();
    for (const name of ["loved", "other"])
      await scene.admin.call("createWorkspace", { body: { name, template: "node" } });
    const { page } = await scene.openSignedIn();
    const rows = page.getByRole("table", { name: "Workspaces" });
    await rows.getByRole("link", { name: "other" }).waitFor();
    await page.getByRole("button", { name: "Make loved a favourite" }).click();
    await page.getByRole("button", { name: "Take loved from the favourites" }).waitFor();
    await page.getByRole("button", { name: "favourites", exact: true }).click();
    await rows.getByRole("link", { name: "other" }).waitFor({ state: "detached" });
    await rows.getByRole("link", { name: "loved" }).waitFor();
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("menuitem", { name: "Save this view…" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("those I love");
    await page.getByRole("button", { name: "Save view" }).click();
    // What the account keeps under a like name is another thing: pages go to and fro without being loaded anew.
    await page.keyboard.press("Control+k");
    await page.keyboard.type("Your account: Notifications");
    await page.getByRole("option", { name: "Your account: Notifications" }).click();
    await page.waitForURL(/account\/notifications/);
    await page.getByRole("main").getByRole("combobox").first().waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("w");
    await rows.getByRole("link", { name: "other" }).waitFor();
    await page.getByRole("button", { name: "Take loved from the favourites" }).waitFor();
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("menuitem", { name: "those I love" }).click();
    await rows.getByRole("link", { name: "other" }).waitFor({ state: "detached" });
  },
);

test("what has not changed is answered in a word, and shown all the same", limit, async () => {
  const { page } = await scene.openSignedIn("/templates");
  await page.getByRole("link", { name: "node", exact: true }).first().waitFor();
  const again = page.waitForResponse(
    (response) => /api\/v1\/templates\?/.test(response.url()) && response.status() === 304,
  );
  await page.keyboard.press("g");
  await page.keyboard.press("p");
  await page.getByRole("heading", { name: "Pools", level: 1 }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await again;
  await page.getByRole("link", { name: "node", exact: true }).first().waitFor();
});
