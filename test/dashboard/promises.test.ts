// What the dashboard promises somebody new, with a stopwatch, once with the mouse and once with the keyboard alone.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { waitUntil } from "../support/wait-until.ts";
import { dashboardScene, testLimitMs } from "./support/dashboard-scene.ts";

const scene = dashboardScene();
const limit = { timeout: testLimitMs };
const promisedMs = 60_000;
/** Whoever presses Tab more often than this has been left behind by the page. */
const tabsMax = 40;

const password = "a password of somebody new";

async function newPerson(username: string): Promise<{ username: string; password: string }> {
  const person = { username, password };
  await scene.admin.call("createUser", { body: person });
  await scene.poolIsReady();
  return person;
}

/** The command's output is not in the command, so it is the shell that is seen. */
async function typesACommand(page: Page): Promise<void> {
  const rows = page.locator(".xterm-rows");
  await rows.filter({ hasText: /[$#]/ }).waitFor();
  await page.keyboard.type("echo answer-$((6*7))");
  await page.keyboard.press("Enter");
  await rows.filter({ hasText: "answer-42" }).waitFor();
}

function isKept(sinceMs: number, promise: string): void {
  const tookMs = performance.now() - sinceMs;
  console.info(`${promise}: ${(tookMs / 1_000).toFixed(1)} s`);
  expect(tookMs, promise).toBeLessThan(promisedMs);
}

test("somebody new types in a terminal of his own within a minute, with the mouse", limit, async () => {
  const person = await newPerson("maus");
  const startMs = performance.now();
  const { page } = await scene.open("/");
  await page.getByLabel("User name").click();
  await page.keyboard.type(person.username);
  await page.getByLabel("Password").click();
  await page.keyboard.type(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("main").getByRole("link", { name: /^node/ }).click();
  await page.getByRole("button", { name: "Create workspace" }).click();
  await page.getByText("You can work in it now").waitFor();
  await page.getByRole("link", { name: "Terminal", exact: true }).click();
  await page.locator(".xterm-screen").click();
  await typesACommand(page);
  isKept(startMs, "From the address to a typed command, with the mouse");
});

/** The name of what has the focus, as a screen reader would say it. */
const focused = `(() => {
  const at = document.activeElement;
  if (at === null || at === document.body) return "";
  return at.getAttribute("aria-label") ?? at.labels?.[0]?.textContent ?? at.textContent ?? "";
})()`;

/** Presses Tab until something so called has the focus. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const passed: string[] = [];
  for (let tabs = 0; tabs < tabsMax; tabs += 1) {
    const at = String(await page.evaluate(focused));
    if (name.test(at)) return;
    passed.push(at.slice(0, 40));
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not lead to ${String(name)}, but to ${passed.join(" | ")}`);
}

const hasFocus = async (page: Page, name: RegExp): Promise<boolean> =>
  await waitUntil(`${String(name)} has the focus`, async () => name.test(String(await page.evaluate(focused))));

test("somebody new types in a terminal of his own within a minute, with the keyboard alone", limit, async () => {
  const person = await newPerson("tastatur");
  const startMs = performance.now();
  const { page } = await scene.open("/");
  await hasFocus(page, /^User name/);
  await page.keyboard.type(person.username);
  await page.keyboard.press("Tab");
  await page.keyboard.type(person.password);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Workspaces" }).waitFor();
  await page.keyboard.press("c");
  // A change of page takes the focus to its heading, from where Tab goes on.
  await hasFocus(page, /^Create workspace$/);
  await page.getByRole("main").getByRole("link", { name: /^node/ }).waitFor();
  await tabTo(page, /^node/);
  await page.keyboard.press("Enter");
  await page.getByLabel("Name", { exact: true }).waitFor();
  await tabTo(page, /^Name$/);
  await page.keyboard.press("Enter");
  await page.getByText("You can work in it now").waitFor();
  await tabTo(page, /^Terminal$/);
  await page.keyboard.press("Enter");
  await page.locator(".xterm-rows").waitFor();
  await tabTo(page, /^Terminal of/);
  await typesACommand(page);
  isKept(startMs, "From the address to a typed command, with the keyboard");
});
