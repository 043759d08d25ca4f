// What Prometheus itself says of the metrics of a live server, of the rules and of the dashboard.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { dashboardExpressions, rulesFile, rulesTestFile } from "../support/monitoring.ts";
import { startTestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";

function promtool(args: readonly string[], input = ""): { readonly status: number | null; readonly output: string } {
  const done = spawnSync("promtool", args, { input, encoding: "utf8" });
  return { status: done.status, output: done.stdout + done.stderr };
}

test.each([
  "prewarm",
  "coderd",
])("the metrics of a live server in the namespace %s are as they should be", async (ns) => {
  const server = await startTestServer({ metricsPublic: true, metricsNamespace: ns });
  onTestFinished(() => server.stop());
  const scrape = async (): Promise<string> => await (await fetch(`${server.url}/metrics`)).text();
  const text = await waitUntil("the first refresh", async () => {
    const found = await scrape();
    return /_metrics_last_updated [1-9]/.test(found) && found.includes("http_request_duration_seconds_count{") && found;
  });
  expect(text).toContain(`# TYPE ${ns}_prebuilt_workspaces_reconciliation_paused gauge`);
  expect(promtool(["check", "metrics"], text)).toEqual({ status: 0, output: "" });
});

test("promtool refuses what is wrong, so its silence means something", () => {
  expect(promtool(["check", "metrics"], "# TYPE a_total gauge\na_total 1\n").status).not.toBe(0);
});

test("the rules are valid, and each alert fires when it should and only then", () => {
  expect(promtool(["check", "rules", rulesFile])).toMatchObject({ status: 0 });
  expect(promtool(["test", "rules", rulesTestFile])).toMatchObject({ status: 0 });
});

test("every expression of the dashboard is one that Prometheus can read", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "prewarm-promtool-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const rules = dashboardExpressions().map(({ text }, nth) => ({ record: `panel:nth:${nth}`, expr: text }));
  const file = path.join(folder, "dashboard.yaml");
  writeFileSync(file, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
  expect(promtool(["check", "rules", file])).toMatchObject({ status: 0 });
});
