// What durations are measured from: the instants that the ledger keeps, each told once.
import { describe, expect, it } from "vitest";
import { acknowledge } from "../../src/app/agents/agents.ts";
import { completeJob } from "../../src/app/provisioner/report-jobs.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import type { AgentRow } from "../../src/db/agents/agents.ts";
import { measureCreation, measureHandOver, measureJob } from "../../src/http/measure.ts";
import { createMetrics } from "../../src/platform/metrics/metrics.ts";
import { codeOf, create } from "../support/claims.ts";
import { connectAgents, runJobs, takeNext } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { seriesOf } from "../support/metrics.ts";
import { putPrebuild } from "../support/prebuild-rows.ts";
import { publishTemplate } from "../support/templates.ts";

async function agentOf(fx: Fixture, workspaceId: WorkspaceId): Promise<AgentRow> {
  const [agent] = await fx.rows<AgentRow>(
    "select id, workspace_id, build_id, name from agents where workspace_id = $1 and retired_at is null",
    [workspaceId],
  );
  if (agent === undefined) throw new Error("the workspace has no agent");
  return agent;
}

describe("an agent's word that it knows its owner", () => {
  it("gives the claim's instants the first time, and nothing when it comes again", async () => {
    const fx = await testFixture();
    await putPrebuild(fx, (await publishTemplate(fx, { claimEffect: "unknown" })).preset());
    const claimedAt = fx.clock.now();
    const id = (await create(fx)).workspace.id as WorkspaceId;
    fx.clock.advance(2_000);
    await runJobs(fx);
    fx.clock.advance(1_000);
    const word = { generation: 1, error: null };
    const times = await acknowledge(fx.context, await agentOf(fx, id), word);
    const after = (ms: number): Date => new Date(claimedAt.getTime() + ms);
    expect(times).toEqual({ claimedAt, handedOverAt: after(2_000), acknowledgedAt: after(3_000) });
    expect(await acknowledge(fx.context, await agentOf(fx, id), word)).toBeNull();
    const metrics = createMetrics({ namespace: "prewarm" });
    if (times !== null) measureHandOver(metrics, times, "succeeded");
    const shown = await seriesOf(metrics);
    const sum = (phase: string): number | undefined =>
      shown.get(`prewarm_prebuilt_workspace_claim_duration_seconds_sum{phase="${phase}",outcome="succeeded"}`);
    expect([sum("hand_over"), sum("usable")]).toEqual([2, 3]);
  });

  it("is no hand-over in a workspace that was built cold", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    const id = (await create(fx)).workspace.id as WorkspaceId;
    await runJobs(fx);
    await connectAgents(fx, id);
    expect(await acknowledge(fx.context, await agentOf(fx, id), { generation: 1, error: null })).toBeNull();
  });
});

describe("a job that a daemon has ended", () => {
  it("is measured by its kind, with its wait, and as the creation that it was", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    await create(fx);
    fx.clock.advance(4_000);
    const job = await takeNext(fx);
    if (job === undefined) throw new Error("a cold creation makes a job");
    fx.clock.advance(6_000);
    const outcome = { kind: "succeeded" } as const;
    const ended = await completeJob(fx.context, { jobId: job.id, attempt: job.attempt, outcome });
    const metrics = createMetrics({ namespace: "prewarm" });
    measureJob(metrics, ended, "succeeded");
    const shown = await seriesOf(metrics);
    expect(shown.get('prewarm_provisioner_job_wait_seconds_sum{class="people"}')).toBe(4);
    expect(shown.get('prewarm_provisioner_job_duration_seconds_sum{kind="start",outcome="succeeded"}')).toBe(6);
    expect(shown.get('prewarm_workspace_creation_duration_seconds_sum{type="regular"}')).toBe(10);
  });
});

describe("a request for a workspace", () => {
  it("is measured as claimed, missed or refused; one that is wrong, or repeated, is not", async () => {
    const fx = await testFixture();
    await putPrebuild(fx, (await publishTemplate(fx)).preset());
    const metrics = createMetrics({ namespace: "prewarm" });
    const measured = (input: Parameters<typeof create>[1]) =>
      measureCreation({ metrics, monotonicMs: () => performance.now() }, () => create(fx, input));
    await measured({ name: "one", idempotencyKey: "k" });
    await measured({ name: "one", idempotencyKey: "k" });
    await measured({});
    expect(await codeOf(measured({ mode: "warm_only" }))).toBe("no_claimable_prebuild");
    expect(await codeOf(measured({ template: "no-such-one" }))).toBe("not_found");
    const shown = await seriesOf(metrics);
    const count = (outcome: string): number | undefined =>
      shown.get(`prewarm_prebuilt_workspace_claim_duration_seconds_count{phase="commit",outcome="${outcome}"}`);
    expect(["claimed", "missed", "refused"].map(count)).toEqual([1, 1, 1]);
  });
});
