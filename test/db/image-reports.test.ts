// What a pool's image has for people and their editors: nobody can ask a prebuild, so its agent tells, once.
import { describe, expect, it } from "vitest";
import { manifestOf } from "../../src/app/agents/agents.ts";
import { keepImageReport } from "../../src/app/ides/workspace-ides.ts";
import { explain } from "../../src/app/prebuilds/pools.ts";
import { templateDetail } from "../../src/app/templates/templates.ts";
import type { ImageFacts } from "../../src/contracts/image-facts.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import { type AgentRow, liveAgents } from "../../src/db/agents/agents.ts";
import { create } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { putPrebuilds } from "../support/prebuild-rows.ts";
import { publishTemplate } from "../support/templates.ts";

const folder = { path: "/home/dev", unwritable: null, isExecutable: true, freeBytes: 2 ** 40 };
const facts: ImageFacts = {
  libc: "musl",
  libcVersion: "1.2.5",
  libstdcxx: null,
  programs: ["sh"],
  hasCertificates: true,
  home: folder,
  temporary: folder,
  folder: "/home/dev",
  memoryBytes: null,
  terminalProblem: null,
  uid: 1000,
};

async function pool(): Promise<{ readonly fx: Fixture; readonly agents: readonly AgentRow[] }> {
  const fx = await testFixture();
  const template = await publishTemplate(fx, { presets: { small: 2 }, agents: [{ name: "agent-1" }] });
  const ids = await putPrebuilds(fx, template.preset("small"), 2);
  const agents = await Promise.all(ids.map((id) => liveAgents(fx.store, id)));
  return { fx, agents: agents.flat() };
}

const isWanted = async (fx: Fixture, agent: AgentRow | undefined): Promise<boolean | undefined> =>
  agent === undefined ? undefined : (await manifestOf(fx.context, agent)).isImageWanted;

describe("the image of a pool", () => {
  it("is told by the first of its prebuilds, and asked of no other", async () => {
    const { fx, agents } = await pool();
    const [first, second] = agents;
    if (first === undefined || second === undefined) throw new Error("each prebuild has an agent");
    expect(await isWanted(fx, first)).toBe(true);
    await keepImageReport(fx.context, first, facts);
    expect([await isWanted(fx, first), await isWanted(fx, second)]).toEqual([false, false]);
    // One that was asked at the same time is late.
    await keepImageReport(fx.context, second, { ...facts, libc: "glibc" });
    const { images } = await explain(fx.context, fx.admin, { template: "web", preset: "small" });
    expect(images.map(({ agent, at }) => [agent, at])).toEqual([[first.name, fx.clock.now().toISOString()]]);
    expect(images[0]?.ides.find(({ ide }) => ide === "vscode")?.findings[0]).toMatchObject({
      check: "C library",
      severity: "error",
    });
    const { presets } = await templateDetail(fx.context, fx.admin, { template: "web" });
    expect(presets.map((preset) => preset.images)).toEqual([images]);
  });

  it("is not told by a workspace that somebody owns, nor asked of it", async () => {
    const { fx } = await pool();
    const { workspace } = await create(fx, { mode: "warm_only", preset: "small" });
    const [agent] = await liveAgents(fx.store, workspace.id as WorkspaceId);
    if (agent === undefined) throw new Error("it has an agent");
    expect(await isWanted(fx, agent)).toBe(false);
    await keepImageReport(fx.context, agent, facts);
    expect((await explain(fx.context, fx.admin, { template: "web", preset: "small" })).images).toEqual([]);
  });
});
