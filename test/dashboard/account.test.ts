import { expect, test } from "vitest";
import { dashboardScene, testLimitMs } from "./support/dashboard-scene.ts";

const scene = dashboardScene({ template: null });
const limit = { timeout: testLimitMs };

test("a token is shown once, works, and is refused once it is revoked", limit, async () => {
  const { page } = await scene.openSignedIn("/account/tokens");
  await page.getByRole("button", { name: "Create token" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("for a script");
  await page.getByRole("dialog").getByRole("button", { name: "Create token" }).click();
  const secret = (await page.getByLabel("API token", { exact: true }).innerText()).trim();
  const ask = async (): Promise<number> =>
    (await fetch(`${scene.url}/api/v1/users/me`, { headers: { authorization: `Bearer ${secret}` } })).status;
  expect(await ask()).toBe(200);
  await page.getByRole("button", { name: "I have copied it" }).click();
  expect(await page.content()).not.toContain(secret);
  await page.getByRole("button", { name: "Revoke for a script…" }).click();
  await page.getByRole("button", { name: "Revoke for a script", exact: true }).click();
  await page.getByRole("button", { name: "Revoke for a script…" }).waitFor({ state: "detached" });
  expect(await ask()).toBe(401);
});

test("a secret goes in and never comes out", limit, async () => {
  const { page } = await scene.openSignedIn("/account/secrets");
  await page.getByRole("button", { name: "Set secret" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("API_KEY");
  await dialog.getByLabel("Value").fill("swordfish");
  await dialog.getByRole("button", { name: "Set secret" }).click();
  await page.getByRole("table", { name: "Secrets" }).getByText("API_KEY").waitFor();
  expect(await page.content()).not.toContain("swordfish");
});

test("the theme is chosen, and kept when the page is loaded again", limit, async () => {
  const { page } = await scene.openSignedIn("/account/appearance");
  await page.getByLabel("Dark").check();
  await page.reload();
  expect(await page.getByLabel("Dark").isChecked()).toBe(true);
});

test("the inbox says that there is nothing", limit, async () => {
  const { page } = await scene.openSignedIn("/inbox");
  await page.getByText("Nothing has been told to you yet.").waitFor();
});
