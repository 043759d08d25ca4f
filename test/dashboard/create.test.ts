import { test } from "vitest";
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
