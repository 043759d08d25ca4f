import { expect, test } from "vitest";
import { routes } from "../../src/contracts/api/routes.ts";
import { dashboardScene, signIn, testLimitMs } from "./support/dashboard-scene.ts";

const scene = dashboardScene({ template: null });
const limit = { timeout: testLimitMs };

test("a user is created, and a suspension ends his page's session", limit, async () => {
  const { page } = await scene.openSignedIn("/admin");
  await page.getByRole("button", { name: "Create user" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("User name").fill("sam");
  await dialog.getByLabel("Password").fill("a password of sam");
  await dialog.getByRole("button", { name: "Create user" }).click();
  await page.getByText("sam", { exact: true }).waitFor();
  const his = await scene.open("/sign-in");
  his.expectComplaint(/status of 40[13]|WebSocket|\/live/);
  await signIn(his.page, { username: "sam", password: "a password of sam" });
  await his.page.waitForURL(/\/workspaces$/);
  await page.getByRole("button", { name: "Actions of sam" }).click();
  await page.getByRole("menuitem", { name: "Suspend…" }).click();
  await page.getByRole("dialog").getByText("sessions, terminals and tunnels end at once").waitFor();
  await page.getByLabel("Why").fill("left the team");
  await page.getByRole("button", { name: "Suspend sam" }).click();
  await page.getByText("left the team").waitFor();
  await his.page.getByRole("dialog").getByLabel("Password").waitFor();
});

test("a member sees no Administration, and is told whom it is for", limit, async () => {
  const body = { username: "mia", password: "a password of mia" };
  await scene.admin.call("createUser", { body });
  const { page } = await scene.open("/sign-in?to=%2Fadmin");
  await signIn(page, body);
  await page.getByText("This is for administrators of the deployment.").waitFor();
  expect(await page.getByRole("link", { name: "Administration" }).count()).toBe(0);
});

test("the audit log is filtered, and an entry shown in detail", limit, async () => {
  await scene.admin.call("createGroup", { query: {}, body: { name: "crew" } });
  const { page } = await scene.openSignedIn("/admin/audit");
  await page.getByRole("searchbox", { name: "Search the audit log" }).fill("action:group.create");
  await page.waitForURL(/q=action/);
  await page.getByRole("table", { name: "Audit log" }).getByText("group crew").waitFor();
  await page.getByRole("button", { name: "Detail" }).first().click();
  await page.getByRole("dialog").getByText('"group.create"').waitFor();
});

test.each([
  ["groups", "Groups"],
  ["organizations", "Organizations"],
  ["daemons", "Daemons"],
])("%s are listed", limit, async (section, label) => {
  const { page } = await scene.openSignedIn(`/admin/${section}`);
  await page.getByRole("table", { name: label, exact: true }).getByRole("row").nth(1).waitFor();
});

test("health says what was checked", limit, async () => {
  const { page } = await scene.openSignedIn("/admin/health");
  await page.getByRole("list", { name: "Checks" }).getByRole("listitem").first().waitFor();
});

test("a daemon's key is shown once", limit, async () => {
  const { page } = await scene.openSignedIn("/admin/daemons");
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("rack");
  await page.getByRole("dialog").getByRole("button", { name: "Create key" }).click();
  await page.getByLabel("daemon key", { exact: true }).waitFor();
  await page.getByRole("button", { name: "I have copied it" }).click();
  await page.getByRole("table", { name: "Daemon keys" }).getByText("rack").waitFor();
});

test(
  "an option is found, changed and taken back, and one that needs a restart says how it is changed",
  limit,
  async () => {
    const { page, expectComplaint } = await scene.openSignedIn("/admin/settings");
    expectComplaint(/status of 400 .*\/settings\/prebuilds/);
    const table = page.getByRole("table", { name: "Settings" });
    await page.getByRole("searchbox", { name: "Search options" }).fill("pending or running deployment");
    const row = table.getByRole("row", { name: /prebuilds\.in_flight_total/ });
    await row.getByRole("button", { name: "Change…" }).click();
    const dialog = page.getByRole("dialog", { name: "Change prebuilds.in_flight_total" });
    await dialog.getByLabel("Value").fill("many");
    await dialog.getByRole("button", { name: "Change option" }).click();
    await dialog.getByText("invalid_parameter").waitFor();
    await dialog.getByLabel("Value").fill("50");
    await dialog.getByRole("button", { name: "Change option" }).click();
    await row.getByText("changed here").waitFor();
    expect(await row.textContent()).toMatch(/50.*admin/);
    await row.getByRole("button", { name: "Reset…" }).click();
    await page.getByRole("button", { name: "Reset prebuilds.in_flight_total" }).click();
    await row.getByText("default", { exact: true }).waitFor();
    await page.getByRole("searchbox", { name: "Search options" }).fill("http.port");
    const locked = table.getByRole("row", { name: /http\.port/ }).getByRole("button", { name: "Change…" });
    await locked.focus();
    await page
      .getByText(/--http-port, PREWARM_HTTP_PORT/)
      .first()
      .waitFor();
  },
);

test(
  "what each role may do is a table of the code, led to from users, and narrowed by words and by role",
  limit,
  async () => {
    const { page } = await scene.openSignedIn("/admin");
    await page.getByRole("link", { name: "What each role may do" }).click();
    const table = page.getByRole("table", { name: "Roles" });
    const rowOf = (summary: string) =>
      table.getByRole("row").filter({ has: page.getByRole("rowheader", { name: summary }) });
    await table.waitFor();
    expect(await table.getByRole("columnheader").allInnerTexts()).toEqual([
      "Permission",
      "Member",
      "Template admin",
      "Administrator",
    ]);
    const { suspendUser, createBuild } = routes;
    expect(await rowOf(suspendUser.summary).getByRole("cell").allInnerTexts()).toEqual(["no", "no", "yes"]);
    expect(await rowOf(createBuild.summary).getByRole("cell").allInnerTexts()).toEqual([
      "own",
      "own and prebuilds",
      "yes",
    ]);
    await page.getByRole("button", { name: "More than a member" }).click();
    await rowOf(suspendUser.summary).waitFor({ state: "detached" });
    await page.getByRole("searchbox", { name: "Search permissions" }).fill("no such thing");
    await page.getByRole("button", { name: "Clear filter" }).click();
    await rowOf(suspendUser.summary).waitFor();
  },
);
