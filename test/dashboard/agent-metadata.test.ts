// What an agent finds, on its workspace's page: as it is found, with what failed, and gone with the agent.
import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import type { AgentMetadataValue } from "../../src/contracts/agent-metadata.ts";
import { connectAgent, type SocketAgent } from "../support/socket-agent.ts";
import { dashboardScene, testLimitMs } from "./support/dashboard-scene.ts";
import { sceneDatabase } from "./support/scene-database.ts";

const limit = { timeout: testLimitMs };
const { env } = await sceneDatabase();
const scene = dashboardScene({ env, template: null });

function value(key: string, text: string, said: Partial<AgentMetadataValue> = {}): AgentMetadataValue {
  const collectedAt = new Date().toISOString();
  return { key, name: "", value: text, error: "", collectedAt, intervalMs: 60_000, order: 0, ...said };
}

function tell(agent: SocketAgent, ...values: AgentMetadataValue[]): void {
  agent.send({ kind: "metadata", at: new Date().toISOString(), values });
}

/** A workspace whose agent does what the test says, and its page. */
async function opened(): Promise<{ readonly agent: SocketAgent; readonly page: Page }> {
  const { url, admin } = scene;
  const agent = await connectAgent({ url, admin, databaseUrl: env["PREWARM_PG_URL"] ?? "" }, () => undefined);
  onTestFinished(() => agent.close());
  agent.send({ kind: "state", state: "ready", detail: "", version: "1.0.0" });
  const { page } = await scene.openSignedIn(`/@admin/mine-${agent.workspaceId.slice(0, 8)}`);
  await page.getByRole("heading", { level: 1, name: /^mine-/ }).waitFor();
  await page.getByText("connected", { exact: true }).waitFor();
  return { agent, page };
}

const table = (page: Page) => page.getByRole("table", { name: "What main finds" });
const rows = async (page: Page): Promise<string[]> => await table(page).getByRole("rowheader").allInnerTexts();

test(
  "items appear under their agent in their order, change as they are found, and end with the agent",
  limit,
  async () => {
    const { agent, page } = await opened();
    expect(await table(page).count()).toBe(0);
    tell(agent, value("mem", "2 GiB", { name: "Memory", order: 2 }), value("cpu", "12 %", { name: "CPU", order: 1 }));
    await table(page).getByRole("row", { name: "CPU 12 %" }).waitFor();
    expect(await rows(page)).toEqual(["CPU", "Memory"]);
    await table(page)
      .getByText(/^(now|\d+ s ago)$/)
      .first()
      .waitFor();
    for (const text of ["13 %", "14 %"]) {
      tell(agent, value("cpu", text, { name: "CPU", order: 1 }));
      await table(page)
        .getByRole("row", { name: `CPU ${text}` })
        .waitFor();
    }
    expect(await rows(page)).toEqual(["CPU"]);
    agent.close();
    await page.getByText("not connected", { exact: true }).waitFor();
    expect(await table(page).count()).toBe(0);
  },
);

test("a script that failed is seen to have, and what it printed as well", limit, async () => {
  const { agent, page } = await opened();
  tell(agent, value("quota", "no such disk", { error: "it exited with 3" }), value("late", "", { collectedAt: null }));
  await table(page).getByRole("row", { name: "quota no such disk failed it exited with 3" }).waitFor();
  await table(page).getByRole("row", { name: "late not found yet" }).waitFor();
});

test("an item that should be newer says so", limit, async () => {
  const { agent, page } = await opened();
  tell(agent, value("cpu", "12 %", { collectedAt: new Date(Date.now() - 3_600_000).toISOString(), intervalMs: 1_000 }));
  await table(page)
    .getByText(/^1 h.* ago, stale$/)
    .waitFor();
});

test("a long value is cut, and opened by the keyboard; what it says is text", limit, async () => {
  const { agent, page } = await opened();
  tell(agent, value("motd", `<b>first</b>\n${"x".repeat(500)}`));
  const cut = table(page).getByText("<b>first</b>…");
  await cut.waitFor();
  const whole = table(page).getByText(/x{500}/);
  expect(await whole.isVisible()).toBe(false);
  await cut.focus();
  await page.keyboard.press("Enter");
  await whole.waitFor();
  expect(await table(page).locator("b").count()).toBe(0);
});
