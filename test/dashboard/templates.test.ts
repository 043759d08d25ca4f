import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { dashboardScene, signIn, testLimitMs } from "./support/dashboard-scene.ts";

const scene = dashboardScene();
const limit = { timeout: testLimitMs };

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
  await page.getByText("The folder has no template.yaml.").waitFor();
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
