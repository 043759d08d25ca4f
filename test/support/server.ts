import { liveServerConfig } from "../../src/platform/config/live-options.ts";
import { loadConfig } from "../../src/platform/config/load-config.ts";
import { serverOptions } from "../../src/platform/config/server-options.ts";
import type pg from "pg";
import type { AppContext } from "../../src/app/app-context.ts";
import { type ReadingDepth, readTemplateText } from "../../src/app/templates/manifest-reader.ts";
import { ClaimQueue } from "../../src/app/workspaces/claim-queue.ts";
import { FormEvaluations } from "../../src/app/forms/form-evaluations.ts";
import { ClaimWaiters } from "../../src/app/workspaces/claim-waiters.ts";
import { createVersionDefinitions, type VersionDefinitions } from "../../src/app/workspaces/version-definitions.ts";
import { Signer } from "../../src/app/signer.ts";
import { createStateVault, stateKeyBytes } from "../../src/app/provisioner/state-vault.ts";
import type { MemoryBus } from "../../src/bus/memory-bus.ts";
import type { ServerId } from "../../src/contracts/ids.ts";
import type { Topic } from "../../src/contracts/news.ts";
import type { EmbeddedConnection } from "../../src/db/embedded/start-embedded.ts";
import { createPool } from "../../src/db/pg-pool.ts";
import { Store } from "../../src/db/store.ts";
import type { DeploymentLimits } from "../../src/db/pools/load-deployment.ts";
import type { PoolPolicy } from "../../src/domain/pool/pool-snapshot.ts";
import type { Clock } from "../../src/platform/clock.ts";
import type { MemoryLogger } from "../../src/platform/logger.ts";
import { createPrebuildsSwitch } from "../../src/platform/prebuilds-switch.ts";
import { type Random, systemRandom } from "../../src/platform/random.ts";

export const testPolicy: Omit<PoolPolicy, "paused"> = {
  backoffIntervalMs: 60_000,
  backoffLookbackMs: 3_600_000,
  failureHardLimit: 3,
  probeIntervalMs: 600_000,
  inFlightPerPresetMax: 0,
  disabled: false,
};

export interface ServerOptions {
  readonly connectionsMax?: number;
  /** `fails`: every publish throws, as a broken bus would. */
  readonly publish?: "works" | "fails";
  readonly isPrebuildsEnabled?: boolean;
  readonly isQuotaEnabled?: boolean;
  /** Allowed unless said: most tests have several people, and daemons that nobody runs. */
  readonly isUnisolatedAllowed?: boolean;
  readonly policy?: Partial<Omit<PoolPolicy, "paused">>;
  /** Limits that all pools share; none unless said. */
  readonly limits?: Partial<Pick<DeploymentLimits, "inFlightMax" | "createsPerMinuteMax">>;
  readonly random?: Random;
  /** Nothing is reserved unless said. */
  readonly reservedShare?: number;
  /** Keys that states are sealed with; every server of a test has the same unless said. */
  readonly stateKeys?: readonly [Buffer, ...Buffer[]];
}

/** One server's view of the database: a pool of its own, a store, and what the use cases are given. */
export interface TestServer {
  readonly id: ServerId;
  readonly pool: pg.Pool;
  readonly store: Store;
  readonly context: AppContext & {
    readonly versions: VersionDefinitions;
    readonly claims: ClaimQueue;
    readonly waiters: ClaimWaiters;
    readonly forms: FormEvaluations;
  };
  /** Everything that was published, in order. */
  readonly published: Topic[];
  readonly connectionsMax: number;
  stop(): Promise<void>;
}

export interface Deployment {
  readonly connection: EmbeddedConnection;
  readonly bus: MemoryBus;
  readonly clock: Clock;
  readonly logger: MemoryLogger;
}

export const connectionsMaxUnlessSaid = 8;

/** @param lent a pool with as many connections as the options say, instead of one of its own. */
export function startServer(deployment: Deployment, options: ServerOptions = {}, lent?: pg.Pool): TestServer {
  const { bus, clock, logger, connection } = deployment;
  const connectionsMax = options.connectionsMax ?? connectionsMaxUnlessSaid;
  const pool = lent ?? createPool({ connection, connectionsMax, idleMax: 2, logger });
  const published: Topic[] = [];
  const store = new Store({
    pool,
    logger,
    publish: (topics) => {
      if (options.publish === "fails") throw new Error("the bus is broken");
      published.push(...topics);
      bus.publish(topics);
    },
  });
  const random = options.random ?? systemRandom;
  const id = systemRandom.uuid() as ServerId;
  const context = {
    db: store,
    clock,
    random,
    logger,
    news: bus,
    serverId: id,
    monotonicMs: () => performance.now(),
    versions: createVersionDefinitions(),
    claims: new ClaimQueue(store, { logger, monotonicMs: () => performance.now() }),
    waiters: new ClaimWaiters(),
    forms: new FormEvaluations(),
    prebuildsSwitch: createPrebuildsSwitch(options.isPrebuildsEnabled ?? true),
    settings: liveServerConfig(loadConfig(serverOptions, { flags: new Map(), env: {} })),
    manifestReader: async (text: string, depth?: ReadingDepth) => readTemplateText(text, depth),
    stateVault: createStateVault(options.stateKeys ?? [Buffer.alloc(stateKeyBytes, "k")], random),
    signer: new Signer(options.stateKeys ?? [Buffer.alloc(stateKeyBytes, "k")]),
    options: {
      accessUrl: () => "http://127.0.0.1:1",
      appsHost: "apps.localhost",
      appsPort: null,
      maxShare: "authenticated" as const,
      forwardTargets: "any" as const,
      version: "test",
      sessionLifetimeMs: 3_600_000,
      leaseMs: 30_000,
      reservedShare: options.reservedShare ?? 0,
      orphanAgeMs: 600_000,
      agentLostAfterMs: 600_000,
      poolLimits: {
        policy: { ...testPolicy, disabled: !(options.isPrebuildsEnabled ?? true), ...options.policy },
        inFlightMax: 0,
        createsPerMinuteMax: 0,
        isQuotaEnabled: options.isQuotaEnabled ?? false,
        ...options.limits,
      },
      uploadBytesMax: 1_000_000,
      unpackedBytesMax: 1_000_000,
      builtinDaemonKeyHash: Buffer.alloc(32),
      creationsPerMinuteMax: 0,
      terminalDetachedMs: 60_000,
      isQuotaEnabled: options.isQuotaEnabled ?? false,
      digestIntervalMs: 3_600_000,
      isUnisolatedAllowed: options.isUnisolatedAllowed ?? true,
      isAccessAudited: true,
      isPrivateWebhookAllowed: false,
    },
  };
  return { id, pool, store, context, published, connectionsMax, stop: () => pool.end() };
}
