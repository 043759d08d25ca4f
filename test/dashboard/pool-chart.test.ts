// The picture of a pool over time: closer by a drag, and all of it in words and numbers as well.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { PoolHistory } from "../../src/contracts/api/pool-time.ts";
import { dashboardScene, testLimitMs } from "./support/dashboard-scene.ts";

const limit = { timeout: testLimitMs };
const scene = dashboardScene();
const minuteMs = 60_000;

/** A pool of four that was emptied once and has grown back, with an hour in which nobody looked. */
function madeUp(from: string, to: string): PoolHistory {
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  const stepMinutes = Math.max(1, Math.ceil((toMs - fromMs) / minuteMs / 300));
  const count = Math.floor((toMs - fromMs) / minuteMs / stepMinutes);
  const points = Array.from({ length: count }, (_, place) => {
    const share = place / count;
    const isKnown = share < 0.2 || share > 0.25;
    const ready = share < 0.4 || share > 0.7 ? 4 : Math.floor((share - 0.4) * 13);
    const isAsked = place % 9 === 4;
    return {
      at: new Date(fromMs + place * stepMinutes * minuteMs).toISOString(),
      recordedMinutes: isKnown ? stepMinutes : 0,
      desired: isKnown ? 4 : null,
      ready: isKnown ? ready : null,
      readyFewest: isKnown ? ready : null,
      starting: isKnown ? Math.min(2, 4 - ready) : null,
      failed: isKnown ? 0 : null,
      held: isKnown ? 0 : null,
      claimed: isAsked ? Math.min(2, ready) : isKnown ? 0 : null,
      missed: isAsked && ready === 0 ? { pool_empty: 2 } : {},
    };
  });
  const middle = new Date((fromMs + toMs) / 2).toISOString();
  return {
    from,
    to,
    stepMinutes,
    points,
    markers: [{ at: middle, kind: "version", text: "version v2 became active", by: "ann" }],
  };
}

/** Answers for the server, which has not been there long enough. @returns the stretches that were asked for */
async function withMadeUpHistory(page: Page): Promise<(readonly [from: string, to: string])[]> {
  const asked: (readonly [string, string])[] = [];
  await page.route(/\/prebuilds\/node\/small\/history/, async (route) => {
    const params = new URL(route.request().url()).searchParams;
    const from = params.get("from") ?? "";
    const to = params.get("to") ?? new Date(Date.parse(from) + 24 * 60 * minuteMs).toISOString();
    asked.push([from, to]);
    await route.fulfill({ json: madeUp(from, to) });
  });
  return asked;
}

test("a drag over the chart shows that stretch, the address has it, and buttons go on from there", limit, async () => {
  const { page } = await scene.openSignedIn();
  const asked = await withMadeUpHistory(page);
  await page.goto(`${scene.url}/pools/node/small`);
  const chart = page.getByRole("img", { name: /Between 0 and 4 were ready/ });
  await chart.locator("canvas").first().waitFor();
  await page.getByRole("list", { name: "What was done" }).getByText("version v2 became active, by ann").waitFor();
  const box = await chart.locator(".u-over").first().boundingBox();
  if (box === null) throw new Error("the chart is not shown");
  await page.mouse.move(box.x + box.width * 0.4, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/from=.*to=/);
  const [from, to] = asked.at(-1) ?? ["", ""];
  const hours = (Date.parse(to) - Date.parse(from)) / minuteMs / 60;
  expect(hours).toBeGreaterThan(4.3);
  expect(hours).toBeLessThan(5.3);
  // As a link it shows the same.
  await page.reload();
  await page.getByRole("button", { name: "Later" }).click();
  await expect.poll(() => Date.parse(asked.at(-1)?.[0] ?? "") - Date.parse(from)).toBeGreaterThan(2 * 60 * minuteMs);
  await page.getByRole("button", { name: "Back to the whole" }).click();
  await page.waitForURL(`${scene.url}/pools/node/small`);
});

test("what the chart shows is a table as well, and it is drawn anew in another theme", limit, async () => {
  const { page } = await scene.openSignedIn();
  await withMadeUpHistory(page);
  await page.goto(`${scene.url}/pools/node/small`);
  const canvas = page.locator(".history-plot canvas").first();
  await canvas.waitFor();
  const drawn = async (): Promise<string> =>
    await page.evaluate("document.querySelector('.history-plot canvas').toDataURL()");
  const light = await drawn();
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(drawn).not.toBe(light);
  await page.getByText("As a table").click();
  const table = page.getByRole("region", { name: "The pool over time" });
  await table.getByText("2 pool empty").first().waitFor();
  expect(await table.getByRole("row").count()).toBeGreaterThan(100);
});
