import type { Static } from "typebox";
import type { CreatedWorkspace, CreateWorkspace } from "../../contracts/api/workspaces.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { PresetId, WorkspaceId } from "../../contracts/ids.ts";
import type { MissReason } from "../../contracts/states.ts";
import { idempotentAnswer, recordRefused } from "../../db/claims/cold-creation.ts";
import { violatedUnique } from "../../db/pg-errors.ts";
import { workspaceById } from "../../db/workspaces/workspace-views.ts";
import type { Actor } from "../authorize.ts";
import { buildCold, type Cold } from "./build-cold.ts";
import { claimedView } from "./claimed-view.ts";
import type { Claimed, CreateContext, Creation, Missed, Timing } from "./creation.ts";
import { checkCreation, findTarget } from "./creation-request.ts";
import { retryAfterSecondsOf } from "./miss-reason.ts";
import { pastContention } from "./past-contention.ts";
import { seekOnce } from "./seek-prebuild.ts";
import { waitForPrebuild } from "./wait-for-prebuild.ts";
import { isQuotaAsked } from "./within-quota.ts";
import { troubleGiven } from "./workspace-trouble.ts";
import { workspaceView } from "./workspace-view.ts";

export type Created = Static<typeof CreatedWorkspace>;

/**
 * Creates a workspace (spec §4): hands a ready prebuild over, or builds one cold and says why. It is one way from the
 * top to the bottom: check, admit, claim or wait, build cold, answer.
 * Errors: those of `findTarget` and `checkCreation`; `quota_exceeded`; `name_taken`; `no_claimable_prebuild` and
 * `prebuilds_disabled` with `warm_only`; `too_many_waiters`; the reason of `gone`, which ends a wait (`mode: wait`).
 */
export async function createWorkspace(
  context: CreateContext,
  actor: Actor,
  input: CreateWorkspace & { readonly organization?: string },
  gone?: AbortSignal,
): Promise<Created> {
  const begunMs = context.monotonicMs();
  const found = await findTarget(context, actor, input);
  const {
    answered_workspace_id: workspaceId,
    answered_outcome: outcome,
    answered_miss_reason: missReason,
  } = found.target;
  if (workspaceId !== null && outcome !== null) {
    return await storedAnswer({ context, begunMs }, { workspaceId, outcome, missReason });
  }
  const request = await checkCreation(context, actor, { input, found });
  const creation: Creation = { context, actor, input, request, begunMs, waitedMs: 0, gone };
  try {
    const made = await make(creation);
    return made.kind === "claimed" ? claimAnswer(creation, made) : await coldAnswer(creation, made);
  } catch (error) {
    return await answerOrThrow(creation, error);
  }
}

/** The workspace, by a claim or built cold. Where a quota is asked, it is asked before, in the same transaction. */
async function make(creation: Creation): Promise<(Claimed | Cold) & Timing> {
  const { context, input, gone } = creation;
  const mode = input.mode ?? "prefer_warm";
  const triedMs = context.monotonicMs();
  // It takes the workspace either way, so all of it is one transaction: admit, look at the pool, else build cold.
  if (mode === "prefer_warm" && isQuotaAsked(creation)) {
    const made = await pastContention(async (isLast) => await buildCold(creation, null, !isLast), gone);
    return { ...decided(made), triedMs, waitedMs: 0 };
  }
  const sought =
    mode === "wait"
      ? await waitForPrebuild(creation)
      : { ...(await pastContention(async () => await seekOnce(creation), gone)), triedMs, waitedMs: creation.waitedMs };
  if (sought.kind === "claimed") return sought;
  if (mode === "warm_only") throw await refusal(creation, sought.reason);
  gone?.throwIfAborted();
  const { waitedMs } = sought;
  const coldMs = context.monotonicMs();
  return { ...decided(await buildCold({ ...creation, waitedMs }, sought.reason)), triedMs: coldMs, waitedMs };
}

/** What a build that was the last resort has become. */
function decided(made: Claimed | Cold | Missed): Claimed | Cold {
  if (made.kind === "missed") throw new Error(`Nothing was built, as the pool is ${made.reason}.`);
  return made;
}

/** Tells everybody concerned, and answers from what the claim returned: no further question to the database. */
function claimAnswer(creation: Creation, made: Claimed & Timing): Created {
  const { context, begunMs } = creation;
  const { row, jobId, triedMs, waitedMs } = made;
  const nowMs = context.monotonicMs();
  context.db.publish([
    "pools",
    `workspace:${row.workspace_id}`,
    ...(row.is_handed_over ? row.agents.map((agent) => `agent:${agent.id}` as const) : []),
    ...(jobId === null ? [] : (["jobs"] as const)),
  ]);
  return {
    workspace: claimedView({ ...creation, ...made }),
    outcome: "claimed",
    missReason: null,
    timings: { createMs: nowMs - triedMs, waitedMs, totalMs: nowMs - begunMs },
  };
}

async function coldAnswer({ context, begunMs }: Creation, made: Cold & Timing): Promise<Created> {
  const createMs = context.monotonicMs() - made.triedMs;
  const result = { workspaceId: made.workspaceId, outcome: "cold", missReason: made.reason } as const;
  const answer = await storedAnswer({ context, begunMs }, result);
  return { ...answer, timings: { ...answer.timings, createMs, waitedMs: made.waitedMs } };
}

/** What is answered about a workspace that is in the database: just made, or made for the same key before. */
async function storedAnswer(
  { context, begunMs }: Pick<Creation, "context" | "begunMs">,
  result: {
    readonly workspaceId: WorkspaceId;
    readonly outcome: "claimed" | "cold";
    readonly missReason: MissReason | null;
  },
): Promise<Created> {
  const { workspaceId, outcome, missReason } = result;
  const row = await workspaceById(context.db, workspaceId);
  if (row === undefined) throw new CodedError("not_found", "The workspace of this request is gone.");
  const timings = { createMs: 0, waitedMs: 0, totalMs: context.monotonicMs() - begunMs };
  return { workspace: workspaceView(row, troubleGiven(context)), outcome, missReason, timings };
}

/** Records a `warm_only` creation that found no prebuild, as demand that was not met. @returns what to say. */
async function refusal({ context, request, actor, input }: Creation, reason: MissReason): Promise<CodedError> {
  await context.db.transaction("creation refused", async (tx) =>
    recordRefused(tx, {
      now: context.clock.now(),
      organizationId: request.target.organization_id,
      templateId: request.target.template_id,
      presetId: (request.preset?.presetId ?? null) as PresetId | null,
      requestedBy: actor.userId,
      mode: input.mode ?? "prefer_warm",
      missReason: reason,
      waitedMs: 0,
    }),
  );
  if (reason === "disabled") return new CodedError("prebuilds_disabled", "Prebuilds are switched off here.");
  return new CodedError("no_claimable_prebuild", `No prebuild can be claimed: ${reason}.`, {
    retryAfterSeconds: retryAfterSecondsOf(reason),
    details: { missReason: reason, template: request.target.template_name, preset: request.preset?.presetName ?? null },
  });
}

/**
 * A name or key that was taken since the checks: whoever has the same key gets the same answer (case 141), also when
 * the workspace that the answer is about has used up the quota.
 */
async function answerOrThrow(creation: Creation, error: unknown): Promise<Created> {
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
      const { workspace_id: workspaceId, outcome, miss_reason: missReason } = answered;
      return await storedAnswer(creation, { workspaceId, outcome, missReason });
    }
  }
  if (constraint !== "workspaces_owner_name") throw error;
  throw new CodedError("name_taken", `${request.owner.username} already has a workspace named "${input.name}".`, {
    cause: error,
  });
}
