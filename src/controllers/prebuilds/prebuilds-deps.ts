import type { ServerId } from "../../contracts/ids.ts";
import type { DeploymentLimits } from "../../db/pools/load-deployment.ts";
import type { Db } from "../../db/store.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import type { Random } from "../../platform/random.ts";

export interface PrebuildsOptions extends DeploymentLimits {
  readonly intervalMs: number;
  /** Failed prebuilds of a pool that are kept as evidence. */
  readonly failedKeptMax: number;
  /** Connections of the pool; at most half of them are used for creates at once (spec §3). */
  readonly connectionsMax: number;
  /** Cost units that the group `prebuilds` has when it is made. */
  readonly prebuildsAllowance: number;
}

export interface PrebuildsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly serverId: ServerId;
  readonly monotonicMs: () => number;
  readonly options: PrebuildsOptions;
}

/** Half of the connections, at least one: people's requests always find a free one (case 121). */
export function concurrencyFor(connectionsMax: number): number {
  return Math.max(1, Math.floor(connectionsMax / 2));
}
