// The queue as an operator and a member see it: what waits for what, who takes it, and the page of each job.
import { expect, test } from "vitest";
import { waitUntil } from "../support/wait-until.ts";
import { dashboardScene, signIn, testLimitMs } from "./support/dashboard-scene.ts";
import { sceneDatabase } from "./support/scene-database.ts";

const limit = { timeout: testLimitMs };
const { sql, env } = await sceneDatabase();
const scene = dashboardScene({ env });

const text = `driver: process
agents: [ { name: main } ]
presets:
  - { name: one, prebuilds: { instances: 2 } }
`;

/** A template whose pool's two builds wait: they ask for a tag that no daemon has, which its import did not. */
async function publishFar(name: string): Promise<void> {
  await scene.admin.call("pausePrebuilds", {});
  await scene.server.push(name, { "template.yaml": text });
  await sql.query(
    `update template_versions set manifest = jsonb_set(manifest, '{tags}', '{"zone":"far"}')
     where template_id = (select id from templates where name = $1)`,
    [name],
  );
  await scene.admin.call("resumePrebuilds", {});
  const query = { status: "pending", lane: "prebuilds", template: name } as const;
  await waitUntil("its builds wait", async () => (await scene.admin.call("listJobs", { query })).total === 2);
}

test("`g q` goes to the lanes, and each waiting job says its place and what it waits for", limit, async () => {
  await publishFar("far-lanes");
  const { page } = await scene.openSignedIn("/workspaces");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("q");
  await page.waitForURL(/\/queue$/);
  const builds = page.getByRole("table", { name: "Pool builds, waiting" });
  await builds.getByText("no daemon with the driver process and the tags zone=far is connected").first().waitFor();
  await page.getByRole("heading", { name: /^Pool builds: [2-9] waiting, 0 running/ }).waitFor();
  const places = await builds
    .getByRole("row")
    .getByRole("cell", { name: /^(Place)?\s*\d+$/ })
    .allInnerTexts();
  expect(places.slice(0, 2).map((place) => place.replaceAll(/\D/g, ""))).toEqual(["1", "2"]);
  await page.getByRole("heading", { name: /^People: \d+ waiting, 0 running/ }).waitFor();
  await page.getByRole("heading", { name: "Pool deletes: 0 waiting, 0 running" }).waitFor();
  const daemons = page.getByRole("table", { name: "Daemons" });
  await daemons.getByText("connected").first().waitFor();
  await daemons.getByText(/0 of \d+ used/).waitFor();
});

test(
  "what comes into the queue is seen without a reload, and its page tells its facts and is left by cancelling it",
  limit,
  async () => {
    await publishFar("far-live");
    const { page } = await scene.openSignedIn("/queue");
    await page.getByRole("heading", { name: /^People: / }).waitFor();
    await scene.admin.call("createWorkspace", { query: {}, body: { template: "far-live", name: "waits" } });
    await page.getByRole("link", { name: "Start of waits" }).click();
    await page.waitForURL(/\/jobs\//);
    await page.getByRole("heading", { name: "Start of waits", level: 1 }).waitFor();
    await page.getByText("It waits for a daemon that can take it").waitFor();
    await page.getByRole("link", { name: "admin/waits" }).waitFor();
    await page.getByRole("link", { name: "far-live", exact: true }).waitFor();
    await page.getByRole("button", { name: "Cancel job…" }).click();
    await page.getByRole("dialog").getByText("It ends at once").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel the job" }).click();
    await page.getByRole("main").getByText("canceled").first().waitFor();
    expect(await page.getByRole("button", { name: "Cancel job…" }).count()).toBe(0);
  },
);

test(
  "the builds of a template's pool are cancelled at once, and the dialog says how many beforehand",
  limit,
  async () => {
    await publishFar("far-bulk");
    const { page } = await scene.openSignedIn("/queue");
    await scene.admin.call("pausePrebuilds", {});
    await page.getByRole("button", { name: "Cancel pending builds of pools…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Only of the template").fill("nothing");
    await dialog.getByRole("button", { name: "Cancel 0 pending builds" }).waitFor();
    await dialog.getByLabel("Only of the template").fill("far-bulk");
    await dialog.getByRole("button", { name: "Cancel 2 pending builds" }).click();
    await page.getByText("2 pending builds of pools cancelled.").waitFor();
    await waitUntil("none of its builds is shown", async () => (await page.getByText("far-bulk").count()) === 0);
    await page.getByRole("button", { name: "canceled", exact: true }).click();
    await page.waitForURL(/status=canceled/);
    await page.getByRole("table", { name: "Ended jobs, canceled" }).getByRole("link").first().waitFor();
  },
);

test(
  "a member sees his own jobs alone, without the pools' lanes and the daemons, and no page of another's",
  limit,
  async () => {
    await publishFar("far-member");
    await scene.admin.call("createUser", { body: { username: "mia", password: "choose a password" } });
    const { jobs } = await scene.admin.call("listJobs", { query: { limit: 1 } });
    const { page, expectComplaint } = await scene.open("/sign-in?to=/queue");
    await signIn(page, { username: "mia" });
    await page.getByText("You are shown your own jobs.").waitFor();
    await page.getByRole("heading", { name: /^People/ }).waitFor();
    expect(await page.getByRole("heading", { name: /^Pool/ }).count()).toBe(0);
    expect(await page.getByRole("heading", { name: "Daemons" }).count()).toBe(0);
    const cancel = page.getByRole("button", { name: "Cancel pending builds of pools…" });
    expect(await cancel.getAttribute("aria-disabled")).toBe("true");
    expectComplaint(/status of 404 .*\/jobs\//);
    await page.goto(`${scene.url}/jobs/${jobs[0]?.id ?? ""}`);
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
  },
);
