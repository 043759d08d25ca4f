// The terminal in the page of a workspace, before a shell of the machine's own.
import { spawnSync } from "node:child_process";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { waitUntil } from "../support/wait-until.ts";
import { dashboardScene, testLimitMs } from "./support/dashboard-scene.ts";
import { openTerminal } from "./support/terminal-page.ts";

const scene = dashboardScene();
const limit = { timeout: testLimitMs };
/** A second is promised; a machine that runs other suites beside this one is given more. */
const answersWithinMs = 5_000;
const outputBytes = 10_000_000;
const editor = "vim -u NONE -N";
const hasEditor = spawnSync("sh", ["-c", `command -v ${editor.split(" ")[0]}`]).status === 0;

const elapsed = async (act: () => Promise<unknown>): Promise<number> => {
  const startMs = performance.now();
  await act();
  return performance.now() - startMs;
};

test("a terminal shows what is typed, and its program has the size that the window gives it", limit, async () => {
  const terminal = await openTerminal(scene, "sized");
  const { page } = terminal;
  await terminal.types("echo answer-$((6*7))");
  await terminal.shows("answer-42");
  await terminal.types("echo first-$(stty size)");
  const before = await sizeAfter("first-");
  await page.setViewportSize({ width: 900, height: 620 });
  await waitUntil("the terminal has fewer rows", async () => (await rowsOf(page)) < before.rows);
  await terminal.types("echo then-$(stty size)");
  const after = await sizeAfter("then-");
  expect(after.rows).toBe(await rowsOf(page));
  expect(after.cols).toBeLessThan(before.cols);

  async function sizeAfter(word: string): Promise<{ rows: number; cols: number }> {
    const pattern = new RegExp(`^${word}(\\d+) (\\d+)$`, "m");
    await terminal.shows(pattern);
    const [, rows, cols] = pattern.exec(await terminal.text()) ?? [];
    return { rows: Number(rows), cols: Number(cols) };
  }
});

const rowsOf = async (page: Page): Promise<number> => await page.locator(".xterm-rows > div").count();

test("what a letter has below its line, and an underscore, is not hidden by the next row", limit, async () => {
  const { page } = await openTerminal(scene, "underscored");
  const [room, needed] = (await page.evaluate(`(() => {
    const row = document.querySelector(".xterm-rows > div");
    const { fontSize, fontFamily } = getComputedStyle(row);
    const context = document.createElement("canvas").getContext("2d");
    context.font = fontSize + " " + fontFamily;
    const { fontBoundingBoxAscent, actualBoundingBoxDescent } = context.measureText("_");
    return [row.getBoundingClientRect().height, fontBoundingBoxAscent + actualBoundingBoxDescent];
  })()`)) as readonly [number, number];
  expect(room).toBeGreaterThanOrEqual(needed);
});

test("a page that is loaded again is in the same session, with what it had shown", limit, async () => {
  const terminal = await openTerminal(scene, "again");
  const { page } = terminal;
  await terminal.types("word=kept; echo before-$((1+1))");
  await terminal.shows("before-2");
  await page.reload();
  await terminal.shows("before-2");
  await terminal.hasPrompt();
  await terminal.types("echo still-$word");
  await terminal.shows("still-kept");
});

test.skipIf(!hasEditor)("an editor that runs is as it was after the page was loaded again", limit, async () => {
  const terminal = await openTerminal(scene, "edits");
  const { page } = terminal;
  await terminal.types(`${editor} kept.txt`);
  await terminal.shows(/^~$/m);
  await page.keyboard.type("ianother line, not yet saved");
  await terminal.shows("another line, not yet saved");
  await page.reload();
  await terminal.shows("another line, not yet saved");
  await terminal.shows(/^~$/m);
  await page.keyboard.press("Escape");
  await terminal.types(":wq");
  await terminal.hasPrompt();
  await terminal.types("clear; cat kept.txt");
  await terminal.shows(/^another line, not yet saved$/m);
});

test("a line that is cut comes back by itself, and what was printed meanwhile is there once", limit, async () => {
  const terminal = await openTerminal(scene, "cut");
  const { page, watched } = terminal;
  watched.expectComplaint(/ERR_INTERNET_DISCONNECTED|WebSocket connection/);
  await terminal.types("clear; for n in $(seq 100); do printf $n,; sleep 0.04; done; echo end-$((1+1))");
  await terminal.shows(/^1,2,3,/m);
  await watched.context.setOffline(true);
  await page.getByText("The line is lost.").waitFor();
  await waitUntil("the terminal goes on without the page", async () => (await printed("cut")) > 250);
  await watched.context.setOffline(false);
  await page.getByText("The line is lost.").waitFor({ state: "detached" });
  await terminal.shows("end-2");
  const text = (await terminal.text()).replaceAll("\n", "");
  expect(/1,2,3,[\d,]*/.exec(text)?.[0].slice(0, -1).split(",").map(Number)).toEqual(
    Array.from({ length: 100 }, (_, nth) => nth + 1),
  );
  await terminal.types("echo keys-$((40+2))");
  await terminal.shows("keys-42");
});

/** How many bytes the only terminal of a workspace has printed. */
async function printed(name: string): Promise<number> {
  const input = { params: { workspace: `admin/${name}` }, query: {} };
  const { terminals } = await scene.admin.call("listTerminals", input);
  return terminals[0]?.position ?? 0;
}

test("ten megabytes of output leave the page as it was, and an endless one is stopped by Ctrl+C", limit, async () => {
  const terminal = await openTerminal(scene, "floods", { isTraced: false });
  const { page } = terminal;
  const menu = page.getByRole("menu");
  await terminal.types(
    `yes 0123456789012345678901234567890123456789 | head -c ${outputBytes}; echo; echo done-$((1+1))`,
  );
  await terminal.shows(/^0123456789/m);
  let clicks = 0;
  let slowestMs = 0;
  while (!(await terminal.text()).includes("done-2")) {
    const openMs = await elapsed(async () => {
      await page.getByRole("button", { name: "You: admin" }).click();
      await menu.waitFor();
    });
    const closeMs = await elapsed(async () => {
      await page.keyboard.press("Escape");
      await menu.waitFor({ state: "detached" });
    });
    slowestMs = Math.max(slowestMs, openMs, closeMs);
    clicks += 1;
  }
  expect(await printed("floods")).toBeGreaterThan(outputBytes);
  console.info(
    `Beside 10 MB of output the slowest of ${clicks} clicks was answered within ${Math.round(slowestMs)} ms`,
  );
  expect(slowestMs).toBeLessThan(answersWithinMs);

  await page.locator(".xterm-screen").click();
  await terminal.types("clear; yes");
  await terminal.shows(/^y\ny\ny\n/m);
  await waitUntil("it has printed a lot", async () => (await printed("floods")) > 2 * outputBytes);
  const stoppedMs = await elapsed(async () => {
    await page.keyboard.press("Control+c");
    await terminal.hasPrompt();
  });
  console.info(`Ctrl+C took effect within ${Math.round(stoppedMs)} ms`);
  expect(stoppedMs).toBeLessThan(answersWithinMs);
});

test("several lines that are pasted are asked about where a program takes each as typed", limit, async () => {
  const terminal = await openTerminal(scene, "pastes");
  const { page, watched } = terminal;
  await watched.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const copy = async (text: string): Promise<void> => {
    await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
    await page.keyboard.press("Control+Shift+V");
  };
  await terminal.begins("cat");
  await copy("first one\nsecond one\n");
  const dialog = page.getByRole("dialog", { name: "Paste 2 lines?" });
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "detached" });
  expect(await terminal.text()).not.toContain("first one");
  await copy("first one\nsecond one\n");
  await dialog.getByRole("button", { name: "Paste 2 lines" }).click();
  // Once as it is typed, and once as cat says it.
  await terminal.shows(/second one\n(.*\n)*second one/);
  await copy("a single line\n");
  await terminal.shows("a single line");
  expect(await dialog.count()).toBe(0);
  await page.keyboard.press("Control+c");
  await terminal.begins("printf '\\033[?2004h'; cat -v");
  await copy("bracketed\nas a whole\n");
  await terminal.shows("^[[200~bracketed");
  expect(await dialog.count()).toBe(0);
});

test(
  "what a program offers for the clipboard gets there by a click alone, and none is told what is in it",
  limit,
  async () => {
    const terminal = await openTerminal(scene, "offers");
    const { page, watched } = terminal;
    await watched.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const clipboard = async (): Promise<string> => String(await page.evaluate("navigator.clipboard.readText()"));
    await page.evaluate("navigator.clipboard.writeText('of the person')");
    await terminal.types("printf '\\033]52;c;%s\\007' $(printf 'from the program' | base64)");
    const offer = page.getByRole("status").filter({ hasText: "A program offers for the clipboard: from the program" });
    await offer.waitFor();
    expect(await clipboard()).toBe("of the person");
    await offer.getByRole("button", { name: "Copy it" }).click();
    await offer.waitFor({ state: "detached" });
    await waitUntil("it is in the clipboard", async () => (await clipboard()) === "from the program");
    await terminal.begins("printf '\\033]52;c;?\\007'; cat -v");
    await terminal.types("after the question");
    await terminal.shows(/after the question\nafter the question/);
    expect(await terminal.text()).not.toContain("]52");
    expect(await offer.count()).toBe(0);
  },
);

test("a workspace has several terminals, two of them beside each other, and keys lead out of each", limit, async () => {
  const terminal = await openTerminal(scene, "several");
  const { page } = terminal;
  await terminal.types("echo in-the-first");
  await terminal.shows("in-the-first");
  await page.keyboard.press("Control+Shift+Escape");
  await page.locator("#terminal-new:focus").waitFor();
  await page.keyboard.press("Enter");
  await waitUntil("the new one is empty", async () => !(await terminal.text()).includes("in-the-first"));
  await terminal.hasPrompt();
  await terminal.types("echo in-the-second");
  await terminal.shows("in-the-second");
  const tabs = page.getByRole("list", { name: "Terminals" }).getByRole("button");
  await tabs.filter({ hasText: "(2)" }).waitFor();
  await page.getByRole("button", { name: "New terminal beside it" }).click();
  await terminal.hasPrompt(1);
  await terminal.types("echo in-the-third");
  await terminal.shows("in-the-third", 1);
  await terminal.shows("in-the-second", 0);
  await page.reload();
  await terminal.shows("in-the-second", 0);
  await terminal.shows("in-the-third", 1);
  await page.locator(".xterm-screen").nth(1).click();
  await terminal.types("exit");
  await page.getByText("The program has ended with exit code 0.").waitFor();
  await page.getByRole("button", { name: "One terminal only" }).click();
  await waitUntil("one is shown", async () => (await page.locator(".xterm-screen").count()) === 1);
});
