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
 * Prebuilds that one transaction creates: one of 20 costs the database a third of four of five (measured), and is over
 * in some 5 ms. As many transactions run at once as may use a connection, and each is followed by a pause in which each
 * of the others could have run once, or itself again: so one is under way at a time on average, and requests find the
 * database free in between. What fits into the first round of transactions is created without a pause.
 */
const createsPerTransactionMax = 20;
const pauseMsMax = 100;
/** When more is created than fits into one round, each further transaction begins so much later than the one before. */
const staggerMs = 10;
/** Presets whose parameters are checked before the event loop may handle requests. */
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
  const batches = groups(valid);
  // Transactions of one pool wait for each other, so more of them than there are pools would only hold connections.
  const atOnceMax = Math.min(concurrencyFor(deps.options.connectionsMax), valid.length);
  const outcomes = await mapBounded(batches, atOnceMax, async (pools, nth) => {
    // One after the other, so that they do not go in step: all at once and then none.
    if (nth < atOnceMax && batches.length > atOnceMax) await sleep(nth * staggerMs, context.shouldStop);
    const begunMs = deps.monotonicMs();
    const created = await createGroup(deps, context, pools);
    const isLast = nth + atOnceMax >= batches.length;
    const pauseMs = Math.min((deps.monotonicMs() - begunMs) * Math.max(1, atOnceMax - 1), pauseMsMax);
    if (!isLast) await sleep(pauseMs, context.shouldStop);
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
    if (created.length > 0) {
      tx.emit("jobs");
      tx.emit("pool_rows");
    }
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

/**
 * Splits the creates into transactions. Every pool gets its first few before any gets more, so that those that run at
 * once are seldom of one pool.
 */
function groups(pools: readonly PoolCreate[]): PoolCreate[][] {
  const result: PoolCreate[][] = [];
  let current: PoolCreate[] = [];
  let creates = 0;
  const close = (): void => {
    if (current.length > 0) result.push(current);
    current = [];
    creates = 0;
  };
  for (let made = 0, rest = pools; rest.length > 0; made += createsPerTransactionMax) {
    for (const pool of rest) {
      const count = Math.min(pool.count - made, createsPerTransactionMax);
      if (creates + count > createsPerTransactionMax) close();
      current.push({ ...pool, count });
      creates += count;
    }
    close();
    rest = rest.filter((pool) => pool.count > made + createsPerTransactionMax);
  }
  return result;
}
