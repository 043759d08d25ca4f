import type { PresetId } from "../../contracts/ids.ts";
import { loadDeployment } from "../../db/pools/load-deployment.ts";
import { presetsTotal } from "../../db/pools/load-pools.ts";
import { canSkip } from "../../domain/pool/decide-pool.ts";
import type { DeploymentSnapshot } from "../../domain/pool/deployment-snapshot.ts";
import { planDeployment } from "../../domain/pool/plan-deployment.ts";
import type { PoolPlan } from "../../domain/pool/pool-plan.ts";
import type { PoolSnapshot } from "../../domain/pool/pool-snapshot.ts";
import { inTurns } from "../../platform/in-turns.ts";
import type { Logger } from "../../platform/logger.ts";
import { type Controller, longRunMsMax, type RunReport } from "../controller.ts";
import { createLease } from "../lease.ts";
import { applyCreates } from "./apply-creates.ts";
import { applyRemovals, removeFailedSurplus } from "./apply-removals.ts";
import { createDecisionLog } from "./decision-log.ts";
import { createMembership, type Membership } from "./membership.ts";
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
    runMsMax: longRunMsMax,
    topics: ["pools", "settings"],
    run: async (shouldStop) => {
      const begun = deps.monotonicMs();
      if (!(await lease.hold())) return { outcome: "skipped", fields: {} };
      const { plans, snapshots, total, membershipErrors, ...switches } = await decide(deps, membership);
      const removed = await applyRemovals(deps, plans);
      const created = await applyCreates(deps, { plans, shouldStop, mayGoOn: () => lease.hold() });
      const mayClean = !switches.isPaused && switches.isEnabled;
      const surplus = mayClean ? await removeFailedSurplus(deps) : { done: [], errors: 0 };
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
        failedRemoved: surplus.done.length,
        errors: removed.errors + created.errors + surplus.errors + membershipErrors,
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

interface Decided {
  readonly plans: readonly PoolPlan[];
  readonly snapshots: ReadonlyMap<PresetId, PoolSnapshot>;
  readonly total: number;
  readonly isPaused: boolean;
  readonly isEnabled: boolean;
  /** Organizations in which the membership of the `prebuilds` user could not be completed. */
  readonly membershipErrors: number;
}

/** One consistent snapshot in, one plan for each pool that has anything to decide out. */
async function decide(deps: PrebuildsDeps, membership: Membership): Promise<Decided> {
  const first = await load(deps);
  const { paused: isPaused, disabled } = first.deployment.policy;
  const mayAct = !isPaused && !disabled;
  const presets = first.deployment.pools.map(({ preset }) => preset);
  const ensured = mayAct ? await membership.ensure(presets) : { completed: 0, errors: 0 };
  // An organization that has just got its group has an allowance now, which the snapshot does not know.
  const isAllowanceNew = deps.options.isQuotaEnabled && ensured.completed > 0;
  const { deployment, total } = isAllowanceNew ? await load(deps) : first;
  const planned = await inTurns(planDeployment(deployment, canSkip));
  return {
    plans: planned.map(({ plan }) => plan),
    snapshots: new Map(planned.map(({ plan, snapshot }) => [plan.presetId, snapshot])),
    total,
    isPaused,
    isEnabled: !disabled,
    membershipErrors: ensured.errors,
  };
}

async function load(deps: PrebuildsDeps): Promise<{ readonly deployment: DeploymentSnapshot; readonly total: number }> {
  return await deps.db.snapshot("prebuilds load", async (sql) => ({
    deployment: (await loadDeployment(sql, { limits: deps.options, now: deps.clock.now() })).snapshot,
    total: await presetsTotal(sql),
  }));
}

function report(logger: Logger, stats: CycleStats): RunReport {
  const hasActed = stats.creates + stats.deletes + stats.cancels + stats.failedRemoved > 0;
  if (hasActed) logger.info("pools reconciled", { ...stats });
  else logger.debug("pools looked at, nothing to do", { ...stats });
  return { outcome: "ok", fields: { ...stats } };
}
