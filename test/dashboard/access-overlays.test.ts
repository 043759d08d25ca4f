// What opens over a page, by the rules of axe. The pages themselves: access.test.ts.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { dashboardScene, signIn, testLimitMs } from "./support/dashboard-scene.ts";
import { openWatched } from "./support/watched-page.ts";

/** By its text: its types would take the place of those that tests have of a page. */
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const scene = dashboardScene();

interface AxeResults {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

test("palette, keys, menus and dialogs keep the rules", { timeout: testLimitMs }, async () => {
  const { page, context } = await openWatched(scene.browser);
  await context.addInitScript(axe);
  await page.goto(`${scene.url}/sign-in`);
  await signIn(page);
  await page.getByRole("heading", { name: "Workspaces", level: 1 }).waitFor();
  const faults: string[] = [];
  const look = async (what: string): Promise<void> => {
    const { violations } = (await page.evaluate("axe.run(document)")) as AxeResults;
    for (const { id, nodes } of violations) {
      // What stands over a page is in none of its landmarks.
      if (id !== "region") faults.push(`${what}: ${id} at ${nodes.map(({ html }) => html).join(" ")}`);
    }
  };
  await page.keyboard.press("Control+k");
  await page.getByRole("option").first().waitFor();
  await look("palette");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await look("keys");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: /^You: admin/ }).click();
  await page.getByRole("menu").waitFor();
  await look("menu");
  await page.keyboard.press("Escape");
  await page.goto(`${scene.url}/pools`);
  await page.getByRole("button", { name: "Pause reconciliation" }).click();
  await page.getByRole("dialog").waitFor();
  await look("dialog");
  expect(faults).toEqual([]);
});
