import type { OrganizationId } from "../../contracts/ids.ts";
import type { DeploymentSnapshot } from "../../domain/pool/deployment-snapshot.ts";
import type { PoolQuota } from "../../domain/pool/limit-by-quota.ts";
import { type CreateRate, createRateWindowMs } from "../../domain/pool/limit-create-rate.ts";
import { isActivePreset, type PoolPolicy } from "../../domain/pool/pool-snapshot.ts";
import { quotaOfPools } from "../people/quota.ts";
import { type PrebuildsSwitches, readSwitches } from "../settings/settings.ts";
import type { Sql } from "../store.ts";
import { type LoadedPool, loadPools, prebuildsCreatedSince } from "./load-pools.ts";

/** What the options of a server say about all pools. */
export interface DeploymentLimits {
  /** `disabled`: prebuilds are switched off by an option of this server. */
  readonly policy: Omit<PoolPolicy, "paused">;
  /** Prebuild builds of the whole deployment that may be pending or running; 0 = no limit. */
  readonly inFlightMax: number;
  /** Prebuilds of the whole deployment that may be created within a minute; 0 = no limit. */
  readonly createsPerMinuteMax: number;
  /** Whether pools are held to the allowance of the group `prebuilds`. */
  readonly isQuotaEnabled: boolean;
}

export interface LoadedDeployment {
  readonly snapshot: DeploymentSnapshot;
  readonly switches: PrebuildsSwitches;
  /** The pools of the snapshot, in its order, with what is only shown of them. */
  readonly pools: readonly LoadedPool[];
}

export interface LoadDeploymentInput {
  readonly limits: DeploymentLimits;
  readonly now: Date;
  /** Whether pools that only have failed or parked prebuilds left are wanted too. Nothing is ever planned for them. */
  readonly isForPeople?: boolean;
}

/** Loads all that a plan is made from, in a fixed number of statements; call it in one snapshot of the database. */
export async function loadDeployment(sql: Sql, input: LoadDeploymentInput): Promise<LoadedDeployment> {
  const { limits, now } = input;
  const switches = await readSwitches(sql);
  const { backoffLookbackMs } = limits.policy;
  const pools = await loadPools(sql, { now, backoffLookbackMs, isForPeople: input.isForPeople ?? false });
  const policy: PoolPolicy = {
    ...limits.policy,
    paused: switches.pause.isTurned,
    disabled: limits.policy.disabled || switches.off.isTurned,
  };
  const snapshot: DeploymentSnapshot = {
    now: now.getTime(),
    policy,
    pools,
    inFlightMax: limits.inFlightMax,
    createRate: await createRate(sql, limits, now),
    quotas: limits.isQuotaEnabled ? await quotasOf(sql, pools) : null,
  };
  return { snapshot, switches, pools };
}

/** What was created lately is asked only where there is a limit. */
async function createRate(sql: Sql, { createsPerMinuteMax }: DeploymentLimits, now: Date): Promise<CreateRate> {
  if (createsPerMinuteMax === 0) return { createsPerMinuteMax, createdCount: 0, oldestCreatedAt: null };
  return {
    createsPerMinuteMax,
    ...(await prebuildsCreatedSince(sql, new Date(now.getTime() - createRateWindowMs))),
  };
}

/** The quotas of the organizations in which a pool that may create has prebuilds that cost something. */
async function quotasOf(sql: Sql, pools: readonly LoadedPool[]): Promise<ReadonlyMap<OrganizationId, PoolQuota>> {
  const priced = pools.filter(({ preset, cost }) => cost > 0 && isActivePreset(preset));
  const organizationIds = [...new Set(priced.map(({ preset }) => preset.organizationId))];
  return organizationIds.length === 0 ? new Map() : await quotaOfPools(sql, organizationIds);
}
