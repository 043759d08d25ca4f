import { gzipSync } from "node:zlib";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Page, WebSocketRoute } from "playwright-core";
import { expect, test } from "vitest";
import { root } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { dashboardScene, testLimitMs } from "./support/dashboard-scene.ts";

const chunkBytesMax = 120 * 1_024;
const interruptedWithinMs = 1_000;
const scene = dashboardScene();
const limit = { timeout: testLimitMs };

/** A workspace of its own, usable. */
async function workspaceOf(name: string): Promise<string> {
  await scene.poolIsReady();
  const { workspace } = await scene.admin.call("createWorkspace", {
    body: { name, template: "node", preset: "small" },
  });
  await waitUntil(`${name} is usable`, async () => {
    const { isUsable } = await scene.admin.call("getWorkspace", { params: { workspace: workspace.id }, query: {} });
    return isUsable;
  });
  return workspace.id;
}

async function shown(page: Page, text: string): Promise<void> {
  await page.locator(".xterm-rows").getByText(text).first().waitFor({ timeout: 20_000 });
}

/** Waits for the shell, whose prompt is the first that is shown. */
async function openTerminal(page: Page): Promise<void> {
  await page.locator(".xterm-helper-textarea").waitFor();
  await page.getByText("Connecting to the terminal").waitFor({ state: "detached" });
  await page.locator(".xterm-helper-textarea").focus();
}

async function run(page: Page, line: string): Promise<void> {
  await page.keyboard.type(line);
  await page.keyboard.press("Enter");
}

test(
  "a person types and sees, the shell has the page's size, and a page loaded anew is in the same terminal",
  limit,
  async () => {
    await workspaceOf("typed");
    const { page } = await scene.openSignedIn("/@admin/typed/terminal");
    await openTerminal(page);
    await run(page, "word=kept; echo $((40 + 2))-is-it");
    await shown(page, "42-is-it");
    const columns = async (tag: string): Promise<number> => {
      await run(page, `echo ${tag}-$(stty size | cut -d' ' -f2)-`);
      const pattern = new RegExp(`${tag}-(\\d+)-`);
      let found = 0;
      await waitUntil("the size is told", async () => {
        found = Number(pattern.exec(await page.locator(".xterm-rows").innerText())?.[1] ?? 0);
        return found > 0;
      });
      return found;
    };
    const wide = await columns("wide");
    await page.setViewportSize({ width: 700, height: 700 });
    await waitUntil(
      "the shell has fewer columns",
      async () => (await columns(`n${Math.random()}`.replace(".", ""))) < wide,
    );
    await page.reload();
    await openTerminal(page);
    await run(page, "echo still-$word");
    await shown(page, "still-kept");
  },
);

test("a lost line is told, and the page comes back to a program that ran on", limit, async () => {
  await workspaceOf("lost");
  const { page } = await scene.openSignedIn("/workspaces");
  const lines: WebSocketRoute[] = [];
  let isCut = false;
  await page.routeWebSocket(/\/terminals\//, (socket) => {
    if (isCut) return void socket.close();
    lines.push(socket);
    socket.connectToServer();
  });
  await page.goto(`${scene.url}/@admin/lost/terminal`);
  await openTerminal(page);
  await run(page, "read answer; echo got-$answer");
  isCut = true;
  await lines.at(-1)?.close();
  await page.getByText("The line is lost").waitFor();
  isCut = false;
  await page.getByText("The line is lost").waitFor({ state: "detached" });
  await openTerminal(page);
  await run(page, "word");
  await shown(page, "got-word");
});

test("several terminals have tabs, which are named and closed after a question", limit, async () => {
  await workspaceOf("several");
  const { page } = await scene.openSignedIn("/@admin/several/terminal");
  await openTerminal(page);
  await run(page, "echo first-$((1 + 1))");
  await shown(page, "first-2");
  const tabs = page.getByRole("list", { name: "Terminals" }).getByRole("button");
  await page.getByRole("button", { name: /^Rename / }).click();
  await page.getByLabel("Name", { exact: true }).fill("one");
  await page.getByRole("button", { name: "Rename terminal" }).click();
  await tabs.filter({ hasText: "one" }).waitFor();
  await page.getByRole("button", { name: "New terminal", exact: true }).click();
  await tabs.nth(1).waitFor();
  await tabs.filter({ hasText: "one" }).click();
  await shown(page, "first-2");
  await page.getByRole("button", { name: "Close one" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Close one" }).click();
  await tabs.filter({ hasText: "one" }).waitFor({ state: "detached" });
  expect(await tabs.count()).toBe(1);
});

test(
  "several lines are pasted after a question, where the program does not know that they are pasted",
  limit,
  async () => {
    await workspaceOf("pasted");
    const { page } = await scene.openSignedIn("/@admin/pasted/terminal");
    await openTerminal(page);
    await run(page, "echo ready-$((1 + 1)); cat");
    await shown(page, "ready-2");
    await page.evaluate(`(() => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", "alpha\\nbeta\\n");
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    document.querySelector(".xterm-helper-textarea").dispatchEvent(event);
  })()`);
    await page.getByRole("dialog").waitFor();
    expect(await page.locator(".xterm-rows").innerText()).not.toContain("alpha");
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Paste / })
      .click();
    await shown(page, "beta");
  },
);

test("ten megabytes of output leave the page alive, and Ctrl+C is heard within a second", limit, async () => {
  await workspaceOf("much");
  const { page } = await scene.openSignedIn("/@admin/much/terminal");
  await openTerminal(page);
  await run(page, "head -c 10000000 /dev/zero | tr '\\0' x | fold -w 79; echo all-$((1 + 1))");
  await page.locator(".xterm-rows").getByText("all-2").first().waitFor({ timeout: 60_000 });
  await run(page, "yes is-printed");
  await shown(page, "is-printed");
  const began = performance.now();
  await page.keyboard.press("Control+c");
  await shown(page, "^C");
  expect(performance.now() - began).toBeLessThan(interruptedWithinMs);
});

test("a stopped workspace says so, and is started from here", limit, async () => {
  const workspace = await workspaceOf("asleep");
  await scene.admin.call("createBuild", { params: { workspace }, body: { transition: "stop" } });
  const { page } = await scene.openSignedIn("/@admin/asleep/terminal");
  await page.getByRole("button", { name: "Start asleep" }).click();
  await openTerminal(page);
  await run(page, "echo awake-$((1 + 1))");
  await shown(page, "awake-2");
});

test("what the terminal brings is at most 120 KiB, compressed", limit, () => {
  const folder = path.join(root, "dist/dashboard/assets");
  const chunk = readdirSync(folder).find((file) => /^terminal-tab-.*\.js$/.test(file)) ?? "";
  expect(gzipSync(readFileSync(path.join(folder, chunk))).length).toBeLessThanOrEqual(chunkBytesMax);
});
