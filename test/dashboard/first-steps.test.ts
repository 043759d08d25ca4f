import { readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { root } from "../support/server-process.ts";
import { dashboardScene, signIn, testLimitMs } from "./support/dashboard-scene.ts";

const firstLoadBytesMax = 200 * 1_024;
const usableWithinMs = 60_000;
const scene = dashboardScene();
const limit = { timeout: testLimitMs };

test("somebody who is not signed in is asked to, and comes back to where he wanted to go", limit, async () => {
  const { page } = await scene.open("/new?template=node&name=mine");
  await page.waitForURL(/\/sign-in\?to=/);
  await signIn(page);
  await page.waitForURL(`${scene.url}/new?template=node&name=mine`);
  expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("mine");
});

test("a wrong password is told at the form, and the name stays", limit, async () => {
  const { page, expectComplaint } = await scene.open("/sign-in");
  expectComplaint(/status of 401/);
  await signIn(page, { password: "no such password" });
  await page
    .getByRole("alert")
    .filter({ hasText: /password/i })
    .waitFor();
  expect(await page.getByLabel("User name").inputValue()).toBe("admin");
  expect(await page.getByLabel("Password").inputValue()).toBe("");
  expect(new URL(page.url()).pathname).toBe("/sign-in");
});

test("an address that no page has is a page that says so", limit, async () => {
  const { page } = await scene.openSignedIn("/no/such/page");
  await page.getByRole("heading", { level: 1 }).waitFor();
  expect(await page.getByRole("main").innerText()).toContain("There is no such page");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Workspaces", exact: true }).click();
  await page.waitForURL(/\/workspaces$/);
});

test("a double click makes one workspace from a prebuild, which stops and starts again", limit, async () => {
  await scene.poolIsReady();
  const { page, expectComplaint } = await scene.openSignedIn("/new?template=node&name=twice");
  // What listens is asked of the agent, which has gone before the page knows that the workspace has stopped.
  expectComplaint(/status of 503 .*\/ports/);
  await page.getByRole("button", { name: "Create workspace" }).dblclick();
  await page.waitForURL(/\/@admin\/twice/);
  await page.getByText("A ready prebuild was handed over.").waitFor();
  await page.getByText("You can work in it now").waitFor({ timeout: usableWithinMs });
  const { workspaces } = await scene.admin.call("listWorkspaces", { query: {} });
  expect(workspaces.filter(({ name }) => name.startsWith("twice"))).toHaveLength(1);
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByRole("button", { name: "Stop twice" }).click();
  await page
    .getByRole("button", { name: "Start", exact: true })
    .and(page.locator(":not([aria-disabled=true])"))
    .waitFor();
  await page.getByText("stopped", { exact: true }).first().waitFor();
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("button", { name: "Stop", exact: true }).waitFor({ timeout: usableWithinMs });
});

test("the page's policy lets scripts come from the server alone, and nobody frame it", limit, async () => {
  const policy = (await fetch(`${scene.url}/workspaces`, { headers: { accept: "text/html" } })).headers.get(
    "content-security-policy",
  );
  expect(policy).toContain("default-src 'none'; script-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
});

test("what the page loads first is at most 200 KiB of script, compressed", limit, async () => {
  const { page } = await scene.open("/sign-in");
  await page.getByLabel("User name").waitFor();
  const scripts = await page.evaluate(
    `performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname).filter((at) => at.endsWith(".js"))`,
  );
  const sizes = (scripts as string[]).map((at) => gzipSync(readFileSync(path.join(root, "dist/dashboard", at))).length);
  expect(sizes.length).toBeGreaterThan(1);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(firstLoadBytesMax);
});
