// How apps are that a template says how to check, as agents tell it: who sees it, and what waits for it.
import { describe, expect, it } from "vitest";
import { acknowledge, agentReportsApps } from "../../src/app/agents/agents.ts";
import { listApps } from "../../src/app/apps/apps.ts";
import { getWorkspace } from "../../src/app/workspaces/workspaces.ts";
import type { AgentId, WorkspaceId } from "../../src/contracts/ids.ts";
import { liveAgents } from "../../src/db/agents/agents.ts";
import { create } from "../support/claims.ts";
import { agentsReady, runJobs } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { publishTemplate } from "../support/templates.ts";

interface Bed {
  readonly fx: Fixture;
  readonly id: WorkspaceId;
  readonly agentId: AgentId;
  readonly tell: (
    ...apps: readonly (readonly [app: string, health: "starting" | "healthy" | "unhealthy", detail?: string])[]
  ) => Promise<void>;
  readonly show: () => ReturnType<typeof getWorkspace>;
}

/** A workspace whose agent is ready, with an app that it needs and one that it does not. */
async function running(): Promise<Bed> {
  const fx = await testFixture();
  await publishTemplate(fx, {
    presets: { large: null },
    agents: [
      {
        name: "main",
        apps: [
          { name: "code", url: "http://localhost:8080", healthcheck: { required: true } },
          { name: "docs", url: "http://localhost:8081", healthcheck: {} },
          { name: "plain", url: "http://localhost:8082" },
        ],
      },
    ],
  });
  const { workspace } = await create(fx);
  await runJobs(fx);
  const id = workspace.id as WorkspaceId;
  await agentsReady(fx, [id]);
  const [agent] = await liveAgents(fx.store, id);
  if (agent === undefined) throw new Error("a start makes an agent");
  await acknowledge(fx.context, agent, { generation: 1, error: null });
  return {
    fx,
    id,
    agentId: agent.id,
    tell: async (...apps) =>
      agentReportsApps(fx.context, agent.id, {
        kind: "apps",
        apps: apps.map(([app, health, detail = ""]) => ({ app, health, detail })),
      }),
    show: async () => getWorkspace(fx.context, fx.admin, id),
  };
}

describe("a workspace", () => {
  it("is usable while the app that its template requires is healthy, whatever the others are", async () => {
    const { tell, show } = await running();
    await tell(["code", "starting"], ["docs", "starting"]);
    expect(await show()).toMatchObject({ isUsable: false });
    await tell(["code", "healthy"], ["docs", "unhealthy", "nothing listens"]);
    const { isUsable, agents } = await show();
    expect(isUsable).toBe(true);
    expect(agents[0]?.appHealth).toEqual({
      code: { health: "healthy", detail: "", isRequired: true },
      docs: { health: "unhealthy", detail: "nothing listens", isRequired: false },
    });
    await tell(["code", "unhealthy", "it answers with status 500"], ["docs", "healthy"]);
    expect(await show()).toMatchObject({ isUsable: false });
  });

  it("waits for no word of an agent of a release before, which never says how its apps are", async () => {
    const { show } = await running();
    const { isUsable, agents } = await show();
    expect(isUsable).toBe(true);
    expect(agents[0]?.appHealth?.["code"]).toEqual({ health: "unknown", detail: "", isRequired: true });
  });
});

it("apps are listed with their health, and with none where nobody checks", async () => {
  const { fx, id, tell } = await running();
  await tell(["code", "unhealthy", "nothing listens"], ["docs", "healthy"], ["invented", "healthy"]);
  const { apps } = await listApps(fx.context, fx.admin, id);
  expect(apps.map(({ app, health }) => [app, health?.health, health?.detail])).toEqual([
    ["code", "unhealthy", "nothing listens"],
    ["docs", "healthy", ""],
    ["plain", undefined, undefined],
  ]);
});

it("what was so when its agent was last heard of is not said of one that is away", async () => {
  const { fx, tell, show } = await running();
  await tell(["code", "healthy"], ["docs", "healthy"]);
  await fx.rows("update agents set server_id = null, connection_id = null");
  expect((await show()).agents[0]?.appHealth?.["docs"]?.health).toBe("unknown");
});

it("a level that is told again is written once: no news, and no new row", async () => {
  const { fx, tell } = await running();
  await tell(["code", "healthy"], ["docs", "healthy"]);
  const before = await fx.rows("select xmin from agents");
  await tell(["code", "healthy"], ["docs", "healthy"]);
  expect(await fx.rows("select xmin from agents")).toEqual(before);
});
