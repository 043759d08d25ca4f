import type { Page } from "playwright-core";
import { waitUntil } from "../../support/wait-until.ts";
import { type DashboardScene, signInByRequest } from "./dashboard-scene.ts";
import { openWatched, type Wanted, type WatchedPage } from "./watched-page.ts";

/** A page that shows a terminal. */
export class TerminalPage {
  readonly page: Page;
  readonly watched: WatchedPage;
  #begun = 0;

  constructor(watched: WatchedPage) {
    this.watched = watched;
    this.page = watched.page;
  }

  /** Types into what has the focus, which a terminal has when it was opened. */
  async types(text: string): Promise<void> {
    await this.page.keyboard.insertText(text);
    await this.page.keyboard.press("Enter");
  }

  /** What the terminal shows, without what has scrolled away. */
  async text(nth = 0): Promise<string> {
    const lines = await this.page.locator(".xterm-rows").nth(nth).locator("> div").allInnerTexts();
    return lines.map((line) => line.replaceAll(" ", " ").trimEnd()).join("\n");
  }

  async shows(text: string | RegExp, nth = 0): Promise<void> {
    let seen = "";
    await waitUntil(
      () => `"${String(text)}" in the terminal, which shows ${JSON.stringify(seen)}`,
      async () => {
        seen = await this.text(nth).catch(() => "");
        return typeof text === "string" ? seen.includes(text) : text.test(seen);
      },
    );
  }

  /** Types what ends in a program that takes what is typed next, and waits until it may be typed. */
  async begins(command: string): Promise<void> {
    this.#begun += 1;
    await this.types(`clear; echo begun-$((${this.#begun}+0))-now; ${command}`);
    await this.shows(`begun-${this.#begun}-now`);
  }

  async hasPrompt(nth = 0): Promise<void> {
    await this.shows(/[$#]\s*$/, nth);
  }
}

/** A workspace of the administrator's, made for a test, which is usable. @returns its id */
async function usableWorkspace(scene: DashboardScene, name: string): Promise<string> {
  const { workspace } = await scene.admin.call("createWorkspace", { body: { name, template: "node" } });
  const params = { workspace: workspace.id };
  await waitUntil(`${name} is usable`, async () => {
    const { isUsable } = await scene.admin.call("getWorkspace", { params, query: {} });
    return isUsable;
  });
  return workspace.id;
}

/** The page of a new workspace's first terminal, signed in, with the focus in it. */
export async function openTerminal(scene: DashboardScene, name: string, wanted: Wanted = {}): Promise<TerminalPage> {
  await usableWorkspace(scene, name);
  const watched = await openWatched(scene.browser, wanted);
  await signInByRequest(scene.url, watched.context);
  await watched.page.goto(`${scene.url}/@admin/${name}/terminal`);
  const terminal = new TerminalPage(watched);
  await terminal.hasPrompt();
  return terminal;
}
