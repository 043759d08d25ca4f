import type { PresetId } from "../../contracts/ids.ts";
import { loadPools, prebuildsCreatedSince, prebuildsInFlight, presetsTotal } from "../../db/pools/load-pools.ts";
import { readSwitches } from "../../db/settings/settings.ts";
import type { Sql } from "../../db/store.ts";
import { allocateInFlight } from "../../domain/pool/allocate-in-flight.ts";
import { type CreateRate, createRateWindowMs, limitCreateRate } from "../../domain/pool/limit-create-rate.ts";
import { canSkip, decidePool } from "../../domain/pool/decide-pool.ts";
import type { PoolPlan } from "../../domain/pool/pool-plan.ts";
import type { PoolPolicy, PoolSnapshot } from "../../domain/pool/pool-snapshot.ts";
import type { Logger } from "../../platform/logger.ts";
import { yieldTurn } from "../../platform/sleep.ts";
import type { Controller, RunReport } from "../controller.ts";
import { createLease } from "../lease.ts";
import { applyCreates } from "./apply-creates.ts";
import { applyRemovals, removeFailedSurplus } from "./apply-removals.ts";
import { createDecisionLog } from "./decision-log.ts";
import { createMembership, type Membership } from "./membership.ts";
import { holdForQuota } from "./pool-quota.ts";
import { noticePools } from "./pool-notices.ts";
import type { PrebuildsDeps } from "./prebuilds-deps.ts";

/** However soon a hold ends, cycles leave this much time between them. */
const againAfterMsMin = 10;

/** What a cycle did (spec §3, "cycle rules"). `elapsedMs` is of the whole cycle. */
export interface CycleStats {
  readonly elapsedMs: number;
  readonly presetsTotal: number;
  readonly presetsReconciled: number;
  readonly creates: number;
  readonly deletes: number;
  readonly cancels: number;
  readonly held: number;
  readonly failedRemoved: number;
  readonly errors: number;
  readonly isPaused: boolean;
  readonly isEnabled: boolean;
}

/** The reconciler: keeps each pool at its size. One acts at a time across all servers; two at once would be correct. */
export function createPrebuildsController(deps: PrebuildsDeps): Controller {
  const lease = createLease(deps.db, {
    name: "prebuilds",
    holder: deps.serverId,
    monotonicMs: deps.monotonicMs,
  });
  const decisionLog = createDecisionLog(deps);
  const membership = createMembership(deps);
  return {
    name: "prebuilds",
    intervalMs: deps.options.intervalMs,
    topics: ["pools", "settings"],
    run: async (shouldStop) => {
      const begun = deps.monotonicMs();
      if (!(await lease.hold())) return { outcome: "skipped", fields: {} };
      const { plans, snapshots, total, membershipErrors, ...switches } = await decide(deps, membership);
      const removed = await applyRemovals(deps, plans);
      const created = await applyCreates(deps, { plans, shouldStop, mayGoOn: () => lease.hold() });
      const mayClean = !switches.isPaused && switches.isEnabled;
      const failedRemoved = mayClean ? await removeFailedSurplus(deps) : 0;
      await decisionLog.store(plans, snapshots);
      await noticePools(deps, plans, snapshots);
      const stats: CycleStats = {
        elapsedMs: Math.round((deps.monotonicMs() - begun) * 10) / 10,
        presetsTotal: total,
        presetsReconciled: plans.length,
        creates: created.creates,
        deletes: removed.deletes,
        cancels: removed.cancels,
        held: plans.reduce((sum, plan) => sum + plan.held.reduce((count, held) => count + held.count, 0), 0),
        failedRemoved,
        errors: created.errors + membershipErrors,
        ...switches,
      };
      return { ...report(deps.logger, stats), ...againAfter(plans, deps.clock.now().getTime()) };
    },
    release: () => lease.release(),
  };
}

/** What is held until an instant is due right after it (a backoff's end): nobody publishes that. */
function againAfter(plans: readonly PoolPlan[], now: number): Pick<RunReport, "againAfterMs"> {
  let next = Number.POSITIVE_INFINITY;
  for (const plan of plans) {
    for (const held of plan.held) if (held.count > 0) next = Math.min(next, held.until ?? next);
  }
  return Number.isFinite(next) ? { againAfterMs: Math.max(againAfterMsMin, next - now + 1) } : {};
}

/** Pools that are looked at before requests have their turn. */
const poolsPerTurn = 10;

interface Decided {
  readonly plans: readonly PoolPlan[];
  readonly snapshots: ReadonlyMap<PresetId, PoolSnapshot>;
  readonly total: number;
  readonly isPaused: boolean;
  readonly isEnabled: boolean;
  /** Organizations in which the `prebuilds` user could not be made at home. */
  readonly membershipErrors: number;
}

/** One consistent snapshot in, one plan for each pool that has anything to decide out. */
async function decide(deps: PrebuildsDeps, membership: Membership): Promise<Decided> {
  const { options } = deps;
  const at = deps.clock.now();
  const loaded = await deps.db.snapshot("prebuilds load", async (sql) => ({
    switches: await readSwitches(sql),
    pools: await loadPools(sql, { now: at, backoffLookbackMs: options.policy.backoffLookbackMs }),
    inFlight: await prebuildsInFlight(sql),
    lately: await createdLately(sql, deps, at),
    total: await presetsTotal(sql),
  }));
  const isPaused = loaded.switches.pause.isTurned;
  const isEnabled = !options.policy.disabled && !loaded.switches.off.isTurned;
  const mayAct = !isPaused && isEnabled;
  const membershipErrors = mayAct ? await membership.ensure(loaded.pools.map(({ preset }) => preset)) : 0;
  const now = at.getTime();
  const policy: PoolPolicy = { ...options.policy, paused: isPaused, disabled: !isEnabled };
  const snapshots = new Map<PresetId, PoolSnapshot>();
  for (const [nth, { preset, prebuilds, history, surge }] of loaded.pools.entries()) {
    if (nth % poolsPerTurn === poolsPerTurn - 1) await yieldTurn();
    const snapshot = { preset, prebuilds, history, now, policy, ...(surge === undefined ? {} : { surge }) };
    if (!canSkip(snapshot)) snapshots.set(preset.presetId, snapshot);
  }
  const decided: PoolPlan[] = [];
  for (const snapshot of snapshots.values()) {
    decided.push(decidePool(snapshot));
    if (decided.length % poolsPerTurn === 0) await yieldTurn();
  }
  const allocated = allocateInFlight(decided, {
    deploymentInFlight: loaded.inFlight,
    deploymentInFlightMax: options.inFlightMax,
  });
  const limited = limitCreateRate(allocated, { createsPerMinuteMax: options.createsPerMinuteMax, ...loaded.lately });
  const plans = options.isQuotaEnabled ? await holdForQuota(deps.db, limited) : limited;
  return { plans, snapshots, total: loaded.total, isPaused, isEnabled, membershipErrors };
}

/** Asked only where there is a limit. */
async function createdLately(
  sql: Sql,
  { options }: PrebuildsDeps,
  now: Date,
): Promise<Omit<CreateRate, "createsPerMinuteMax">> {
  if (options.createsPerMinuteMax === 0) return { createdCount: 0, oldestCreatedAt: null };
  return await prebuildsCreatedSince(sql, new Date(now.getTime() - createRateWindowMs));
}

function report(logger: Logger, stats: CycleStats): RunReport {
  const hasActed = stats.creates + stats.deletes + stats.cancels + stats.failedRemoved > 0;
  if (hasActed) logger.info("pools reconciled", { ...stats });
  else logger.debug("pools looked at, nothing to do", { ...stats });
  return { outcome: "ok", fields: { ...stats } };
}
