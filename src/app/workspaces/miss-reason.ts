import type { PresetId } from "../../contracts/ids.ts";
import type { MissReason } from "../../contracts/states.ts";
import { poolAtMiss } from "../../db/claims/claim.ts";
import type { Sql } from "../../db/store.ts";

/** Why a claim on this preset found nothing (spec §4 step 6, case 139). */
export async function missReasonOf(sql: Sql, presetId: PresetId, now: Date): Promise<MissReason> {
  const pool = await poolAtMiss(sql, presetId, now);
  if (pool === undefined) return "no_preset";
  if (pool.is_deprecated) return "deprecated";
  if (!pool.is_active) return "outdated";
  if (pool.is_blocked) return "claim_replaces";
  if (pool.is_unproven && pool.ready > 0) return "unproven";
  // A ready one that others held locked at that moment, or that became ready since.
  if (pool.ready > pool.ready_expired) return "contended";
  if (pool.ready > 0) return "all_expired";
  if (pool.pending > 0) return "none_ready";
  if (pool.outdated_ready > 0) return "outdated";
  if (pool.draining > 0) return "draining";
  return "pool_empty";
}

/** Misses that a prebuild under way may end. */
export function canAppear(reason: MissReason): boolean {
  return ["unproven", "pool_empty", "none_ready", "all_expired", "draining", "outdated", "contended"].includes(reason);
}

const retryAfterSeconds: Partial<Record<MissReason, number>> = { contended: 1, none_ready: 5 };
const retryAfterSecondsDefault = 30;

/** When it is worth asking again. */
export function retryAfterSecondsOf(reason: MissReason): number {
  return retryAfterSeconds[reason] ?? retryAfterSecondsDefault;
}
