// When a claimed workspace is its owner's: at the commit, or after its claim build (spec §4.1); S14.
import { describe, expect, it } from "vitest";
import { acknowledgeClaim, claimRecords, liveAgents } from "../../src/db/agents/agents.ts";
import { finishJob } from "../../src/db/jobs/finish-job.ts";
import type { JobOutcome } from "../../src/db/jobs/job-outcome.ts";
import type { JobId, WorkspaceId } from "../../src/contracts/ids.ts";
import { build } from "../support/builds.ts";
import { create } from "../support/claims.ts";
import { connectAgents, failed, reportAgents, runJobs, succeeded } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { buildOf, registerDaemon } from "../support/leasing-daemon.ts";
import { ledgerState, putPrebuild } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";

/** What the workspace's agent is told of its owner. */
async function toldOwner(fx: Fixture, workspaceId: WorkspaceId): Promise<{ generation: number; owner: string | null }> {
  const [agent] = await liveAgents(fx.store, workspaceId);
  const record = agent === undefined ? undefined : (await claimRecords(fx.store, [agent.id]))[0];
  return { generation: record?.generation ?? -1, owner: record?.username ?? null };
}

async function claimed(claimEffect: "none" | "unknown"): Promise<{ fx: Fixture; id: WorkspaceId }> {
  const fx = await testFixture();
  const id = await putPrebuild(fx, (await publishTemplate(fx, { claimEffect })).preset());
  expect(await toldOwner(fx, id)).toEqual({ generation: 0, owner: null });
  expect(await create(fx)).toMatchObject({ outcome: "claimed", workspace: { id } });
  return { fx, id };
}

describe("the hand-over", () => {
  it("happens at the commit when claiming changes nothing, and the agent's server is told", async () => {
    const { fx, id } = await claimed("none");
    expect(await toldOwner(fx, id)).toEqual({ generation: 1, owner: "alice" });
    const [agent] = await liveAgents(fx.store, id);
    expect(fx.published).toContain(`agent:${agent?.id}`);
    expect(await runJobs(fx)).toEqual([]);
  });

  it("happens after the claim build otherwise, and the agent keeps its token across it", async () => {
    const { fx, id } = await claimed("unknown");
    const before = await fx.rows("select id, token_hash from agents where retired_at is null");
    expect(await toldOwner(fx, id)).toEqual({ generation: 0, owner: null });
    const [agent] = await liveAgents(fx.store, id);
    expect(fx.published).not.toContain(`agent:${agent?.id}`);
    expect((await runJobs(fx)).map((job) => [job.stage, job.owner_username])).toEqual([["claim", "alice"]]);
    expect(await toldOwner(fx, id)).toEqual({ generation: 1, owner: "alice" });
    expect(fx.published).toContain(`agent:${agent?.id}`);
    expect(await fx.rows("select id, token_hash from agents where retired_at is null")).toEqual(before);
  });

  it("gives the daemon of the claim build no tokens, and makes none: the agent that runs stays who it is", async () => {
    const { fx, id } = await claimed("unknown");
    const before = await fx.rows("select id, token_hash from agents where retired_at is null");
    const daemon = await registerDaemon(fx);
    const job = await daemon.take();
    if (job === null) throw new Error("such a claim makes a job");
    expect(buildOf(job)).toMatchObject({ workspaceId: id, stage: "claim", agents: [{ name: "agent-1", token: null }] });
    await daemon.end(job);
    expect(await fx.rows("select id, token_hash from agents where retired_at is null")).toEqual(before);
    expect(await toldOwner(fx, id)).toEqual({ generation: 1, owner: "alice" });
  });

  it("is acknowledged once, and a late acknowledgement of an older generation takes nothing back", async () => {
    const { fx, id } = await claimed("none");
    const [agent] = await liveAgents(fx.store, id);
    if (agent === undefined) throw new Error("a claimed prebuild has an agent");
    for (const generation of [1, 0]) {
      const input = { agentId: agent.id, generation, error: null, now: fx.clock.now() };
      expect(await fx.store.transaction("test", (tx) => acknowledgeClaim(tx, input))).toBeDefined();
    }
    expect(await fx.rows("select acknowledged_generation as n from agents")).toEqual([{ n: 1 }]);
  });
});

describe("S14: a claim build that", () => {
  it.each([
    ["fails", failed],
    ["is cancelled", { kind: "canceled" } satisfies JobOutcome],
  ])("%s leaves the workspace with its claimant, who can start it again and then has it", async (_, outcome) => {
    const { fx, id } = await claimed("unknown");
    const [job] = await fx.rows<{ id: JobId }>("select id from jobs where status = 'pending'");
    if (job === undefined) throw new Error("such a claim makes a job");
    const end = { jobId: job.id, attempt: null, from: ["pending"], outcome, now: fx.clock.now() } as const;
    await fx.store.transaction("test end", (tx) => finishJob(tx, end));
    expect(await fx.rows("select owner_id, deleted_at from workspaces where id = $1", [id])).toEqual([
      { owner_id: fx.alice.userId, deleted_at: null },
    ]);
    expect(await toldOwner(fx, id)).toEqual({ generation: 0, owner: null });
    expect(await reconcile(fx), "and the pool is refilled").toMatchObject({ creates: 1, deletes: 0 });
    expect(await build(fx, id, "start")).toEqual({ kind: "started" });
    const jobs = await runJobs(fx, () => succeeded);
    expect(jobs.filter((one) => one.workspace_id === id).map((one) => one.stage)).toEqual(["ordinary"]);
    await connectAgents(fx, id);
    await reportAgents(fx, id, "ready");
    expect(await toldOwner(fx, id)).toEqual({ generation: 1, owner: "alice" });
  });
});

it("a claimed workspace that is stopped, started and deleted never comes back into the pool", async () => {
  const { fx, id } = await claimed("none");
  expect(await build(fx, id, "stop")).toEqual({ kind: "started" });
  await runJobs(fx);
  expect(await build(fx, id, "start")).toEqual({ kind: "started" });
  await runJobs(fx);
  await connectAgents(fx, id);
  await reportAgents(fx, id, "ready");
  expect(await toldOwner(fx, id)).toEqual({ generation: 1, owner: "alice" });
  expect(await ledgerState(fx, id)).toBe("claimed");
});
