import type { BuildId, JobId, PresetId } from "../../contracts/ids.ts";
import type { MissReason } from "../../contracts/states.ts";
import { type ClaimedRow, type ClaimInput, claimPrebuild } from "../../db/claims/claim.ts";
import { outdatedPresets } from "../../db/claims/creation-target.ts";
import { setCost } from "../../db/people/quota.ts";
import type { Tx } from "../../db/store.ts";
import type { AppContext } from "../app-context.ts";
import type { Claimed, Creation, Missed } from "./creation.ts";
import type { CreationRequest } from "./creation-request.ts";
import { missReasonOf } from "./miss-reason.ts";
import { admitWithinQuota, isCoveredByQuota, isQuotaAsked } from "./within-quota.ts";

/** Where a claim is made. */
export type ClaimPlace =
  /** Outside any transaction, in one statement with others that come at the same time. */
  | { readonly kind: "shared" }
  /** In a transaction; the workspace then costs so much, or as much as the prebuild did (null). */
  | { readonly kind: "transaction"; readonly tx: Tx; readonly cost: number | null };

/** One look for a prebuild, before which the owner's quota is asked where it has to be. */
export async function seekOnce(creation: Creation): Promise<Claimed | Missed> {
  if (!isQuotaAsked(creation)) return await seekPrebuild(creation, { kind: "shared" });
  return await creation.context.db.transaction("claim within quota", async (tx) => {
    const cost = await admitWithinQuota(tx, creation);
    return await seekPrebuild(creation, { kind: "transaction", tx, cost });
  });
}

/** Looks in the preset's pool, and under `surge` in those that it replaces. */
export async function seekPrebuild(creation: Creation, place: ClaimPlace): Promise<Claimed | Missed> {
  const { context, request } = creation;
  const missed = missedBefore(context, request);
  if (missed !== undefined) return { kind: "missed", reason: missed };
  const presetId = request.preset?.presetId as PresetId;
  const claimed = await claimFrom(creation, { presetId, isOutdated: false }, place);
  if (claimed !== undefined) return claimed;
  const sql = place.kind === "shared" ? context.db : place.tx;
  if (takesOutdated(request)) {
    for (const outdated of await outdatedPresets(sql, presetId, context.clock.now())) {
      const older = await claimOlder(creation, outdated, place);
      if (older !== undefined) return older;
    }
  }
  return { kind: "missed", reason: await missReasonOf(sql, presetId, context.clock.now()) };
}

/** Why there is no pool to look into; undefined when there is one. */
export function missedBefore(
  context: Pick<AppContext, "prebuildsSwitch">,
  { preset, presetMiss }: Pick<CreationRequest, "preset" | "presetMiss">,
): MissReason | undefined {
  if (preset === undefined) return presetMiss ?? "no_preset";
  if (!context.prebuildsSwitch.isOn()) return "disabled";
  return preset.instances === null ? "no_pool" : undefined;
}

/** Whether those that are replaced are handed out too. */
export function takesOutdated({ version }: Pick<CreationRequest, "version">): boolean {
  return version.manifest.rollout?.strategy === "surge";
}

/**
 * A claim on an older version's pool. What is claimed may cost more than what the creation was admitted with: then its
 * owner's quota is asked for that, too, and one that it does not cover is passed over.
 */
async function claimOlder(
  creation: Creation,
  outdated: { readonly id: PresetId; readonly cost: number },
  place: ClaimPlace,
): Promise<Claimed | undefined> {
  const { context, request } = creation;
  const from = { presetId: outdated.id, isOutdated: true };
  const admitted = place.kind === "transaction" ? place.cost : request.cost;
  if (!context.options.isQuotaEnabled || outdated.cost <= (admitted ?? 0))
    return await claimFrom(creation, from, place);
  const claim = async (tx: Tx): Promise<Claimed | undefined> => {
    if (!(await isCoveredByQuota(tx, creation, outdated.cost))) return undefined;
    return await claimFrom(creation, from, { kind: "transaction", tx, cost: outdated.cost });
  };
  return await (place.kind === "transaction"
    ? claim(place.tx)
    : context.db.transaction("claim an older one within quota", claim));
}

/** One claim on one pool; undefined when it has none to give. */
export async function claimFrom(
  creation: Creation,
  from: { readonly presetId: PresetId; readonly isOutdated: boolean },
  place: ClaimPlace,
): Promise<Claimed | undefined> {
  const { context, actor, input, request } = creation;
  const buildId = context.random.uuid() as BuildId;
  // An outdated version's effect is not looked up: a job that finds nothing to do is always right.
  const needsJob = from.isOutdated || request.version.claimEffect === "unknown";
  const jobId = needsJob ? (context.random.uuid() as JobId) : null;
  const claim: ClaimInput = {
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
  };
  const row = place.kind === "shared" ? await context.claims.claim(claim) : await claimAtCost(place, claim);
  return row === undefined ? undefined : { kind: "claimed", row, buildId, jobId };
}

async function claimAtCost(
  { tx, cost }: Extract<ClaimPlace, { kind: "transaction" }>,
  claim: ClaimInput,
): Promise<ClaimedRow | undefined> {
  const row = await claimPrebuild(tx, claim);
  if (row === undefined || cost === null || row.cost === cost) return row;
  // An older prebuild with another price: its new owner has been asked for this one.
  await setCost(tx, row.workspace_id, cost);
  return { ...row, cost };
}
