import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { expect, onTestFailed, onTestFinished } from "vitest";

export interface WatchedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the pages of this context have complained of. Take away what a test means to bring about. */
  readonly complaints: string[];
  /** Complaints that a test brings about on purpose, e.g. an answer of 500 that it makes up. */
  expectComplaint(pattern: RegExp): void;
}

/**
 * A browser says of each refused request that it failed. None is that nobody is signed in yet, nor that a workspace was
 * stopped while its ports were asked for.
 */
const ordinaryRefusals = [
  /status of 401 .*\/api\/v1\/users\/me/,
  /status of 409 .*\/api\/v1\/workspaces\/[^/]+\/ports/,
];

/** Told to the console by a page whose content security policy was broken, before any script of ours runs. */
const tellOfViolations = `document.addEventListener("securitypolicyviolation", (event) =>
  console.error("content security policy: " + event.violatedDirective + " " + event.blockedURI));
addEventListener("unhandledrejection", (event) => console.error("unhandled rejection: " + event.reason));`;

export interface Wanted {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: "light" | "dark";
  /** A trace is kept unless said: of a test that goes over every page it takes longer than the test. */
  readonly isTraced?: boolean;
}

/**
 * A page in a context of its own, closed at the end of the test. Errors of the page, of its console and of its content
 * security policy fail the test; a test that fails leaves a trace and a picture in a temporary folder.
 */
export async function openWatched(browser: Browser, wanted: Wanted = {}): Promise<WatchedPage> {
  const { width = 1_280, height = 800, colorScheme = "light", isTraced = true } = wanted;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
  // Without its pictures, which took as long as the tests: one is made when a test fails.
  if (isTraced) await context.tracing.start({ screenshots: false, snapshots: true });
  await context.addInitScript(tellOfViolations);
  const complaints: string[] = [];
  const expected: RegExp[] = [...ordinaryRefusals];
  const complain = (text: string): void => {
    if (!expected.some((pattern) => pattern.test(text))) complaints.push(text);
  };
  context.on("page", (page) => {
    page.on("pageerror", (error) => complain(`page error: ${error.stack ?? error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error") complain(`${message.text()} (${message.location().url})`);
    });
  });
  const page = await context.newPage();
  let hasFailed = false;
  onTestFailed(() => void (hasFailed = true));
  onTestFinished(async ({ task }) => {
    hasFailed ||= task.result?.state === "fail" || complaints.length > 0;
    if (hasFailed) await keepEvidence({ name: task.name, page, context });
    await context.close();
    expect(complaints, `what the browser complained of in "${task.name}"`).toEqual([]);
  });
  return { page, context, complaints, expectComplaint: (pattern) => void expected.push(pattern) };
}

async function keepEvidence(seen: { name: string; page: Page; context: BrowserContext }): Promise<void> {
  const folder = path.join(tmpdir(), "prewarm-dashboard-evidence");
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${seen.name.replaceAll(/\W+/g, "-").slice(0, 80)}-${process.pid}`);
  // What cannot be kept is no second failure: the page may be gone already.
  await seen.page.screenshot({ path: `${file}.png` }).catch(() => undefined);
  await seen.context.tracing.stop({ path: `${file}.zip` }).catch(() => undefined);
}
