// Where each page of the registry is seen in a test, so that a test over every page forgets none.
import type { Page } from "playwright-core";
import { waitUntil } from "../../support/wait-until.ts";
import type { DashboardScene } from "./dashboard-scene.ts";

/** By its address, and not as a module that is compiled along: React's types would be those of every test. */
const registry = new URL("../../../src/dashboard/pages/pages.ts", import.meta.url).href;
const { pages } = (await import(registry)) as { readonly pages: readonly { readonly path: string }[] };

/** The paths of the registry. */
export const pagePaths: readonly string[] = pages.map(({ path }) => path);

/** Where each page is seen, by its path in the registry, once `seedEveryPage` has made what they show. */
export type PageAddresses = Readonly<Record<string, string>>;

/** Makes a workspace, so that every page has something to show. */
export async function seedEveryPage(scene: DashboardScene): Promise<PageAddresses> {
  await scene.poolIsReady();
  const { workspace } = await scene.admin.call("createWorkspace", { body: { name: "seen", template: "node" } });
  await waitUntil("the workspace is usable", async () => {
    const seen = await scene.admin.call("getWorkspace", { params: { workspace: workspace.id }, query: {} });
    return seen.isUsable;
  });
  const { jobs } = await scene.admin.call("listJobs", { query: {} });
  // Which is the newest depends on how far the pool is.
  const imported = jobs.find(({ kind }) => kind === "template_import");
  return {
    "/sign-in": "/sign-in",
    "/first-run": "/first-run",
    "/workspaces": "/workspaces",
    "/new": "/new?template=node",
    "/@{$owner}/$name/{-$tab}": "/@admin/seen",
    "/pools": "/pools",
    "/pools/$template/$preset/{-$tab}": "/pools/node/small",
    "/templates": "/templates",
    "/templates/$template/{-$tab}": "/templates/node",
    "/templates/$template/versions/$version": "/templates/node/versions/1",
    "/publish": "/publish",
    "/inbox": "/inbox",
    "/account/{-$section}": "/account",
    "/admin/{-$section}": "/admin",
    "/queue": "/queue",
    "/jobs/$jobId": `/jobs/${imported?.id ?? ""}`,
    "/design": "/design",
  };
}

/** The heading is there, and nothing is still being asked for. */
export async function pageIsShown(page: Page): Promise<void> {
  await page.locator("h1").first().waitFor();
  // It shows what is busy, too.
  if (new URL(page.url()).pathname === "/design") return;
  await page.locator("[aria-label=Loading],[aria-busy=true]").first().waitFor({ state: "detached" });
}

/** Addresses of the tabs and sections that the page which is open leads to. */
export async function tabsOf(page: Page): Promise<readonly string[]> {
  const tabs = `[...document.querySelectorAll("main nav:not([aria-label=Breadcrumb]) a")].map((a) => a.pathname)`;
  return (await page.evaluate(tabs)) as string[];
}
