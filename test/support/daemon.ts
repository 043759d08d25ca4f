import { hashSecret, newSecret } from "../../src/app/secret.ts";
import type { AgentId, DaemonId, ServerId, WorkspaceId } from "../../src/contracts/ids.ts";
import type { AgentState } from "../../src/contracts/states.ts";
import { type AgentWord, writeAgentWords } from "../../src/db/agents/agent-words.ts";
import { liveAgents, replaceAgents } from "../../src/db/agents/agents.ts";
import { type LeasedJobRow, takeJob } from "../../src/db/jobs/job-leases.ts";
import { putProviderState } from "../../src/db/resources/provider-states.ts";
import { finishJob } from "../../src/db/jobs/finish-job.ts";
import type { JobOutcome } from "../../src/db/jobs/job-outcome.ts";
import { systemRandom } from "../../src/platform/random.ts";
import type { Fixture } from "./fixture.ts";

const leaseMs = 30_000;
export const testDaemonId = systemRandom.uuid() as DaemonId;
export const testIncarnation = systemRandom.uuid();
export const succeeded: JobOutcome = { kind: "succeeded", claimEffect: "unknown" };
export const failed: JobOutcome = { kind: "failed", code: "driver_failed", message: "scripted" };

/** Takes the next job as a daemon would: a start makes new agents, a claim keeps those that run. */
export async function takeNext(fx: Fixture): Promise<LeasedJobRow | undefined> {
  const now = fx.clock.now();
  return await fx.store.transaction("test take", async (tx) => {
    const job = await takeJob(tx, {
      daemonId: testDaemonId,
      incarnation: testIncarnation,
      drivers: ["fake"],
      tags: {},
      now,
      leaseUntil: new Date(now.getTime() + leaseMs),
      concurrency: 1_000,
      reservedSlots: 0,
    });
    if (job?.kind === "build" && job.build_id !== null && job.transition === "start" && job.stage !== "claim") {
      const agents = (job.manifest.agents ?? []).map(({ name }) => ({
        id: systemRandom.uuid() as AgentId,
        name,
        tokenHash: hashSecret(newSecret(systemRandom, "agent")),
      }));
      await replaceAgents(tx, { workspaceId: job.workspace_id, buildId: job.build_id, agents, now });
    }
    return job;
  });
}

/** Reports the end of a job. False: it was refused. */
export async function finish(fx: Fixture, job: LeasedJobRow, outcome: JobOutcome): Promise<boolean> {
  return await fx.store.transaction("test finish", async (tx) =>
    finishJob(tx, {
      jobId: job.id,
      attempt: job.attempt,
      from: ["running", "canceling"],
      outcome,
      now: fx.clock.now(),
    }),
  );
}

export async function putState(fx: Fixture, job: LeasedJobRow, serial = 1): Promise<boolean> {
  const { id: jobId, attempt } = job;
  const sealed = await fx.context.stateVault.seal(job.workspace_id, { serial });
  return await putProviderState(fx.store, { jobId, attempt, serial, ...sealed, now: fx.clock.now() });
}

/** What is stored of a workspace, the newest version first. */
export async function storedStates(fx: Fixture, workspaceId: WorkspaceId): Promise<unknown[]> {
  const rows = await fx.rows<{ sealed: Buffer; key_id: string }>(
    `select sealed, key_id from (
      select sealed, key_id, null as id from provider_states where workspace_id = $1
      union all
      select sealed, key_id, id from provider_state_versions where workspace_id = $1) v
    order by id desc nulls first`,
    [workspaceId],
  );
  return Promise.all(
    rows.map(({ sealed, key_id: keyId }) => fx.context.stateVault.open(workspaceId, { sealed, keyId })),
  );
}

/** Runs every job that waits, one after the other. @returns the jobs in the order in which they were taken. */
export async function runJobs(
  fx: Fixture,
  outcomeOf: (job: LeasedJobRow) => JobOutcome = () => succeeded,
): Promise<LeasedJobRow[]> {
  const done: LeasedJobRow[] = [];
  for (;;) {
    const job = await takeNext(fx);
    if (job === undefined) return done;
    if (job.kind === "build") await putState(fx, job);
    await finish(fx, job, outcomeOf(job));
    done.push(job);
  }
}

/** Runs every job that waits, and lets the agents of what was started connect and be ready: prebuilds that can be claimed. */
export async function runJobsReady(fx: Fixture): Promise<LeasedJobRow[]> {
  const jobs = await runJobs(fx);
  const started = jobs.filter((job) => job.transition === "start").map((job) => job.workspace_id);
  await agentsReady(
    fx,
    started.filter((id) => id !== null),
  );
  return jobs;
}

type WithoutAgent<Word> = Word extends AgentWord ? Omit<Word, "agentId" | "since"> : never;

/** Writes what is so of an agent, as its server does. @returns whether it was of any use. */
export async function agentChange(fx: Fixture, agentId: AgentId, change: WithoutAgent<AgentWord>): Promise<boolean> {
  const now = fx.clock.now();
  const word: AgentWord = change.kind === "connected" ? { ...change, agentId, since: now } : { ...change, agentId };
  return await fx.store.transaction("test agent", async (tx) => (await writeAgentWords(tx, [word], now)).has(agentId));
}

/** Connects every agent of a workspace to a server. */
export async function connectAgents(fx: Fixture, workspaceId: WorkspaceId, serverId: ServerId = fx.id): Promise<void> {
  for (const { id } of await liveAgents(fx.store, workspaceId)) {
    await agentChange(fx, id, { kind: "connected", serverId, connectionId: systemRandom.uuid() });
  }
}

export async function reportAgents(fx: Fixture, workspaceId: WorkspaceId, state: AgentState): Promise<void> {
  for (const { id } of await liveAgents(fx.store, workspaceId)) {
    await agentChange(fx, id, { kind: "state", state, told: { detail: "", version: "test" } });
  }
}

/** Lets every workspace that is up have its agents connected and ready. */
export async function agentsReady(fx: Fixture, workspaceIds: readonly WorkspaceId[]): Promise<void> {
  for (const workspaceId of workspaceIds) {
    await connectAgents(fx, workspaceId);
    await reportAgents(fx, workspaceId, "ready");
  }
}
