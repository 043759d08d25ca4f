import { describe, expect, it } from "vitest";
import type { AgentId, WorkspaceId } from "../../src/contracts/ids.ts";
import { agentsByTokens, liveAgents } from "../../src/db/agents/agents.ts";
import { build } from "../support/builds.ts";
import { create } from "../support/claims.ts";
import { agentChange, agentsReady, failed, runJobs, succeeded } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { publishTemplate } from "../support/templates.ts";

async function started(outcome = succeeded): Promise<{ fx: Fixture; id: WorkspaceId; before: AgentId }> {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: { large: 0 } });
  const { workspace } = await create(fx);
  // What the use case answers is the same id as in the database.
  const id = workspace.id as WorkspaceId;
  await runJobs(fx, () => outcome);
  const [agent] = await liveAgents(fx.store, id);
  if (agent === undefined) throw new Error("a start makes an agent");
  return { fx, id, before: agent.id };
}

describe("the agents of the start before", () => {
  it.each([
    ["that went well", succeeded],
    ["that failed half-way", failed],
  ])("%s are retired when the workspace is started anew: nothing that they say counts", async (_, outcome) => {
    const { fx, id, before } = await started(outcome);
    const [row] = await fx.rows<{ token_hash: Buffer }>("select token_hash from agents where id = $1", [before]);
    const bearer = async () => (await agentsByTokens(fx.store, [row?.token_hash ?? Buffer.alloc(0)]))[0]?.id;
    expect(await bearer()).toBe(before);
    await build(fx, id, "start");
    await runJobs(fx);
    const live = await liveAgents(fx.store, id);
    expect(live).toHaveLength(1);
    expect(live[0]?.id).not.toBe(before);
    expect(await bearer(), "its token opens nothing any more").toBeUndefined();
    const connected = { kind: "connected", serverId: fx.id, connectionId: crypto.randomUUID() } as const;
    expect(await agentChange(fx, before, connected)).toBe(false);
    await agentsReady(fx, [id]);
    expect(await fx.rows("select state from agents where retired_at is null")).toEqual([{ state: "ready" }]);
  });
});
