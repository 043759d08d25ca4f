import { decisionsKeptPerPreset } from "../../contracts/limits.ts";
import type { PresetId } from "../../contracts/ids.ts";
import { insertDecisions, latestDigests, type NewDecision } from "../../db/pools/decisions.ts";
import { decisionDigest } from "../../domain/pool/decision-digest.ts";
import { explainPool } from "../../domain/pool/explain.ts";
import type { PoolPlan } from "../../domain/pool/pool-plan.ts";
import type { PoolSnapshot } from "../../domain/pool/pool-snapshot.ts";
import { sleep, yieldTurn } from "../../platform/sleep.ts";
import type { PrebuildsDeps } from "./prebuilds-deps.ts";

/** Records that are made, and stored by one statement, before the event loop may handle requests. */
const decisionBatchMax = 20;
/** So many records are made without a rest; the longest rest between two statements after that. */
const unrestedMax = 100;
const restMsMax = 50;
/** Decisions that are compared before the event loop may handle requests. */
const digestsPerTurn = 10;

export interface DecisionLog {
  /** Stores a record for each pool whose decision is another than the last one stored. */
  store(plans: readonly PoolPlan[], snapshots: ReadonlyMap<PresetId, PoolSnapshot>): Promise<void>;
}

interface Changed {
  readonly plan: PoolPlan;
  readonly digest: string;
  readonly snapshot: PoolSnapshot;
}

/** Keeps the digests of the last stored decisions in memory, so that a cycle that decides nothing new asks nothing. */
export function createDecisionLog(deps: PrebuildsDeps): DecisionLog {
  const known = new Map<PresetId, string>();
  return {
    store: async (plans, snapshots) => {
      // Pools that are no longer looked at are forgotten, so that memory stays flat.
      for (const presetId of known.keys()) if (!snapshots.has(presetId)) known.delete(presetId);
      const unknown = plans.map((plan) => plan.presetId).filter((presetId) => !known.has(presetId));
      if (unknown.length > 0) {
        for (const [presetId, digest] of await latestDigests(deps.db, unknown)) known.set(presetId, digest);
      }
      const changed: Changed[] = [];
      for (const [nth, plan] of plans.entries()) {
        if (nth % digestsPerTurn === digestsPerTurn - 1) await yieldTurn();
        const digest = decisionDigest(plan);
        const snapshot = snapshots.get(plan.presetId);
        if (known.get(plan.presetId) !== digest && snapshot !== undefined) changed.push({ plan, digest, snapshot });
      }
      for (let from = 0; from < changed.length; from += decisionBatchMax) {
        const batch = changed.slice(from, from + decisionBatchMax).map(
          ({ plan, digest, snapshot }): NewDecision => ({
            presetId: plan.presetId,
            digest,
            record: explainPool(snapshot, plan),
          }),
        );
        const begunMs = deps.monotonicMs();
        await insertDecisions(deps.db, batch, { now: deps.clock.now(), keptMax: decisionsKeptPerPreset });
        deps.db.publish(["pool_rows"]);
        for (const decision of batch) known.set(decision.presetId, decision.digest);
        // Nobody waits for the records: many of them leave people's requests half of the time.
        const made = from + batch.length;
        if (made >= unrestedMax && made < changed.length)
          await sleep(Math.min(deps.monotonicMs() - begunMs, restMsMax));
      }
    },
  };
}
