import { CodedError } from "../../contracts/errors.ts";
import type { AgentId, DaemonId, JobId } from "../../contracts/ids.ts";
import { leasePollMsMax } from "../../contracts/limits.ts";
import type {
  DaemonRegistered,
  DaemonRegistration,
  LeasedJob,
  LeaseRequest,
} from "../../contracts/provisioner-protocol.ts";
import { liveAgents, replaceAgents } from "../../db/agents/agents.ts";
import { registerDaemon } from "../../db/daemons/daemons.ts";
import { type LeasedJobRow, releaseLeasedJob, takeJob } from "../../db/jobs/job-leases.ts";
import { deploymentIdOf } from "../../db/settings/settings.ts";
import { getFile } from "../../db/templates/template-files.ts";
import type { Tx } from "../../db/store.ts";
import { groupNamesOfOwner } from "../../db/people/groups.ts";
import { finishJob } from "../../db/jobs/finish-job.ts";
import { reservedSlots } from "../../domain/queue/reserved-slots.ts";
import { createSignal } from "../../platform/signal.ts";
import type { AppContext } from "../app-context.ts";
import { hashSecret, newSecret } from "../secret.ts";
import { openVariables } from "../templates/push-variables.ts";
import type { DaemonCaller } from "./authenticate-daemon.ts";
import { abandonEarlierJobs } from "./abandon-earlier-jobs.ts";
import { bindKey, nameOfAnother } from "./daemon-binding.ts";
import { knownDaemon } from "./known-daemon.ts";
import { unisolatedOf, warnOfUnisolated } from "./unisolated-drivers.ts";

/** A daemon that waits for a job looks again at least this often, in case the news of one was lost. */
const leaseRecheckMs = 1_000;

/**
 * Announces a daemon. What an earlier incarnation of the same name held is known to be lost and ends as abandoned.
 * Errors: `daemon_key_bound` for a name that is not the key's.
 */
export async function registerProvisioner(
  context: AppContext,
  { kind, keyId }: DaemonCaller,
  input: DaemonRegistration,
): Promise<DaemonRegistered> {
  const now = context.clock.now();
  const id = context.random.uuid() as DaemonId;
  const unavailable = input.unavailable ?? [];
  const unisolated = unisolatedOf(input);
  const daemonId = await context.db.transaction("register daemon", async (tx) => {
    const { isGiven: isNameGiven } = keyId === null ? { isGiven: false } : await bindKey(tx, keyId, input.name);
    const registered = await registerDaemon(tx, {
      ...input,
      unavailable,
      unisolated,
      kind,
      keyId,
      isNameGiven,
      id,
      now,
    });
    if (registered === undefined) throw nameOfAnother(input.name);
    tx.emit("daemons");
    return registered;
  });
  const message = `The provisioner "${input.name}" was restarted.`;
  await abandonEarlierJobs(context, { daemonId, incarnation: input.incarnation, message, now });
  context.logger.info("a provisioner is connected", { daemon: input.name, drivers: input.drivers.join(", ") });
  await warnOfUnisolated(context, { name: input.name, unisolated });
  const deploymentId = await deploymentIdOf(context.db);
  return { daemonId, deploymentId, leaseMs: context.options.leaseMs, accessUrl: context.options.accessUrl() };
}

/**
 * Takes the next job in queue order; waits up to `waitMs` while there is none.
 * Errors: `not_found` for a daemon that has not registered, `lease_lost` for an incarnation that was replaced.
 */
export async function leaseJob(context: AppContext, input: LeaseRequest, gone: AbortSignal): Promise<LeasedJob | null> {
  const daemon = await knownDaemon(context, input);
  const signal = createSignal();
  const stop = context.news.subscribe("jobs", () => signal.notify());
  const begunMs = context.monotonicMs();
  const waitMs = Math.min(input.waitMs, leasePollMsMax);
  try {
    for (;;) {
      const job = await takeOne(context, daemon);
      if (job !== null && gone.aborted) return await putBack(context, job);
      const leftMs = waitMs - (context.monotonicMs() - begunMs);
      if (job !== null || leftMs <= 0 || gone.aborted) return job;
      await signal.wait({ timeoutMs: Math.min(leftMs, leaseRecheckMs), abort: gone });
      if (gone.aborted) return null;
    }
  } finally {
    stop();
  }
}

/** The daemon hung up while the job was being taken for it: the next one gets it, not the reaper. */
async function putBack(context: AppContext, job: LeasedJob): Promise<null> {
  await releaseLeasedJob(context.db, job.jobId as JobId, job.attempt);
  context.db.publish(["jobs"]);
  return null;
}

async function takeOne(
  context: AppContext,
  daemon: {
    readonly id: DaemonId;
    readonly incarnation: string;
    readonly drivers: readonly string[];
    readonly tags: Record<string, string>;
    readonly concurrency: number;
  },
): Promise<LeasedJob | null> {
  const now = context.clock.now();
  const taken = await context.db.transaction("lease job", async (tx) => {
    const row = await takeJob(tx, {
      daemonId: daemon.id,
      incarnation: daemon.incarnation,
      drivers: daemon.drivers,
      tags: daemon.tags,
      now,
      leaseUntil: new Date(now.getTime() + context.options.leaseMs),
      concurrency: daemon.concurrency,
      reservedSlots: reservedSlots(daemon.concurrency, context.options.reservedShare),
    });
    if (row === undefined) return undefined;
    tx.emit(`job:${row.id}`);
    tx.emit("queue");
    if (row.workspace_id !== null) tx.emit(`workspace:${row.workspace_id}`);
    return { row, agents: await agentsFor(context, tx, row), groups: await groupsOf(tx, row) };
  });
  if (taken === undefined) return null;
  const { row, ...found } = taken;
  try {
    return { ...baseOf(row), ...(await variablesOf(context, row)), work: await workOf(context, row, found) };
  } catch (error) {
    await failUnreadable(context, row, error);
    return null;
  }
}

/** What exists, opened outside of the transaction that took the job. Errors: `state_key_mismatch`. */
async function stateOf(context: AppContext, row: LeasedJobRow): Promise<unknown> {
  if (row.sealed === null || row.key_id === null) return row.plain_state ?? null;
  return await context.stateVault.open(row.workspace_id, { sealed: row.sealed, keyId: row.key_id });
}

/** Those that were given at the push of the job's version. Errors: `state_key_mismatch`. */
async function variablesOf(
  context: AppContext,
  row: LeasedJobRow,
): Promise<Pick<LeasedJob, "variables" | "carriedVariables">> {
  if (row.variables_sealed === null || row.variables_key_id === null) return {};
  const { values, carried } = await openVariables(context, {
    id: row.template_version_id,
    template: row.template_name,
    number: row.version_number,
    names: row.variable_names,
    sealed: row.variables_sealed,
    key_id: row.variables_key_id,
  });
  return { variables: { ...values }, ...(carried.length === 0 ? {} : { carriedVariables: [...carried] }) };
}

/** Without its state a job would make everything a second time, and a delete would leave everything behind. */
async function failUnreadable(context: AppContext, row: LeasedJobRow, error: unknown): Promise<void> {
  if (!(error instanceof CodedError) || error.code !== "state_key_mismatch") throw error;
  context.logger.error("a job cannot be given out", { jobId: row.id, reason: error.message, next: error.next });
  await context.db.transaction("fail job", async (tx) =>
    finishJob(tx, {
      jobId: row.id,
      attempt: row.attempt,
      from: ["running", "canceling"],
      outcome: { kind: "failed", code: error.code, message: error.message },
      now: context.clock.now(),
    }),
  );
}

function baseOf(row: LeasedJobRow): Omit<LeasedJob, "work"> {
  return {
    jobId: row.id,
    attempt: row.attempt,
    driver: row.driver,
    manifest: row.manifest,
    templateVersionId: row.template_version_id,
    templateName: row.template_name,
    templateId: row.template_id,
    versionName: row.version_name,
    archiveHash: row.archive_hash,
    ...(row.version_state === null ? {} : { versionState: row.version_state }),
  };
}

type Work = LeasedJob["work"];
type BuildWork = Extract<Work, { readonly kind: "build" }>;

/** Whom a rehearsal's claim is by: nobody, but somebody else than the pool. */
const rehearsalOwner: BuildWork["owner"] = {
  id: "00000000-0000-4000-8000-0000000000ff",
  username: "rehearsal",
  name: "Rehearsal",
  email: "rehearsal@example.invalid",
  groups: [],
};

interface FoundForJob {
  readonly agents: BuildWork["agents"];
  readonly groups: string[];
}

async function workOf(context: AppContext, row: LeasedJobRow, found: FoundForJob): Promise<Work> {
  if (row.kind === "template_import") return { kind: "import" };
  const work = buildWork(row, found, await stateOf(context, row));
  if (row.kind === "build") return { kind: "build", ...work };
  return { kind: "rehearsal", ...work, stage: "claim", owner: rehearsalOwner };
}

/** A rehearsal touches no agent: it is told of those that run, without their tokens. */
async function agentsFor(context: AppContext, tx: Tx, row: LeasedJobRow): Promise<BuildWork["agents"]> {
  if (row.kind === "template_import") return [];
  if (row.kind === "build") return agentsOf(context, tx, row);
  const live = await liveAgents(tx, row.workspace_id);
  return live.map(({ id, name }) => ({ id, name, token: null }));
}

/** Names of the groups that a workspace's owner belongs to; asked for the one driver that hands them on. */
async function groupsOf(tx: Tx, row: LeasedJobRow): Promise<string[]> {
  return row.driver === "terraform" && row.kind === "build" ? await groupNamesOfOwner(tx, row.workspace_id) : [];
}

function buildWork(
  row: LeasedJobRow,
  { agents, groups }: FoundForJob,
  state: BuildWork["state"],
): Omit<BuildWork, "kind"> {
  if (row.build_id === null) throw new Error(`The job ${row.id} has no build.`);
  return {
    buildId: row.build_id,
    buildNumber: row.build_number,
    transition: row.transition,
    stage: row.stage,
    workspaceId: row.workspace_id,
    workspaceName: row.workspace_name,
    owner: {
      id: row.owner_id,
      username: row.owner_username,
      name: row.owner_name,
      email: row.owner_email ?? "",
      groups,
    },
    parameters: row.parameters,
    agents,
    state,
  };
}

/** A start makes agents, whose tokens only this answer holds; a claim keeps those that run, and their tokens. */
async function agentsOf(
  context: AppContext,
  tx: Tx,
  row: LeasedJobRow,
): Promise<{ id: string; name: string; token: string | null }[]> {
  if (row.transition !== "start" || row.stage === "claim" || row.build_id === null) {
    const live = await liveAgents(tx, row.workspace_id);
    return live.map((agent) => ({ id: agent.id, name: agent.name, token: null }));
  }
  const fresh = (row.manifest.agents ?? []).map((agent) => ({
    id: context.random.uuid() as AgentId,
    name: agent.name,
    token: newSecret(context.random, "agent"),
  }));
  await replaceAgents(tx, {
    workspaceId: row.workspace_id,
    buildId: row.build_id,
    agents: fresh.map((agent) => ({ id: agent.id, name: agent.name, tokenHash: hashSecret(agent.token) })),
    now: context.clock.now(),
  });
  return fresh;
}

/** Errors: `not_found`. */
export async function templateArchive(context: AppContext, hash: string): Promise<Buffer> {
  const bytes = await getFile(context.db, Buffer.from(hash, "hex"));
  if (bytes === undefined) throw new CodedError("not_found", `There is no template archive ${hash}.`);
  return bytes;
}
