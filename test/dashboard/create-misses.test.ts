// What the create page says of each miss before the click is what the workspace's page says after it.
import type { Page } from "playwright-core";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import type { MissReason } from "../../src/contracts/states.ts";
import { waitUntil } from "../support/wait-until.ts";
import { dashboardScene, testLimitMs } from "./support/dashboard-scene.ts";

const limit = { timeout: testLimitMs };

/** Its prebuilds of the pace `slow` never become ready. */
const template = `driver: process
parameters: [ { name: pace, default: quick } ]
agents: [ { name: main, hooks: { prewarm: { run: 'test "$PREWARM_PARAMETER_PACE" != slow || sleep 600' } } } ]
presets:
  - { name: alone, parameters: { pace: quick } }
  - { name: empty, parameters: { pace: quick }, prebuilds: { instances: 0 } }
  - { name: slow, parameters: { pace: slow }, prebuilds: { instances: 1 } }
  - { name: stale, parameters: { pace: quick }, prebuilds: { instances: 1 } }
`;
const pooled = `driver: process
agents: [ { name: main } ]
presets: [ { name: small, prebuilds: { instances: 1 } } ]
`;
const scene = dashboardScene({ template });
const bare = "driver: process\nagents: [ { name: main } ]\n";

async function push(name: string, text: string): Promise<void> {
  const { exitCode, output } = await scene.server.push(name, { "template.yaml": text });
  expect(exitCode, output).toBe(0);
}

// Nothing is replaced any more once what each row needs is there: the rows find it in whatever order they come.
beforeAll(async () => {
  await Promise.all([push("renewed", pooled), push("bare", bare)]);
  await waitUntil("the pools are as full as they get", async () => {
    const { pools } = await scene.admin.call("listPools", { query: {} });
    const has = (preset: string, is: (pool: (typeof pools)[number]) => boolean): boolean =>
      pools.some((pool) => pool.preset === preset && is(pool));
    return (
      has("small", ({ eligible }) => eligible === 1) &&
      has("stale", ({ eligible }) => eligible === 1) &&
      has("slow", ({ actual }) => actual === 1)
    );
  });
  await scene.admin.call("pausePrebuilds", {});
  await scene.admin.call("invalidatePrebuilds", { query: {}, body: { template: "node", preset: "stale" } });
  await push("renewed", pooled);
}, testLimitMs);

interface Miss {
  readonly reason: MissReason;
  readonly template?: string;
  /** What is chosen in the form. */
  readonly choose: (page: Page) => Promise<void>;
  readonly ahead: string;
  /** On the page of the workspace, where it is not said in the same words. */
  readonly after?: string;
}

const preset =
  (label: string) =>
  async (page: Page): Promise<void> =>
    await page.getByRole("radio", { name: label }).check();

const misses: readonly Miss[] = [
  { reason: "no_pool", choose: preset("alone"), ahead: "the preset has no pool." },
  {
    reason: "pool_empty",
    choose: preset("empty"),
    ahead: "the pool has no prebuild now.",
    after: "the pool had no prebuild.",
  },
  {
    reason: "none_ready",
    choose: preset("slow"),
    ahead: "none of the pool's prebuilds is ready yet.",
    after: "none of the pool's prebuilds was ready yet.",
  },
  {
    reason: "all_expired",
    choose: preset("stale"),
    ahead: "the pool's prebuilds have expired.",
    after: "the pool's prebuilds had expired.",
  },
  {
    reason: "parameters_differ",
    choose: async (page) => {
      await preset("No preset")(page);
      await page.getByLabel("pace", { exact: true }).fill("other");
    },
    ahead: "the parameters differ from the preset's.",
  },
  {
    reason: "outdated",
    template: "renewed",
    choose: preset("small"),
    ahead: "the pool's prebuilds are of another version.",
  },
  {
    reason: "no_preset",
    template: "bare",
    choose: async () => undefined,
    ahead: "no preset is chosen, and only presets have pools.",
    after: "no preset was chosen, and only presets have pools.",
  },
];

/** The line under the button, the click, and the line after it. */
async function missed(page: Page, { ahead, after = ahead }: Pick<Miss, "ahead" | "after">): Promise<void> {
  await page.getByText(`Will be built: ${ahead}`).waitFor();
  await page.getByRole("button", { name: "Create workspace" }).click();
  await page.getByText(`It is built for you: ${after}`).waitFor();
}

test.each(misses)("$reason is said before the click, and after it", limit, async (miss) => {
  const { reason, choose } = miss;
  const name = reason.replaceAll("_", "-");
  const { page } = await scene.openSignedIn(`/new?template=${miss.template ?? "node"}&name=${name}`);
  await page.getByRole("button", { name: "Create workspace" }).waitFor();
  await choose(page);
  await missed(page, miss);
  const { build } = await scene.admin.call("getBuild", { params: { workspace: name, number: 1 } });
  expect(build.missReason).toBe(reason);
});

test("disabled is said before the click, and after it", limit, async () => {
  await scene.admin.call("disablePrebuilds", {});
  onTestFinished(async () => {
    await scene.admin.call("enablePrebuilds", {});
  });
  const { page } = await scene.openSignedIn("/new?template=node&preset=stale&name=disabled");
  await missed(page, { ahead: "prebuilds are switched off." });
});

test("a deprecated template is refused in its words, before the click and after it", limit, async () => {
  await push("old", bare);
  const body = { deprecated: true, message: "Use node." };
  await scene.admin.call("deprecateTemplate", { params: { template: "old" }, query: {}, body });
  const { page, expectComplaint } = await scene.openSignedIn("/new?template=old&name=too-late");
  expectComplaint(/status of 4\d\d .*workspaces/);
  await page.getByText(/^It cannot be created: .*deprecated/).waitFor();
  await page.getByRole("button", { name: "Create workspace" }).click();
  await page.getByRole("alert").getByText("Use node.").waitFor();
});
