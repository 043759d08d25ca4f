// The link that a new server prints: in a browser it leads to the dashboard, signed in.
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { endProcessesOf } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { testLimitMs } from "./support/dashboard-scene.ts";
import { openWatched } from "./support/watched-page.ts";

const root = path.resolve(import.meta.dirname, "../..");
const readyWithinMs = 60_000;

/** @returns what it has said. */
async function newServer(): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), "prewarm-first-run-"));
  chmodSync(folder, 0o755);
  const server = spawn(process.execPath, [path.join(root, "bin/prewarm"), "server"], {
    env: {
      PATH: process.env["PATH"],
      PREWARM_HTTP_PORT: "0",
      PREWARM_DATA_DIR: path.join(folder, "data"),
      PREWARM_PROVISIONER_DRIVERS: "fake",
    },
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(async () => {
    const exited = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGTERM");
    await exited;
    endProcessesOf(folder);
  });
  let said = "";
  server.stdout.on("data", (data) => {
    said += String(data);
  });
  await waitUntil("the server says how to begin", () => said.includes("bin/prewarm setup"), readyWithinMs);
  return said;
}

test("the link of a new server asks for the first password, and leads to the dashboard", {
  timeout: testLimitMs,
}, async () => {
  const said = await newServer();
  const [link = ""] = /http\S+\/setup#\S+/.exec(said) ?? [];
  expect(link).not.toBe("");
  const browser = await launchChromium();
  onTestFinished(async () => await browser.close());
  const { page, expectComplaint } = await openWatched(browser);
  expectComplaint(/status of 401/);
  await page.goto(link);
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByLabel("Once more").fill("correct horse battery");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.waitForURL(/\/workspaces$/);
  await page.getByRole("heading", { name: "Workspaces" }).waitFor();
});
