import type { PresetId } from "../../contracts/ids.ts";
import { prebuildsUserId } from "../../contracts/system-ids.ts";
import { markValidationFailed, presetParameters } from "../../db/pools/preset-validation.ts";
import { createPrebuilds, type PoolCreate } from "../../db/pools/pool-creates.ts";
import { resolveParameters } from "../../domain/parameters/resolve-parameters.ts";
import { type PoolPlan, plannedCreates } from "../../domain/pool/pool-plan.ts";
import { mapBounded } from "../../platform/bounded.ts";
import { sleep, yieldTurn } from "../../platform/sleep.ts";
import { parameterDefinition } from "../../platform/manifest-parameters.ts";
import { withinQuota } from "./pool-quota.ts";
import { concurrencyFor, type PrebuildsDeps } from "./prebuilds-deps.ts";

/**
 * Prebuilds, and pools, that one transaction creates, and transactions at once: few, so that people's requests find the
 * database, and this process, free in between. For the same reason each transaction is followed by a pause as long as it
 * took. Measured (B2): 10,000 creates take some seconds instead of one, and requests beside them wait a fraction.
 */
const createsPerTransactionMax = 20;
const poolsPerTransactionMax = 20;
const transactionsMax = 1;
const pauseMsMax = 50;
/** Presets whose parameters are checked before requests have their turn. */
const checksPerTurn = 10;
const nameLength = 15;

export interface CreateContext {
  readonly plans: readonly PoolPlan[];
  readonly shouldStop: AbortSignal;
  /** Whether this server may still act; asked before each transaction. */
  readonly mayGoOn: () => Promise<boolean>;
}

export interface Created {
  readonly creates: number;
  readonly errors: number;
}

/** Commits the intents of all creates, in bounded concurrent transactions; one pool's error never stops another's. */
export async function applyCreates(deps: PrebuildsDeps, context: CreateContext): Promise<Created> {
  const wanted = context.plans.flatMap((plan): PoolCreate[] => {
    const count = plannedCreates(plan);
    return count === 0 ? [] : [{ presetId: plan.presetId, desired: plan.state.desired, count }];
  });
  if (wanted.length === 0) return { creates: 0, errors: 0 };
  const valid = await withoutInvalid(deps, wanted);
  let lastMs = 0;
  const limit = Math.min(transactionsMax, concurrencyFor(deps.options.connectionsMax));
  const outcomes = await mapBounded(groups(valid), limit, async (pools, nth) => {
    if (nth > 0) await sleep(lastMs, context.shouldStop);
    const begunMs = deps.monotonicMs();
    const created = await createGroup(deps, context, pools);
    lastMs = Math.min(deps.monotonicMs() - begunMs, pauseMsMax);
    return created;
  });
  return outcomes.reduce(
    (sum, outcome) =>
      outcome.kind === "value"
        ? { creates: sum.creates + outcome.value.creates, errors: sum.errors + outcome.value.errors }
        : { ...sum, errors: sum.errors + 1 },
    { creates: 0, errors: 0 },
  );
}

async function createGroup(
  deps: PrebuildsDeps,
  context: CreateContext,
  pools: readonly PoolCreate[],
): Promise<Created> {
  if (context.shouldStop.aborted || !(await context.mayGoOn())) return { creates: 0, errors: 0 };
  try {
    return { creates: await createOnce(deps, pools), errors: 0 };
  } catch (error) {
    const [only] = pools;
    if (pools.length === 1 && only !== undefined) {
      // A fault of ours, not of the template: the pool stays healthy and the next cycle tries again (case 106).
      deps.logger.error("prebuilds of a pool could not be created", { presetId: only.presetId, reason: String(error) });
      return { creates: 0, errors: 1 };
    }
  }
  // One by one, so that the pool at fault is the only one that goes without.
  let sum: Created = { creates: 0, errors: 0 };
  for (const pool of pools) {
    const one = await createGroup(deps, context, [pool]);
    sum = { creates: sum.creates + one.creates, errors: sum.errors + one.errors };
  }
  return sum;
}

async function createOnce(deps: PrebuildsDeps, pools: readonly PoolCreate[]): Promise<number> {
  const total = pools.reduce((sum, pool) => sum + pool.count, 0);
  const names = Array.from({ length: total }, () => `prebuild-${deps.random.base32(nameLength)}`);
  return await deps.db.transaction("prebuilds create", async (tx) => {
    const covered = deps.options.isQuotaEnabled ? await withinQuota(tx, pools) : pools;
    if (covered.length === 0) return 0;
    const created = await createPrebuilds(tx, { pools: covered, prebuildsUserId, names, now: deps.clock.now() });
    if (created.length > 0) tx.emit("jobs");
    return created.length;
  });
}

/** Leaves out, and marks, the pools whose presets do not resolve the parameters of their version. */
async function withoutInvalid(deps: PrebuildsDeps, wanted: readonly PoolCreate[]): Promise<readonly PoolCreate[]> {
  const rows = await presetParameters(
    deps.db,
    wanted.map((pool) => pool.presetId),
  );
  const failures: { presetId: PresetId; message: string }[] = [];
  for (const [nth, row] of rows.entries()) {
    if (nth % checksPerTurn === checksPerTurn - 1) await yieldTurn();
    const resolved = resolveParameters({
      definitions: row.parameters.map(parameterDefinition),
      presetValues: row.preset_parameters,
      userValues: {},
    });
    if (resolved.kind === "ok") continue;
    const message = resolved.problems.map((problem) => `${problem.parameter}: ${problem.reason}`).join("; ");
    failures.push({ presetId: row.preset_id, message });
  }
  if (failures.length === 0) return wanted;
  await markValidationFailed(deps.db, failures, deps.clock.now());
  for (const failure of failures) {
    deps.logger.warn("a pool cannot be filled: its preset does not fit its template version", { ...failure });
  }
  const invalid = new Set(failures.map((failure) => failure.presetId));
  return wanted.filter((pool) => !invalid.has(pool.presetId));
}

/** Splits the creates so that each transaction stays within its limits; a large pool is spread over several. */
function groups(pools: readonly PoolCreate[]): PoolCreate[][] {
  const result: PoolCreate[][] = [];
  let current: PoolCreate[] = [];
  let creates = 0;
  for (const pool of pools) {
    for (let left = pool.count; left > 0; ) {
      const count = Math.min(left, createsPerTransactionMax - creates);
      current.push({ ...pool, count });
      creates += count;
      left -= count;
      if (creates >= createsPerTransactionMax || current.length >= poolsPerTransactionMax) {
        result.push(current);
        current = [];
        creates = 0;
      }
    }
  }
  if (current.length > 0) result.push(current);
  return result;
}
