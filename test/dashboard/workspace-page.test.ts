// The page of a workspace: its state and what is done about it, ports and shares, the timeline, settings, activity.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { agentOf } from "../support/agent-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { dashboardScene, testLimitMs } from "./support/dashboard-scene.ts";

const limit = { timeout: testLimitMs };
const template = `driver: process
parameters:
  - { name: region, type: string, default: eu, mutable: false, options: [ { name: Europe, value: eu }, { name: America, value: us } ] }
  - { name: size, type: number, default: 1, mutable: true, validation: { min: 1, max: 4 } }
presets:
  - { name: small, default: true, parameters: { region: eu }, prebuilds: { instances: 1 } }
agents: [ { name: main, hooks: { claim: { run: 'test "$PREWARM_WORKSPACE_NAME" != hooked || exit 7' } } } ]
`;
const scene = dashboardScene({ template });
const minuteMs = 60_000;

/** Made for this test, and usable. Cold unless it asks for the preset. */
async function workspace(name: string, more: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const { workspace: made } = await scene.admin.call("createWorkspace", {
    query: {},
    body: { name, template: "node", ttlMs: 8 * 60 * minuteMs, ...more },
  });
  await waitUntil(`${name} is usable`, async () => (await shown(made.id)).isUsable);
  return made.id;
}

const shown = async (id: string) => await scene.admin.call("getWorkspace", { params: { workspace: id }, query: {} });

const enabled = (page: Page, name: string) =>
  page.getByRole("button", { name, exact: true }).and(page.locator(":not([aria-disabled=true])"));

test("a deadline that is near is said as a warning, and put off with a click", limit, async () => {
  const id = await workspace("soon", { ttlMs: 20 * minuteMs });
  const { page } = await scene.openSignedIn("/@admin/soon");
  await page
    .getByRole("status")
    .getByText(/^Stops in (19|20) min$/)
    .waitFor();
  const before = Date.parse((await shown(id)).deadlineAt ?? "");
  await page.getByRole("button", { name: "+1 h" }).click();
  await page.getByText(/^Stops in 1 h/).waitFor();
  expect(Date.parse((await shown(id)).deadlineAt ?? "") - before).toBe(60 * minuteMs);
});

test("a workspace gets another name, and its page another address", limit, async () => {
  const id = await workspace("before");
  const { page, expectComplaint } = await scene.openSignedIn("/@admin/before/settings");
  // There may be news of it before the page knows the new name.
  expectComplaint(/status of 404 .*admin%2Fbefore/);
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("after");
  await enabled(page, "Rename").click();
  await page.waitForURL(`${scene.url}/@admin/after/settings`);
  await page.getByRole("heading", { level: 1, name: "after" }).waitFor();
  expect((await shown(id)).name).toBe("after");
});

test("a page whose news of a rename comes before the answer goes there, and says what was done", limit, async () => {
  await workspace("early");
  const { page, expectComplaint } = await scene.openSignedIn("/@admin/early/settings");
  expectComplaint(/status of 404 .*admin%2Fearly/);
  let letThrough = (): void => undefined;
  const moved = new Promise<void>((resolve) => {
    letThrough = resolve;
  });
  await page.route("**/api/v1/workspaces/*/rename", async (route) => {
    const answer = await route.fetch();
    await moved;
    await route.fulfill({ response: answer });
  });
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("late");
  await enabled(page, "Rename").click();
  await page.waitForURL(`${scene.url}/@admin/late/settings`);
  await page.getByRole("heading", { level: 1, name: "late" }).waitFor();
  letThrough();
  await page.getByText("It is called late now.").waitFor();
});

test("the page of a workspace that somebody else renames follows it", limit, async () => {
  const id = await workspace("hither");
  const { page, expectComplaint } = await scene.openSignedIn("/@admin/hither/timeline");
  expectComplaint(/status of 404 .*admin%2Fhither/);
  await page.getByRole("heading", { level: 1, name: "hither" }).waitFor();
  await scene.admin.call("renameWorkspace", { params: { workspace: id }, body: { name: "thither" } });
  await page.waitForURL(`${scene.url}/@admin/thither/timeline`);
  await page.getByRole("heading", { level: 1, name: "thither" }).waitFor();
});

test(
  "of a schedule only what was changed is sent, and what the server refuses is said where it was typed",
  limit,
  async () => {
    const id = await workspace("timed");
    const { page, expectComplaint } = await scene.openSignedIn("/@admin/timed/settings");
    expectComplaint(/status of 400 .*\/schedule/);
    await page.getByRole("button", { name: "Save schedule" }).and(page.locator("[aria-disabled=true]")).waitFor();
    await page.getByLabel("Start it at").fill("whenever");
    await enabled(page, "Save schedule").click();
    await page
      .getByRole("alert")
      .getByText(/lifecycle_refused|autostart/i)
      .first()
      .waitFor();
    const week = page.getByRole("region", { name: "The coming week" });
    await week.getByText("Nothing can be drawn: the autostart").waitFor();
    await page.getByLabel("Start it at").fill("0 8 * * 1-5 Europe/Berlin");
    // What is typed is drawn before it is saved.
    await week.getByText("Times of Europe/Berlin.").waitFor();
    await waitUntil("five mornings are drawn", async () => {
      const drawn = await week.getByText(/from 08:00 to \d\d:\d\d, unless it is used longer/).count();
      return drawn === 5 || drawn === 4;
    });
    await enabled(page, "Save schedule").click();
    await page.getByText("The schedule of timed is changed.").waitFor();
    const schedule = await scene.admin.call("getWorkspaceSchedule", { params: { workspace: id } });
    expect(schedule).toMatchObject({ autostartSchedule: "0 8 * * 1-5 Europe/Berlin", ttlMs: 8 * 60 * minuteMs });
  },
);

test("of the parameters only the changed one is sent, and the dialog says from what to what", limit, async () => {
  const id = await workspace("sized", { parameters: { region: "us" } });
  const { page } = await scene.openSignedIn("/@admin/sized/settings");
  expect(await page.getByRole("textbox", { name: "region" }).getAttribute("readonly")).not.toBeNull();
  await page.getByRole("spinbutton", { name: "size" }).fill("3");
  await enabled(page, "Change parameters…").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("size: 1 → 3").waitFor();
  await dialog.getByRole("button", { name: "Build sized" }).click();
  await waitUntil("it is built with the new size", async () => (await shown(id)).parameters["size"] === "3");
  expect((await shown(id)).parameters).toEqual({ region: "us", size: "3" });
});

test("a port is shared with an end, and taken back", limit, async () => {
  const id = await workspace("shared");
  const { page } = await scene.openSignedIn("/@admin/shared/ports");
  await page.getByRole("button", { name: "Share a port" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Port").fill("8080");
  await dialog.getByLabel("all who are signed in").check();
  await dialog.getByLabel("It ends").selectOption({ label: "after an hour" });
  await dialog.getByRole("button", { name: "Share port" }).click();
  await dialog.getByRole("heading", { name: "port 8080 is shared" }).waitFor();
  await dialog.getByRole("button", { name: "Close" }).last().click();
  const shares = async () => (await scene.admin.call("listShares", { query: { workspace: id } })).shares;
  const [share] = await shares();
  expect(share).toMatchObject({ app: "8080", share: "authenticated" });
  expect(Date.parse(share?.expiresAt ?? "") - Date.parse(share?.sharedAt ?? "")).toBe(60 * minuteMs);
  const row = page.getByRole("table", { name: "Shares" }).getByRole("row", { name: /8080/ });
  await row.getByRole("button", { name: "Take back" }).click();
  await dialog.getByRole("button", { name: "Take 8080 back" }).click();
  await page.getByText("Nothing is shared otherwise than the template says.").waitFor();
  expect(await shares()).toEqual([]);
});

test("the timeline tells of one build alone, and for good whether a prebuild served the creation", limit, async () => {
  await scene.poolIsReady();
  await workspace("warm", { preset: "small" });
  await workspace("cold", { parameters: { region: "us" } });
  const { page } = await scene.openSignedIn("/@admin/warm/timeline");
  await page.getByText("A ready prebuild was handed over.").waitFor();
  await page.goto(`${scene.url}/@admin/cold/timeline`);
  await page.getByText(/^It was built for you: /).waitFor();
  await scene.admin.call("createBuild", { params: { workspace: "cold" }, body: { transition: "stop" } });
  await page.getByRole("table", { name: "Phases of build 2" }).waitFor();
  await page.getByRole("button", { name: "Show build 1" }).click();
  await page.waitForURL(/build=1/);
  const phases = page.getByRole("table", { name: "Phases of build 1" });
  await phases.getByRole("rowheader", { name: "waits for a provisioner" }).waitFor();
  expect(await phases.getByRole("row").count()).toBeGreaterThanOrEqual(3);
  await page.getByText(/^It was built for you: /).waitFor();
});

test("who did what is told in its activity", limit, async () => {
  const id = await workspace("watched");
  await scene.admin.call("extendWorkspace", { params: { workspace: id }, body: { byMs: 60 * minuteMs } });
  const { page } = await scene.openSignedIn("/@admin/watched/activity");
  const row = page.getByRole("table", { name: "Activity" }).getByRole("row", { name: /Deadline moved/ });
  await row.getByText("admin", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Who left" }).click();
  await page.waitForURL(/what=workspace.leave/);
  await page.getByText("Nothing is known to have been done.").waitFor();
});

test("an agent that was killed is told with what to do, and so is that it is there again", limit, async () => {
  const id = await workspace("killed");
  const { page, expectComplaint } = await scene.openSignedIn("/@admin/killed");
  // What listens is asked of the agent, which has gone before the page knows.
  expectComplaint(/status of 503 .*\/ports/);
  await page.getByText("connected", { exact: true }).waitFor();
  const again = page.getByRole("button", { name: "Start again" });
  // Its daemon starts another one at once: each is ended until the page has told of it.
  await waitUntil("the page tells that its agent is lost", async () => {
    const pid = agentOf(id);
    if (pid !== undefined) process.kill(pid, "SIGKILL");
    return await again.isVisible();
  });
  await page.getByRole("status").getByText("Its agent was lost").waitFor();
  await scene.admin.call("createBuild", { params: { workspace: id }, body: { transition: "start" } });
  await waitUntil("it is usable again", async () => (await shown(id)).isUsable);
  await page.getByText("connected", { exact: true }).waitFor();
  await again.waitFor({ state: "detached" });
});

test("a claim hook that failed is told, and the workspace works all the same", limit, async () => {
  await workspace("hooked");
  const { page } = await scene.openSignedIn("/@admin/hooked");
  await page
    .getByRole("status")
    .getByText(/claim hook/)
    .waitFor();
  await page.getByText(/Claim hook: .*7/).waitFor();
  await enabled(page, "Stop").waitFor();
});

test("a deleted workspace says so, and leads back to the others", limit, async () => {
  await workspace("doomed");
  const { page, expectComplaint } = await scene.openSignedIn("/@admin/doomed/settings");
  expectComplaint(/status of 404/);
  await enabled(page, "Delete…").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("The workspace admin/doomed is ended").waitFor();
  await dialog.getByRole("button", { name: "Delete doomed" }).click();
  await page.getByText("doomed is gone.").waitFor();
  await page.getByRole("button", { name: "See your workspaces" }).click();
  await page.waitForURL(/\/workspaces$/);
});
