import type { Static } from "typebox";
import type { CreatedWorkspace, CreateWorkspace } from "../../contracts/api/workspaces.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { BuildId, JobId, PresetId, WorkspaceId } from "../../contracts/ids.ts";
import { claimWaitersMax, claimWaitMsMax } from "../../contracts/limits.ts";
import type { MissReason } from "../../contracts/states.ts";
import { type ClaimedRow, type ClaimInput, claimPrebuild } from "../../db/claims/claim.ts";
import { createCold, idempotentAnswer, recordRefused } from "../../db/claims/cold-creation.ts";
import { outdatedPresets } from "../../db/claims/creation-target.ts";
import { workspaceById } from "../../db/workspaces/workspace-views.ts";
import { violatedUnique } from "../../db/pg-errors.ts";
import type { Sql, Tx } from "../../db/store.ts";
import { createSignal } from "../../platform/signal.ts";
import type { AppContext } from "../app-context.ts";
import type { Actor } from "../authorize.ts";
import { claimedView } from "./claimed-view.ts";
import type { ClaimQueue } from "./claim-queue.ts";
import { type CreationRequest, checkCreation, findTarget } from "./creation-request.ts";
import { missReasonOf, retryAfterSecondsOf } from "./miss-reason.ts";
import type { VersionDefinitions } from "./version-definitions.ts";
import { admitWithinQuota, isQuotaAsked } from "./within-quota.ts";
import { workspaceView } from "./workspace-view.ts";

export type Created = Static<typeof CreatedWorkspace>;
type CreateContext = AppContext & { readonly versions: VersionDefinitions; readonly claims: ClaimQueue };

const waitMsDefault = 30_000;
/** A creation that waits looks again at least this often, in case it was not told. */
const waitPollMs = 1_000;

let waiters = 0;

/**
 * Creates a workspace (spec §4): hands a ready prebuild over, or builds one cold and says why.
 * Errors: those of `findTarget` and `checkCreation`; `name_taken`; `no_claimable_prebuild` and `prebuilds_disabled` with `warm_only`;
 * `too_many_waiters`; the reason of `gone`, which ends a wait (`mode: wait`).
 */
export async function createWorkspace(
  context: CreateContext,
  actor: Actor,
  input: CreateWorkspace & { readonly organization?: string },
  gone?: AbortSignal,
): Promise<Created> {
  const begunMs = context.monotonicMs();
  const found = await findTarget(context, actor, input);
  const { answered_workspace_id, answered_outcome, answered_miss_reason: missReason } = found.target;
  if (answered_workspace_id !== null && answered_outcome !== null) {
    const result = { workspaceId: answered_workspace_id, outcome: answered_outcome, missReason, createMs: 0 };
    return await answer({ context, begunMs, waitedMs: 0 }, result);
  }
  const request = await checkCreation(context, actor, { input, found });
  const creation: Creation = { context, actor, input, request, begunMs, waitedMs: 0, gone };
  try {
    return await claimOrBuild(creation);
  } catch (error) {
    return await explainViolation(creation, error);
  }
}

interface Creation {
  readonly context: CreateContext;
  readonly actor: Actor;
  readonly input: CreateWorkspace;
  readonly request: CreationRequest;
  readonly begunMs: number;
  readonly waitedMs: number;
  readonly gone: AbortSignal | undefined;
}

async function claimOrBuild(creation: Creation): Promise<Created> {
  const { input } = creation;
  const mode = input.mode ?? "prefer_warm";
  // One transaction that checks, then claims or builds cold.
  if (mode === "prefer_warm" && isQuotaAsked(creation)) return await buildCold(creation, null);
  const first = await tryClaim(creation);
  if (first.kind === "claimed") return first.created;
  let last: Missed = first;
  let waitedMs = 0;
  if (mode === "wait" && canAppear(first.reason)) {
    const outcome = await waitForPrebuild(creation, input.waitMs ?? waitMsDefault);
    if (outcome.kind === "claimed") return outcome.created;
    ({ waitedMs } = outcome);
    last = outcome;
  }
  const patient = { ...creation, waitedMs };
  return mode === "warm_only" ? await refuse(patient, last.reason) : await buildCold(patient, last.reason);
}

interface Missed {
  readonly kind: "missed";
  readonly reason: MissReason;
}

type Attempt = { readonly kind: "claimed"; readonly created: Created } | Missed;

type Claim = (input: ClaimInput) => Promise<ClaimedRow | undefined>;

/** One attempt at a claim: outside any transaction, together with others that come at the same time, or within the quota. */
async function tryClaim(creation: Creation): Promise<Attempt> {
  const { context } = creation;
  const begunMs = context.monotonicMs();
  const sought = isQuotaAsked(creation)
    ? await context.db.transaction("claim within quota", async (tx) => {
        const { claim } = await admitWithinQuota(tx, creation);
        return await seekClaim(creation, { sql: tx, claim });
      })
    : await seekClaim(creation, { sql: context.db, claim: (input) => context.claims.claim(input) });
  if (sought.kind === "missed") return sought;
  return { kind: "claimed", created: finish(creation, sought.claimed, begunMs) };
}

type Sought = { readonly kind: "claimed"; readonly claimed: Claimed } | Missed;

/** Looks for a prebuild in the preset's pool, and under `surge` in those that it replaces. */
async function seekClaim(
  creation: Creation,
  { sql, claim }: { readonly sql: Sql; readonly claim: Claim },
): Promise<Sought> {
  const { context, request } = creation;
  const { preset } = request;
  if (preset === undefined) return { kind: "missed", reason: request.presetMiss ?? "no_preset" };
  if (!context.prebuildsSwitch.isOn()) return { kind: "missed", reason: "disabled" };
  if (preset.instances === null) return { kind: "missed", reason: "no_pool" };
  const claimed = await claimFrom(creation, claim, { presetId: preset.presetId as PresetId, isOutdated: false });
  if (claimed !== undefined) return { kind: "claimed", claimed };
  if (request.version.manifest.rollout?.strategy === "surge") {
    for (const outdated of await outdatedPresets(sql, preset.presetId as PresetId, context.clock.now())) {
      const older = await claimFrom(creation, claim, { presetId: outdated.id, isOutdated: true });
      if (older !== undefined) return { kind: "claimed", claimed: older };
    }
  }
  return { kind: "missed", reason: await missReasonOf(sql, preset.presetId as PresetId, context.clock.now()) };
}

interface Claimed {
  readonly row: ClaimedRow;
  readonly buildId: BuildId;
  readonly jobId: JobId | null;
}

async function claimFrom(
  creation: Creation,
  claim: Claim,
  from: { readonly presetId: PresetId; readonly isOutdated: boolean },
): Promise<Claimed | undefined> {
  const { context, actor, input, request } = creation;
  const buildId = context.random.uuid() as BuildId;
  // An outdated version's effect is not looked up: a job that finds nothing to do is always right.
  const needsJob = from.isOutdated || request.version.claimEffect === "unknown";
  const jobId = needsJob ? (context.random.uuid() as JobId) : null;
  const row = await claim({
    organizationId: request.target.organization_id,
    templateId: request.target.template_id,
    presetId: from.presetId,
    isOutdatedAllowed: from.isOutdated,
    ownerId: request.owner.id,
    initiatorId: actor.userId,
    name: input.name,
    parameters: request.parameters,
    automaticUpdates: input.automaticUpdates ?? false,
    lifecycle: request.lifecycle,
    mode: input.mode ?? "prefer_warm",
    waitedMs: Math.round(creation.waitedMs),
    now: context.clock.now(),
    buildId,
    jobId,
    idempotency: request.idempotency,
  });
  return row === undefined ? undefined : { row, buildId, jobId };
}

/** Tells everybody concerned, and answers from what the claim returned: no further question to the database. */
function finish(creation: Creation, claimed: Claimed, begunMs: number): Created {
  const { context } = creation;
  const nowMs = context.monotonicMs();
  context.db.publish([
    "pools",
    `workspace:${claimed.row.workspace_id}`,
    ...(claimed.row.is_handed_over ? claimed.row.agents.map((agent) => `agent:${agent.id}` as const) : []),
    ...(claimed.jobId === null ? [] : (["jobs"] as const)),
  ]);
  return {
    workspace: claimedView({ ...creation, ...claimed }),
    outcome: "claimed",
    missReason: null,
    timings: { createMs: nowMs - begunMs, waitedMs: creation.waitedMs, totalMs: nowMs - creation.begunMs },
  };
}

/** Misses that a prebuild under way may end. */
function canAppear(reason: MissReason): boolean {
  return ["pool_empty", "none_ready", "all_expired", "draining", "outdated", "contended"].includes(reason);
}

async function waitForPrebuild(creation: Creation, waitMs: number): Promise<Attempt & { readonly waitedMs: number }> {
  const { context, request, gone } = creation;
  if (waiters >= claimWaitersMax) {
    throw new CodedError(
      "too_many_waiters",
      `${claimWaitersMax} creations are waiting for a prebuild on this server already.`,
      {
        retryAfterSeconds: 5,
      },
    );
  }
  const signal = createSignal();
  const stop = context.news.subscribe(`pool:${request.preset?.presetId as PresetId}`, () => signal.notify());
  const begunMs = context.monotonicMs();
  const limitMs = Math.min(waitMs, claimWaitMsMax);
  waiters += 1;
  try {
    for (;;) {
      // Nobody is there to have what would be claimed or built for him.
      gone?.throwIfAborted();
      const waitedMs = context.monotonicMs() - begunMs;
      const attempt = await tryClaim({ ...creation, waitedMs });
      if (attempt.kind === "claimed" || waitedMs >= limitMs || !canAppear(attempt.reason))
        return { ...attempt, waitedMs };
      const timeoutMs = Math.max(1, Math.min(waitPollMs, limitMs - waitedMs));
      await signal.wait({ timeoutMs, ...(gone === undefined ? {} : { abort: gone }) });
    }
  } finally {
    waiters -= 1;
    stop();
  }
}

async function refuse(creation: Creation, reason: MissReason): Promise<never> {
  const { context, request, actor, input } = creation;
  await context.db.transaction("creation refused", async (tx) =>
    recordRefused(tx, {
      now: context.clock.now(),
      organizationId: request.target.organization_id,
      templateId: request.target.template_id,
      presetId: (request.preset?.presetId ?? null) as PresetId | null,
      requestedBy: actor.userId,
      mode: input.mode ?? "prefer_warm",
      missReason: reason,
      waitedMs: Math.round(creation.waitedMs),
    }),
  );
  if (reason === "disabled") throw new CodedError("prebuilds_disabled", "Prebuilds are switched off here.");
  throw new CodedError("no_claimable_prebuild", `No prebuild can be claimed: ${reason}.`, {
    retryAfterSeconds: retryAfterSecondsOf(reason),
    details: { missReason: reason },
  });
}

/**
 * The pool is asked once more in the transaction that would build cold: a prebuild may have become ready. Where a
 * quota is asked it is asked in this transaction, before either is chosen; `missed` is null when nothing was tried yet.
 */
async function buildCold(creation: Creation, missed: MissReason | null): Promise<Created> {
  const { context, actor, input, request } = creation;
  const begunMs = context.monotonicMs();
  const workspaceId = context.random.uuid() as WorkspaceId;
  const ids = { buildId: context.random.uuid() as BuildId, jobId: context.random.uuid() as JobId };
  const attempt = await context.db.transaction("create workspace", async (tx) => {
    const last = await lastLook(tx, creation, missed);
    if (last.kind === "claimed") return last;
    await createCold(tx, {
      workspaceId,
      ...ids,
      organizationId: request.target.organization_id,
      templateId: request.target.template_id,
      templateVersionId: request.version.id,
      presetId: (request.preset?.presetId ?? null) as PresetId | null,
      ownerId: request.owner.id,
      initiatorId: actor.userId,
      name: input.name,
      parameters: request.parameters,
      automaticUpdates: input.automaticUpdates ?? false,
      lifecycle: request.lifecycle,
      cost: last.cost,
      mode: input.mode ?? "prefer_warm",
      missReason: last.reason,
      waitedMs: Math.round(creation.waitedMs),
      now: context.clock.now(),
      idempotency: request.idempotency,
    });
    tx.emit("jobs");
    tx.emit(`workspace:${workspaceId}`);
    return last;
  });
  if (attempt.kind === "claimed") return finish(creation, attempt.claimed, begunMs);
  const createMs = context.monotonicMs() - begunMs;
  return await answer(creation, { workspaceId, outcome: "cold", missReason: attempt.reason, createMs });
}

/** The last look at the pool. @returns what it gave, or what is to be built cold: at which cost, and why. */
async function lastLook(
  tx: Tx,
  creation: Creation,
  missed: MissReason | null,
): Promise<Sought & { readonly cost: number | null }> {
  if (missed === null || isQuotaAsked(creation)) {
    const { claim, cost } = await admitWithinQuota(tx, creation);
    return { ...(await seekClaim(creation, { sql: tx, claim })), cost };
  }
  const { request } = creation;
  if (canAppear(missed) && request.preset !== undefined) {
    const from = { presetId: request.preset.presetId as PresetId, isOutdated: false };
    const claimed = await claimFrom(creation, (given) => claimPrebuild(tx, given), from);
    if (claimed !== undefined) return { kind: "claimed", claimed, cost: request.cost };
  }
  return { kind: "missed", reason: missed, cost: request.cost };
}

async function answer(
  creation: Pick<Creation, "context" | "begunMs" | "waitedMs">,
  result: {
    readonly workspaceId: WorkspaceId;
    readonly outcome: "claimed" | "cold";
    readonly missReason: MissReason | null;
    readonly createMs: number;
  },
): Promise<Created> {
  const row = await workspaceById(creation.context.db, result.workspaceId);
  if (row === undefined) throw new CodedError("not_found", "The workspace of this request is gone.");
  const totalMs = creation.context.monotonicMs() - creation.begunMs;
  return {
    workspace: workspaceView(row),
    outcome: result.outcome,
    missReason: result.missReason,
    timings: { createMs: result.createMs, waitedMs: creation.waitedMs, totalMs },
  };
}

/**
 * A name or key that was taken since the checks: whoever has the same key gets the same answer (case 141), also when
 * the workspace that the answer is about has used up the quota.
 */
async function explainViolation(creation: Creation, error: unknown): Promise<Created> {
  const constraint = violatedUnique(error);
  const isQuota = error instanceof CodedError && error.code === "quota_exceeded";
  if (constraint === undefined && !isQuota) throw error;
  const { context, actor, input, request } = creation;
  if (request.idempotency !== null) {
    const answered = await idempotentAnswer(context.db, actor.userId, request.idempotency.key);
    if (answered !== undefined) {
      if (!answered.request_hash.equals(request.idempotency.requestHash)) {
        throw new CodedError("idempotency_key_reused", "The idempotency key was used for another request.");
      }
      return await answer(creation, {
        workspaceId: answered.workspace_id,
        outcome: answered.outcome,
        missReason: answered.miss_reason,
        createMs: 0,
      });
    }
  }
  if (constraint !== "workspaces_owner_name") throw error;
  throw new CodedError("name_taken", `${request.owner.username} already has a workspace named "${input.name}".`, {
    cause: error,
  });
}
