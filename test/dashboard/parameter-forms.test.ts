// Each control that a template can ask with: how it is drawn, and that what it is given arrives.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { dashboardScene, testLimitMs } from "./support/dashboard-scene.ts";

const template = `driver: process
agents: [ { name: main } ]
parameters:
  - { name: Machine Image, icon: /emojis/1f427.png, description: "What is **in** it", order: 1, default: ubuntu,
      options: [ { name: Ubuntu 24.04, value: ubuntu, icon: memory, description: "The *usual* one" }, { value: debian } ] }
  - { name: editor, form_type: dropdown, order: 2, default: vi,
      options: [ { name: Visual, value: vi, description: Everywhere }, { name: Emacs, value: emacs } ] }
  - { name: Git branch?, icon: /icon/goland.svg, order: 3, default: main, styling: { placeholder: A branch } }
  - { name: notes, form_type: textarea, order: 4, default: "" }
  - { name: disk, type: number, form_type: slider, order: 5, default: 20, validation: { min: 10, max: 50 } }
  - { name: gpu, type: bool, order: 6, default: false }
  - { name: public, type: bool, form_type: switch, order: 7, default: false }
  - { name: tools, type: list, order: 8, default: [go], options: [ { name: Go, value: go }, { value: node }, { value: rust } ] }
  - { name: hosts, type: list, order: 9, default: [] }
  - { name: stack, type: list, form_type: radio, order: 10, default: "[]",
      options: [ { name: Nothing, value: "[]" }, { name: Web, value: '["go", "node"]' } ] }
  - { name: password, order: 11, default: "", styling: { mask_input: true } }
  - { name: fixed, order: 12, default: always, styling: { disabled: true } }
  - { name: seed, order: -1, default: none, ephemeral: true }
presets:
  - { name: "GoLand: Large", icon: 🚀, description: As *large* as it gets, parameters: { Machine Image: debian }, prebuilds: { instances: 0 } }
`;
const scene = dashboardScene({ template });
const limit = { timeout: testLimitMs };

const form = async (query = "") => {
  const { page } = await scene.openSignedIn(`/new?template=node&preset=-${query}`);
  await page.getByRole("button", { name: "Create workspace" }).waitFor();
  return page;
};
const parametersOf = async (workspace: string) =>
  (await scene.admin.call("getWorkspace", { params: { workspace }, query: {} })).parameters;
const create = async (page: Page, name: string): Promise<void> => {
  await page.getByRole("button", { name: "Create workspace" }).click();
  await page.getByRole("heading", { name, level: 1 }).waitFor();
};

test("each control is drawn as the template says, in its order, and what it is given arrives", limit, async () => {
  const page = await form("&name=given");
  await page.getByRole("radio", { name: "debian", exact: true }).check();
  await page.getByLabel("editor").selectOption("Emacs");
  await page.getByLabel("Git branch?").fill("next");
  const notes = page.getByLabel("notes");
  expect(await notes.evaluate(({ tagName }) => tagName)).toBe("TEXTAREA");
  await notes.fill("two\nlines");
  await page.getByRole("slider", { name: "disk" }).fill("35");
  await page.getByText("35", { exact: true }).waitFor();
  await page.getByRole("checkbox", { name: "gpu" }).check();
  await page.getByRole("switch", { name: "public" }).check();
  const tools = page.getByRole("group", { name: "tools" });
  await tools.getByRole("checkbox", { name: "rust" }).check();
  await tools.getByRole("checkbox", { name: "Go" }).uncheck();
  await tools.getByRole("checkbox", { name: "node" }).check();
  const hosts = page.getByLabel("hosts", { exact: true });
  await hosts.fill("one,");
  await hosts.pressSequentially("two");
  await hosts.press("Enter");
  await hosts.fill("three");
  await hosts.blur();
  await page.getByRole("button", { name: "Remove one" }).click();
  await page.getByRole("group", { name: "stack" }).getByRole("radio", { name: "Web" }).check();
  const password = page.getByLabel("password");
  expect(await password.getAttribute("type")).toBe("password");
  await password.fill("secret");
  // What was typed is in the address, and what is masked is not.
  await page.waitForURL(/p\.stack=/);
  expect(page.url()).not.toContain("secret");
  await page.getByLabel("seed").fill("once");
  await create(page, "given");
  expect(await parametersOf("given")).toEqual({
    "Machine Image": "debian",
    editor: "emacs",
    "Git branch?": "next",
    notes: "two\nlines",
    disk: "35",
    gpu: "true",
    public: "true",
    tools: '["node","rust"]',
    hosts: '["two","three"]',
    stack: '["go","node"]',
    password: "secret",
    fixed: "always",
    seed: "once",
  });
});

test("what is not touched is the template's, in its order, with labels, icons and Markdown", limit, async () => {
  const page = await form("&name=untouched");
  const labels = await page.locator("form label[for], form legend").allInnerTexts();
  const asked = labels.map((label) => label.trim());
  const ordered = "seed,Machine Image,editor,Git branch?,notes,disk,gpu,public,tools,hosts,stack,password,fixed";
  expect(asked.filter((label) => ordered.split(",").includes(label)).join()).toBe(ordered);
  const image = page.getByRole("group", { name: "Machine Image" });
  expect(await image.locator("strong").innerText()).toBe("in");
  expect(await image.getByRole("radio", { name: "Ubuntu 24.04" }).isChecked()).toBe(true);
  expect(await image.locator("legend [data-icon=emoji]").getAttribute("data-drawn")).toBe("🐧");
  expect(await image.locator("[data-icon=glyph]").count()).toBe(1);
  expect(await page.locator("[data-icon=letter]").first().getAttribute("data-drawn")).toBe("G");
  await page.getByText("Everywhere").waitFor();
  await page.getByText("Asked at each start, and not kept.").waitFor();
  expect(await page.getByLabel("fixed").isDisabled()).toBe(true);
  expect(await page.getByLabel("Git branch?").getAttribute("placeholder")).toBe("A branch");
  await create(page, "untouched");
  expect(await parametersOf("untouched")).toMatchObject({ tools: '["go"]', disk: "20", stack: "[]", seed: "none" });
});

test("a field that is emptied stays empty, whatever its default is", limit, async () => {
  const page = await form("&name=emptied");
  await page.getByLabel("Git branch?").fill("");
  expect(await page.getByLabel("Git branch?").inputValue()).toBe("");
  await create(page, "emptied");
  expect(await parametersOf("emptied")).toMatchObject({ "Git branch?": "" });
});

test("a preset with spaces and a colon in its name is chosen, and its pool has a page", limit, async () => {
  const { page } = await scene.openSignedIn("/new?template=node&preset=goland-large&name=large");
  const preset = page.getByRole("radio", { name: "GoLand: Large" });
  await preset.waitFor();
  expect(await preset.isChecked()).toBe(true);
  expect(await page.getByRole("textbox", { name: "Machine Image" }).inputValue()).toBe("debian");
  await create(page, "large");
  await page.goto(`${scene.url}/templates/node/presets`);
  await page.getByRole("link", { name: "0 ready of 0" }).click();
  await page.getByRole("heading", { name: "node / GoLand: Large", level: 1 }).waitFor();
  await page.getByRole("link", { name: "Decisions" }).click();
  await page.waitForURL(/GoLand%3A%20Large\/decisions/);
});

test("a start asks for what holds for one build, and the next one has the default again", limit, async () => {
  const { workspace } = await scene.admin.call("createWorkspace", { body: { name: "again", template: "node" } });
  const settled = async (status: string) =>
    await expect
      .poll(async () => (await scene.admin.call("getWorkspace", { params: { workspace: "again" } })).status, {
        timeout: testLimitMs,
      })
      .toBe(status);
  await settled("running");
  const stop = { params: { workspace: workspace.id }, body: { transition: "stop" } } as const;
  await scene.admin.call("createBuild", stop);
  await settled("stopped");
  const { page } = await scene.openSignedIn("/@admin/again");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Start again" });
  expect(await dialog.getByLabel("seed").inputValue()).toBe("none");
  await dialog.getByLabel("seed").fill("said");
  await dialog.getByRole("button", { name: "Start again" }).click();
  await dialog.waitFor({ state: "detached" });
  await settled("running");
  expect(await parametersOf("again")).toMatchObject({ seed: "said", editor: "vi" });
  await scene.admin.call("createBuild", stop);
  await settled("stopped");
  expect(await parametersOf("again")).toMatchObject({ seed: "none" });
});
