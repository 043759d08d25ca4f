import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { waitUntil } from "../support/wait-until.ts";
import { dashboardScene, signIn, testLimitMs } from "./support/dashboard-scene.ts";

const scene = dashboardScene();
const limit = { timeout: testLimitMs };
const bare = "driver: process\nagents: [{ name: main }]\n";

async function push(name: string, text: string): Promise<void> {
  const { exitCode, output } = await scene.server.push(name, { "template.yaml": text });
  expect(exitCode, output).toBe(0);
}

function folderWith(name: string, files: Readonly<Record<string, string>>): string {
  const above = mkdtempSync(path.join(tmpdir(), "prewarm-publish-"));
  onTestFinished(() => rmSync(above, { recursive: true, force: true }));
  const folder = path.join(above, name);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }
  return folder;
}

test(
  "a folder is checked, published, imported and made active, each as a step; what is ignored stays out",
  limit,
  async () => {
    const folder = folderWith("web", {
      "template.yaml": "driver: process\nagents: [{ name: main }]\n",
      "README.md": "# The web\n\nRead <script>alert(1)</script> **this**.\n",
      "bin/setup": "#!/bin/sh\n",
      "left.log": "not for a template\n",
      ".prewarmignore": "*.log\n",
    });
    const { page } = await scene.openSignedIn("/templates");
    await page.getByRole("button", { name: "Publish template" }).click();
    await page.getByLabel("Folder of the template").setInputFiles(folder);
    await page.getByText("It can be published").waitFor();
    expect(await page.getByLabel("Template", { exact: true }).inputValue()).toBe("web");
    await page.getByLabel("What changed").fill("the first one");
    await page.getByRole("button", { name: "Publish version" }).click();
    await page.getByRole("button", { name: "Activate version 1" }).click();
    await page.getByRole("button", { name: "Promote 1" }).click();
    await page.getByText("Version 1 is active.").waitFor();
    const params = { template: "web", version: "1" };
    const { files } = await scene.admin.call("listVersionFiles", { params, query: {} });
    expect(files.map(({ path: at, isExecutable }) => [at, isExecutable])).toEqual([
      ["README.md", false],
      ["bin/setup", true],
      ["template.yaml", false],
    ]);
    await page.getByRole("link", { name: "Go to web" }).click();
    await page.getByText("Read <script>alert(1)</script> this.").waitFor();
  },
);

test("a manifest that is wrong is refused with file, line and column", limit, async () => {
  const folder = folderWith("wrong", {
    "template.yaml": "driver: process\nagents:\n  - { name: main }\nnonsense: 1\n",
  });
  const { page, expectComplaint } = await scene.openSignedIn("/publish");
  expectComplaint(/status of 4\d\d/);
  await page.getByLabel("Folder of the template").setInputFiles(folder);
  await page.getByText(/template\.yaml:4:\d+/).waitFor();
  await page.getByRole("button", { name: "Publish version", disabled: true }).waitFor();
});

test(
  "what looks like a secret is warned of with its line before it is published, and again in the import's log",
  limit,
  async () => {
    const folder = folderWith("leaky", {
      "template.yaml": "driver: process\nagents: [{ name: main }]\n",
      "notes.txt": "one\n-----BEGIN PRIVATE KEY-----\n",
      ".env": "A=1\n",
    });
    const { page } = await scene.openSignedIn("/publish");
    await page.getByLabel("Folder of the template").setInputFiles(folder);
    const warning = page.getByRole("status").filter({ hasText: "2 files look like secrets." });
    await warning.waitFor();
    expect(await warning.getByRole("listitem").allInnerTexts()).toEqual([
      expect.stringContaining(".env: it holds the secrets"),
      expect.stringContaining("notes.txt:2: it holds a private key"),
    ]);
    await page.getByRole("button", { name: "Publish version" }).click();
    await page.getByRole("log", { name: "Log of the import" }).getByText("notes.txt:2: it holds").waitFor();
  },
);

test("a folder without a manifest is refused before anything is sent", limit, async () => {
  const folder = folderWith("empty", { "README.md": "nothing\n" });
  const { page } = await scene.openSignedIn("/publish");
  await page.getByLabel("Folder of the template").setInputFiles(folder);
  await page.getByText("The folder has neither a template.yaml nor a Terraform configuration.").waitFor();
});

test("a member may look, and is told why he may not publish", limit, async () => {
  const body = { username: "mia", password: "a password of mia" };
  await scene.admin.call("createUser", { body });
  const { page } = await scene.open("/sign-in?to=%2Ftemplates");
  await signIn(page, body);
  await page.getByRole("link", { name: "node", exact: true }).waitFor();
  const publish = page.getByRole("button", { name: "Publish template" });
  expect(await publish.getAttribute("title")).toContain("template admins");
});

test(
  "an older version is rolled back to, and the newer one promoted, each with what it does to the pools",
  limit,
  async () => {
    const pooled = `${bare}presets: [{ name: small, prebuilds: { instances: 1 } }]\n`;
    await push("moving", bare);
    await push("moving", pooled);
    const { page } = await scene.openSignedIn("/templates/moving/versions");
    const rowOf = (version: number) =>
      page.getByRole("row").filter({ has: page.getByRole("link", { name: `${version}` }) });
    await rowOf(2).getByText("active").waitFor();
    const moved = async (verb: string, version: number): Promise<void> => {
      const { promotion } = await scene.admin.call("diffVersion", {
        params: { template: "moving", version: String(version) },
        query: { against: "active" },
      });
      expect(promotion.sentences.length).toBeGreaterThan(0);
      await rowOf(version).getByRole("button", { name: verb }).click();
      const dialog = page.getByRole("dialog", {
        name: `${verb === "Promote" ? "Promote" : "Roll back to"} ${version}?`,
      });
      await dialog
        .getByText(/prebuild|pool/)
        .first()
        .waitFor();
      await dialog.getByRole("button", { name: new RegExp(`^${verb}`) }).click();
      await rowOf(version).getByText("active").waitFor();
    };
    await moved("Roll back", 1);
    await moved("Promote", 2);
  },
);

test("a template is deprecated with what to use instead, and that is taken back", limit, async () => {
  await push("leaving", bare);
  const { page } = await scene.openSignedIn("/templates/leaving");
  const more = page.getByRole("button", { name: "More actions of leaving" });
  await more.click();
  await page.getByRole("menuitem", { name: "Deprecate…" }).click();
  const dialog = page.getByRole("dialog", { name: "Deprecate leaving?" });
  await dialog.getByText("Nobody has one now.").waitFor();
  await dialog.getByLabel("What people should use instead").fill("Use node.");
  await dialog.getByRole("button", { name: "Deprecate leaving" }).click();
  await page.getByText("its pools drain. Use node.").waitFor();
  expect(await page.getByRole("button", { name: "Create workspace" }).getAttribute("title")).toContain("is deprecated");
  await more.click();
  await page.getByRole("menuitem", { name: "Take the deprecation back" }).click();
  await page.getByText("its pools drain. Use node.").waitFor({ state: "detached" });
});

test(
  "what stands in the way of a deletion is named with its links, and once it is gone the template goes",
  limit,
  async () => {
    await push("going", bare);
    await scene.admin.call("createWorkspace", { body: { name: "in-the-way", template: "going" } });
    const { page, expectComplaint } = await scene.openSignedIn("/templates/going");
    // Its page is open while it goes.
    expectComplaint(/status of 404 .*in-the-way/);
    const ask = async (): Promise<void> => {
      await page.getByRole("button", { name: "More actions of going" }).click();
      await page.getByRole("menuitem", { name: "Delete…" }).click();
    };
    await ask();
    const refusal = page.getByRole("dialog", { name: "going cannot be deleted" });
    await refusal.getByText("1 workspace is made from it.").waitFor();
    expect(await refusal.getByRole("button", { name: /Delete/ }).count()).toBe(0);
    await refusal.getByRole("link", { name: "admin/in-the-way" }).click();
    await page.getByRole("heading", { name: "in-the-way", level: 1 }).waitFor();
    const params = { workspace: "in-the-way" };
    await scene.admin.call("createBuild", { params, body: { transition: "delete" } });
    await waitUntil("the workspace is gone", async () => {
      const { template } = await scene.admin.call("getTemplate", { params: { template: "going" }, query: {} });
      return template.workspaces === 0;
    });
    await page.goBack();
    await page.getByRole("heading", { name: "going", level: 1 }).waitFor();
    await ask();
    const dialog = page.getByRole("dialog", { name: "Delete going?" });
    await dialog.getByLabel("Type going to go on").fill("going");
    await dialog.getByRole("button", { name: "Delete going" }).click();
    await page.waitForURL(`${scene.url}/templates`);
    await page.getByRole("link", { name: "going", exact: true }).waitFor({ state: "detached" });
  },
);

test(
  "news of a deletion that come before its answer make its page ask for nothing, and it goes on",
  limit,
  async () => {
    await push("slowly", bare);
    const { page } = await scene.openSignedIn("/templates/slowly");
    await page.getByRole("heading", { name: "slowly", level: 1 }).waitFor();
    let letThrough = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      letThrough = resolve;
    });
    await page.route("**/api/v1/templates/slowly*", async (route) => {
      if (route.request().method() !== "DELETE") return await route.continue();
      const response = await route.fetch();
      await answered;
      await route.fulfill({ response });
    });
    await page.getByRole("button", { name: "More actions of slowly" }).click();
    await page.getByRole("menuitem", { name: "Delete…" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete slowly?" });
    await dialog.getByLabel("Type slowly to go on").fill("slowly");
    // Another tab shows that the news have come.
    const other = await page.context().newPage();
    await other.goto(`${scene.url}/templates`);
    await other.getByRole("link", { name: "slowly", exact: true }).waitFor();
    await page.bringToFront();
    await dialog.getByRole("button", { name: "Delete slowly" }).click();
    await other.getByRole("link", { name: "slowly", exact: true }).waitFor({ state: "detached" });
    expect(await page.getByRole("heading", { name: "slowly", level: 1, includeHidden: true }).count()).toBe(1);
    letThrough();
    await page.waitForURL(`${scene.url}/templates`);
  },
);
