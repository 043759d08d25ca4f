import { expect, test } from "vitest";
import { dashboardScene, signIn, signInByRequest, testLimitMs } from "./support/dashboard-scene.ts";
import { sceneDatabase } from "./support/scene-database.ts";

const limit = { timeout: testLimitMs };
const { sql, env } = await sceneDatabase();
const scene = dashboardScene({ template: null, env });

interface Told {
  readonly kind: string;
  readonly subject: string;
  readonly detail: object;
  readonly daysAgo?: number;
}

/** What the server would have told this person. */
async function tell(username: string, { kind, subject, detail, daysAgo = 0 }: Told): Promise<void> {
  await sql.query(
    `insert into notifications (at, kind, user_id, subject, detail, event_id)
     select now() - make_interval(days => $5), $2, id, $3, $4, gen_random_uuid() from users where username = $1`,
    [username, kind, subject, detail, daysAgo],
  );
}

test("an API token is shown once, works, and is refused once it was revoked", limit, async () => {
  const { page } = await scene.openSignedIn("/account/tokens");
  await page.getByRole("button", { name: "Create token" }).click();
  const form = page.getByRole("dialog", { name: "Create an API token" });
  await form.getByLabel("Name").fill("for the build");
  await form.getByRole("button", { name: "Create token" }).click();
  const secret = await page.getByLabel("API token", { exact: true }).textContent();
  const asks = async (): Promise<number> =>
    (await fetch(`${scene.url}/api/v1/users/me`, { headers: { authorization: `Bearer ${secret}` } })).status;
  expect(await asks()).toBe(200);
  await page.getByRole("button", { name: "I have copied it" }).click();
  expect(await page.content()).not.toContain(secret);
  await page.getByRole("button", { name: "Revoke for the build…" }).click();
  await page.getByRole("button", { name: "Revoke for the build", exact: true }).click();
  // By its element: while the question is open, nothing of the table has a role.
  await page.locator("table").getByText("for the build").waitFor({ state: "detached" });
  expect(await asks()).toBe(401);
});

test("a changed password ends the other sessions, and opens the next", limit, async () => {
  const body = { username: "lea", password: "a password of lea" };
  await scene.admin.call("createUser", { body });
  const [here, there] = [await scene.open("/sign-in"), await scene.open("/sign-in")];
  there.expectComplaint(/status of 401|WebSocket|\/live/);
  for (const { context } of [here, there]) await signInByRequest(scene.url, context, body);
  await there.page.goto(`${scene.url}/templates`);
  await here.page.goto(`${scene.url}/account/security`);
  await there.page.getByRole("heading", { name: "Templates", level: 1 }).waitFor();
  await here.page.getByLabel("Password now").fill(body.password);
  await here.page.getByLabel("New password").fill("another password");
  await here.page.getByRole("button", { name: "Change password" }).click();
  await here.page.getByText("The password is changed; 1 other sessions ended.").waitFor();
  const dialog = there.page.getByRole("dialog", { name: "Your session has ended" });
  await dialog.getByLabel("Password").fill("another password");
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await dialog.waitFor({ state: "detached" });
});

test("a secret is written and never shown, and a key that is none is refused at its field", limit, async () => {
  const { page, expectComplaint } = await scene.openSignedIn("/account/secrets");
  expectComplaint(/status of 400|status of 404 .*\/keys/);
  await page.getByRole("button", { name: "Set secret" }).first().click();
  const form = page.getByRole("dialog", { name: "Set a secret" });
  await form.getByLabel("Name").fill("NPM_TOKEN");
  await form.getByLabel("Value").fill("very-much-a-secret");
  await form.getByLabel("All my workspaces get it").check();
  await form.getByRole("button", { name: "Set secret" }).click();
  await page.getByRole("table", { name: "Secrets" }).getByText("NPM_TOKEN").waitFor();
  expect(await page.content()).not.toContain("very-much-a-secret");
  await page.goto(`${scene.url}/account/keys`);
  await page.getByRole("button", { name: "Add key" }).click();
  const adding = page.getByRole("dialog", { name: "Add a login key" });
  await adding.getByLabel("Public key").fill("ssh-ed25519 this-is-none");
  await adding.getByRole("button", { name: "Add key" }).click();
  await adding.getByText("The key is not taken").waitFor();
  expect(await adding.getByLabel("Public key").inputValue()).toBe("ssh-ed25519 this-is-none");
});

test("the theme is that which was chosen, also when the page is loaded again", limit, async () => {
  const { page } = await scene.openSignedIn("/account/appearance");
  const ground = async (): Promise<string> =>
    await page.evaluate("getComputedStyle(document.documentElement).colorScheme");
  const light = await ground();
  await page.getByRole("radio", { name: "Dark" }).check();
  const dark = await ground();
  expect(dark).not.toBe(light);
  await page.reload();
  await page.getByRole("radio", { name: "Dark" }).waitFor();
  expect(await ground()).toBe(dark);
});

test("what is told stands by its day, leads to what it is about, and is read once it was in view", limit, async () => {
  const body = { username: "noa", password: "a password of noa" };
  await scene.admin.call("createUser", { body });
  const detail = { template: "node", preset: "small" };
  await tell("noa", { kind: "pool_hard_limited", subject: "The pool small failed", detail, daysAgo: 2 });
  await tell("noa", { kind: "daemon_lost", subject: "The daemon rack-1 is lost", detail: { daemon: "rack-1" } });
  const { page, expectComplaint } = await scene.open("/sign-in?to=%2Finbox");
  expectComplaint(/status of 404/);
  await signIn(page, body);
  const days = page.getByRole("main").getByRole("region");
  await days.nth(1).getByText("The pool small failed").waitFor();
  expect(await days.count()).toBe(2);
  await page.getByText("new", { exact: true }).first().waitFor({ state: "detached" });
  const left = await sql.query(
    "select 1 from notifications n join users u on u.id = n.user_id where username = 'noa' and read_at is null",
  );
  expect(left.rowCount).toBe(0);
  await page.getByLabel("What about").selectOption("daemon_lost");
  await page.getByText("The pool small failed").waitFor({ state: "detached" });
  await page.getByText("The daemon rack-1 is lost").waitFor();
  await page.getByLabel("What about").selectOption("build_failed");
  await page.getByRole("button", { name: "Clear filter" }).click();
  await page.getByRole("link", { name: "Open pool: The pool small failed" }).click();
  await page.waitForURL(`${scene.url}/pools/node/small`);
});
