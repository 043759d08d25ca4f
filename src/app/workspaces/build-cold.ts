import type { BuildId, JobId, PresetId, WorkspaceId } from "../../contracts/ids.ts";
import type { MissReason } from "../../contracts/states.ts";
import { CodedError } from "../../contracts/errors.ts";
import { createCold } from "../../db/claims/cold-creation.ts";
import type { Tx } from "../../db/store.ts";
import type { Claimed, Creation, Missed } from "./creation.ts";
import { canAppear } from "./miss-reason.ts";
import { claimFrom, seekPrebuild } from "./seek-prebuild.ts";
import { admitWithinQuota, isQuotaAsked } from "./within-quota.ts";

/** A workspace that is built for its owner, and why no prebuild served it. */
export interface Cold {
  readonly kind: "cold";
  readonly workspaceId: WorkspaceId;
  readonly reason: MissReason;
}

/**
 * Builds a workspace cold, in one transaction that first looks at the pool once more: a prebuild may have become ready.
 * @param missed null when nothing was looked at yet, as this transaction asks the owner's quota before either is chosen
 * @param looksAgain with null: a pool that is contended is answered as that, and nothing is built
 */
export async function buildCold(
  creation: Creation,
  missed: MissReason | null,
  looksAgain = false,
): Promise<Claimed | Cold | Missed> {
  const { context, actor, input, request } = creation;
  const workspaceId = context.random.uuid() as WorkspaceId;
  const ids = { buildId: context.random.uuid() as BuildId, jobId: context.random.uuid() as JobId };
  return await context.db.transaction("create workspace", async (tx) => {
    const cost = isQuotaAsked(creation) ? await admitWithinQuota(tx, creation) : request.cost;
    const last = await lastLook(creation, { tx, cost, missed });
    if (last.kind === "claimed" || (looksAgain && last.reason === "contended")) return last;
    const isMade = await createCold(tx, {
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
      cost,
      mode: input.mode ?? "prefer_warm",
      missReason: last.reason,
      waitedMs: Math.round(creation.waitedMs),
      now: context.clock.now(),
      idempotency: request.idempotency,
    });
    if (!isMade) {
      throw new CodedError("not_found", `The user "${request.owner.username}" was deleted meanwhile.`);
    }
    tx.emit("jobs");
    tx.emit(`workspace:${workspaceId}`);
    return { kind: "cold", workspaceId, reason: last.reason };
  });
}

async function lastLook(
  creation: Creation,
  { tx, cost, missed }: { readonly tx: Tx; readonly cost: number | null; readonly missed: MissReason | null },
): Promise<Claimed | Missed> {
  const { request } = creation;
  if (missed === null || isQuotaAsked(creation)) {
    return await seekPrebuild(creation, { kind: "transaction", tx, cost });
  }
  const isLeft = canAppear(missed) && request.preset !== undefined;
  const from = { presetId: request.preset?.presetId as PresetId, isOutdated: false };
  // Nobody asked for its price, so it keeps its own.
  const claimed = isLeft ? await claimFrom(creation, from, { kind: "transaction", tx, cost: null }) : undefined;
  return claimed ?? { kind: "missed", reason: missed };
}
