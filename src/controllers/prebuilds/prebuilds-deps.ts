import type { ServerId } from "../../contracts/ids.ts";
import type { Db } from "../../db/store.ts";
import type { PoolPolicy } from "../../domain/pool/pool-snapshot.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import type { Random } from "../../platform/random.ts";

export interface PrebuildsOptions {
  readonly intervalMs: number;
  readonly policy: Omit<PoolPolicy, "paused">;
  /** Prebuild builds of the whole deployment that may be pending or running; 0 = no limit. */
  readonly inFlightMax: number;
  /** Prebuilds of the whole deployment that may be created within a minute; 0 = no limit. */
  readonly createsPerMinuteMax: number;
  /** Failed prebuilds of a pool that are kept as evidence. */
  readonly failedKeptMax: number;
  /** Connections of the pool; at most half of them are used for creates at once (spec §3). */
  readonly connectionsMax: number;
  /** Whether pools are held to the allowance of the group `prebuilds`. */
  readonly isQuotaEnabled: boolean;
  /** Cost units that this group has when it is made. */
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
