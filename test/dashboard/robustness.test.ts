// What is typed survives a refusal and the end of a session, and a wrong clock changes nothing.
import type { Route } from "playwright-core";
import { expect, test } from "vitest";
import { administratorPassword, dashboardScene, signIn, testLimitMs } from "./support/dashboard-scene.ts";

const limit = { timeout: testLimitMs };
const scene = dashboardScene();
const requestId = "request-of-the-test";
const everything = "**/api/v1/**";
const message = "The server failed at this request, on purpose.";

async function failsByCode(route: Route): Promise<void> {
  const body = JSON.stringify({ error: { code: "internal", message, next: "Try it again." }, requestId });
  await route.fulfill({ status: 500, contentType: "application/json", body });
}

test("what was typed stays when the server refuses it, in a dialog as on a page", limit, async () => {
  const { page, context, expectComplaint } = await scene.openSignedIn("/admin");
  expectComplaint(/Failed to load resource/);
  await page.getByRole("button", { name: "Create user" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("User name").fill("carla");
  await dialog.getByLabel("Password").fill("a password of carla");
  await context.route("**/api/v1/users", failsByCode, {
    times: 1,
  });
  await dialog.getByRole("button", { name: "Create user" }).click();
  await dialog.getByText(message).waitFor();
  await dialog.getByText(requestId).waitFor();
  expect(await dialog.getByLabel("User name").inputValue()).toBe("carla");
  await dialog.getByRole("button", { name: "Create user" }).click();
  await page.getByRole("table").getByText("carla", { exact: true }).waitFor();
});

test(
  "a session that ends in the middle of a form is begun again in place, and nothing typed is lost",
  limit,
  async () => {
    const { page, context, expectComplaint } = await scene.openSignedIn("/new?template=node");
    expectComplaint(/status of 401|WebSocket/);
    await page.getByRole("button", { name: "Connection: Live: changes are shown at once" }).waitFor();
    await page.getByLabel("Name", { exact: true }).fill("half-written");
    await page.waitForURL(/half-written/);
    const cookies = await context.cookies();
    const token = cookies.find(({ name }) => name.endsWith("prewarm_session"))?.value ?? "";
    // Ended elsewhere, as by another browser of the same person.
    const ended = await fetch(new URL("/api/v1/auth/logout", scene.url), {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: "{}",
    });
    expect(ended.status).toBe(200);
    // It is told without a click.
    const dialog = page.getByRole("dialog", { name: "Your session has ended" });
    await dialog.getByLabel("Password").fill(administratorPassword);
    await dialog.getByRole("button", { name: "Sign in" }).click();
    await dialog.waitFor({ state: "detached" });
    // News come again, and not only answers.
    await page.getByRole("button", { name: "Connection: Live: changes are shown at once" }).waitFor();
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("half-written");
    await page.getByRole("button", { name: "Create workspace" }).click();
    await page.waitForURL(/@admin\/half-written/);
  },
);

test("a clock of this machine that is an hour off changes no age and no deadline", limit, async () => {
  const { page, context } = await scene.open("/sign-in");
  await context.clock.install({ time: Date.now() + 3_600_000 });
  await page.goto(`${scene.url}/sign-in?to=${encodeURIComponent("/templates/node/versions")}`);
  await signIn(page);
  const age = page.getByRole("main").locator("time").first();
  await age.waitFor();
  expect(await age.textContent()).toMatch(/second|minute|now|\d+ s|\d+ min/);
});

test(
  "a session whose end an answer tells before the channel does is begun again, and news come again",
  limit,
  async () => {
    const { page, context, expectComplaint } = await scene.openSignedIn("/templates");
    expectComplaint(/status of 401/);
    const isLive = page.getByRole("button", { name: "Connection: Live: changes are shown at once" });
    await isLive.waitFor();
    const body = JSON.stringify({
      error: { code: "unauthenticated", message: "The session has ended.", next: "Sign in." },
    });
    await context.route(everything, async (route) => {
      if (route.request().method() !== "GET") return await route.fallback();
      await route.fulfill({ status: 401, contentType: "application/json", body });
    });
    await page.keyboard.press("g");
    await page.keyboard.press("p");
    const dialog = page.getByRole("dialog", { name: "Your session has ended" });
    await dialog.getByLabel("Password").fill(administratorPassword);
    await context.unroute(everything);
    await dialog.getByRole("button", { name: "Sign in" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("heading", { name: "Pools", level: 1 }).waitFor();
    await isLive.waitFor();
  },
);
