// The one view of logs: as long as they come, with what programs write into them.
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { waitUntil } from "../support/wait-until.ts";
import { dashboardScene, testLimitMs } from "./support/dashboard-scene.ts";
import { sceneDatabase } from "./support/scene-database.ts";

const limit = { timeout: testLimitMs };
const lines = 200_000;
/** They are read twice, in a hundred pages, which takes half a minute on a machine that is quiet. */
const longLimit = { timeout: 2 * testLimitMs };
const readLimitMs = 100_000;
const heapMax = 400 * 1_048_576;
const rowsMax = 2_000;
const esc = "\u001b";

const { sql, env } = await sceneDatabase();
const scene = dashboardScene({ template: null, env });
const template = "driver: process\nagents: [ { name: main } ]\n";

/** The job of a template's import, whose log the test writes itself. */
async function importJob(name: string): Promise<string> {
  await scene.server.push(name, { "template.yaml": template });
  const { rows } = await sql.query<{ id: string }>(
    "select j.id from jobs j join templates t on t.id = j.template_id where t.name = $1 and j.kind = 'template_import'",
    [name],
  );
  const id = rows[0]?.id ?? "";
  await sql.query("delete from job_logs where job_id = $1", [id]);
  return id;
}

async function write(jobId: string, texts: readonly string[], level = "info"): Promise<void> {
  await sql.query(
    `insert into job_logs (job_id, at, level, stage, line)
     select $1, now(), $3, 'apply', l from unnest($2::text[]) with ordinality as u(l, n) order by n`,
    [jobId, texts, level],
  );
}

async function writeMany(jobId: string, count: number): Promise<void> {
  await sql.query(
    `insert into job_logs (job_id, at, level, stage, line)
     select $1, now() + make_interval(secs => n / 1000.0), 'info', 'apply', 'line number ' || n || ' of a long build'
     from generate_series(1, $2::int) n order by n`,
    [jobId, count],
  );
}

const logOf = (page: Page) => page.getByRole("log");

async function isRead(page: Page, count: number): Promise<void> {
  await page.locator(`[role=log][aria-busy=false][data-lines="${count}"]`).waitFor({ timeout: readLimitMs });
}

const beyond = 10_000;

test("200,000 lines are read, searched, linked to, and hold neither the heap nor the document", longLimit, async () => {
  const jobId = await importJob("long");
  await writeMany(jobId, lines);
  const { page, context, expectComplaint } = await scene.openSignedIn(`/jobs/${jobId}`);
  // One search is refused on purpose, further down.
  expectComplaint(/Failed to load resource/);
  await isRead(page, lines);
  await logOf(page).getByText(`line number ${lines} of`).waitFor();
  expect(await logOf(page).locator("[data-line]").count()).toBeLessThanOrEqual(rowsMax);
  const session = await context.newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  expect(usedSize).toBeLessThan(heapMax);
  await page.getByRole("searchbox", { name: /^Search in/ }).fill("Number 1234 ");
  await page.getByText("1 line", { exact: true }).waitFor();
  await page.getByRole("searchbox", { name: /^Search in/ }).press("Enter");
  await logOf(page).locator('[data-line="1234"]').waitFor();
  await page.getByText("1 of 1").waitFor();
  await logOf(page).locator('[data-line="1234"] a').first().click();
  await logOf(page)
    .locator('[data-line="1240"] a')
    .first()
    .click({ modifiers: ["Shift"] });
  await page.waitForURL(/#L1234-L1240$/);
  expect(await logOf(page).locator("[data-selected=true]").count()).toBe(7);
  await page.reload();
  await isRead(page, lines);
  await logOf(page).locator('[data-line="1240"][data-selected=true]').waitFor();
  await searchesBeyond(page, jobId);
});

/** Makes the log longer than what is held in memory, and searches for what is in it twice: let go, and in memory. */
async function searchesBeyond(page: Page, jobId: string): Promise<void> {
  await writeMany(jobId, beyond);
  await sql.query("select pg_notify('prewarm', $1)", [JSON.stringify([`job:${jobId}`])]);
  await page.evaluate("dispatchEvent(new Event('online'))");
  await isRead(page, lines + beyond);
  const box = page.getByRole("searchbox", { name: /^Search in/ });
  const searches = (url: URL): boolean => url.searchParams.has("search");
  await page.route(searches, async (route) => {
    await route.fulfill({ status: 409, json: { error: { code: "conflict", message: "Not now." } } });
  });
  await box.fill("NUMBER 5000 of");
  await page.getByText("Not now.").waitFor();
  await page.getByText("1 line in what is loaded", { exact: true }).waitFor();
  await page.unroute(searches);
  await page.getByRole("button", { name: /again/i }).click();
  await page.getByText("1 line in what is loaded, 2 in the whole log").waitFor();
  await box.press("Enter");
  await logOf(page).locator('[data-line="5000"]', { hasText: "number 5000 of" }).waitFor();
  await page.getByText("1 of 2").waitFor();
  await box.press("Enter");
  await logOf(page)
    .locator(`[data-line="${lines + 5_000}"]`, { hasText: "number 5000 of" })
    .waitFor();
  await page.getByText("2 of 2").waitFor();
}

test(
  "it opens at the first error, with the colours of the program and its progress in the last state",
  limit,
  async () => {
    const jobId = await importJob("failing");
    await writeMany(jobId, 500);
    await write(
      jobId,
      [`${esc}[1;31mred${esc}[0m and plain`, "10 %\r55 %\r100 %\r", "evil \u202etxt.exe \u0007"],
      "error",
    );
    await write(jobId, ["see https://docs.example.com/a?b=1. not javascript:alert(1)", "<img src=x onerror=alert(1)>"]);
    await writeMany(jobId, 500);
    const { page } = await scene.openSignedIn(`/jobs/${jobId}`);
    await isRead(page, 1_005);
    const red = logOf(page).locator('[data-line="501"] span.text-bad.font-semibold', { hasText: "red" });
    await red.waitFor();
    const text = async (line: number) => await logOf(page).locator(`[data-line="${line}"]`).innerText();
    expect(await text(502)).toContain("100 %");
    expect(await text(502)).not.toContain("55 %");
    expect(await text(503)).toContain("evil \\u202etxt.exe \\x07");
    expect(await text(505)).toContain("<img src=x onerror=alert(1)>");
    const links = await logOf(page)
      .locator('[data-line="504"] a[target=_blank]')
      .evaluateAll((all) => all.map((a) => a.getAttribute("href")));
    expect(links).toEqual(["https://docs.example.com/a?b=1"]);
    expect(await logOf(page).locator('[data-line="1005"]').count()).toBe(0);
  },
);

test("a line of a megabyte does not freeze it, and the download has all of it", limit, async () => {
  const jobId = await importJob("wide");
  const wide = `${esc}[32m${"wide ".repeat(200_000)}`;
  await write(jobId, ["before", wide, "after"]);
  const { page } = await scene.openSignedIn(`/jobs/${jobId}`);
  await isRead(page, 3);
  await logOf(page).getByText("more characters are in the download").waitFor();
  expect((await logOf(page).innerText()).length).toBeLessThan(10_000);
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download" }).click();
  const file = await (await downloading).path();
  expect(await readFile(file, "utf8")).toBe(`before\n${wide}\nafter\n`);
});

test("the end is followed while lines come, until one scrolls up, and says how many came since", limit, async () => {
  const jobId = await importJob("growing");
  await writeMany(jobId, 300);
  const { page } = await scene.openSignedIn(`/jobs/${jobId}`);
  await isRead(page, 300);
  const look = async (): Promise<void> => {
    await sql.query("select pg_notify('prewarm', $1)", [JSON.stringify([`job:${jobId}`])]);
    await page.evaluate("dispatchEvent(new Event('online'))");
  };
  await write(jobId, ["one more"]);
  await look();
  await logOf(page).locator('[data-line="301"]').waitFor();
  await logOf(page).hover();
  await page.mouse.wheel(0, -2_000);
  await page.getByRole("button", { name: "To the end" }).waitFor();
  const before = await logOf(page).evaluate((box) => box.scrollTop);
  await write(
    jobId,
    Array.from({ length: 312 }, (_, n) => `later ${n}`),
  );
  await look();
  const button = page.getByRole("button", { name: "312 new lines" });
  await button.waitFor();
  expect(await logOf(page).evaluate((box) => box.scrollTop)).toBe(before);
  await button.click();
  await logOf(page).getByText("later 311").waitFor();
  await waitUntil("nothing is said to be unseen", async () => (await button.count()) === 0);
});

test("times are shown as one chooses, and a copy is without numbers and times", limit, async () => {
  const jobId = await importJob("timed");
  await write(jobId, [`${esc}[33mfirst${esc}[0m`, "second"]);
  const { page, context } = await scene.openSignedIn(`/jobs/${jobId}`);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await isRead(page, 2);
  await page.getByLabel("Times of the lines").selectOption("relative");
  await logOf(page).getByText("+00:00.0").first().waitFor();
  await page.getByRole("button", { name: "Copy", exact: true }).click();
  await page.getByText("The log is copied.").waitFor();
  expect(await page.evaluate("navigator.clipboard.readText()")).toBe("first\nsecond");
});
