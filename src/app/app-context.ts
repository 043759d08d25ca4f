import type { ServerId } from "../contracts/ids.ts";
import type { ForwardTargets } from "../contracts/forward-targets.ts";
import type { ShareLevel } from "../contracts/share-levels.ts";
import type { DeploymentLimits } from "../db/pools/load-deployment.ts";
import type { Db } from "../db/store.ts";
import type { Clock } from "../platform/clock.ts";
import type { SettingsHolder } from "../platform/config/live-config.ts";
import type { Logger } from "../platform/logger.ts";
import type { NewsSource } from "../platform/news.ts";
import type { PrebuildsSwitchHolder } from "../platform/prebuilds-switch.ts";
import type { Random } from "../platform/random.ts";
import type { ManifestReader } from "./templates/manifest-reader.ts";
import type { StateVault } from "./provisioner/state-vault.ts";
import type { Signer } from "./signer.ts";

/** Options of the deployment that use cases depend on: read each at its use, as many may change while the server runs. */
export interface AppOptions {
  /** URL at which agents and people reach the deployment; asked each time, as the port may be chosen at start. */
  readonly accessUrl: () => string;
  /** Domain of the apps' addresses; null: there is none. */
  readonly appsHost: string | null;
  /** Of the apps' addresses where it is not that of `accessUrl`, with its colon. */
  readonly appsPort: string | null;
  readonly maxShare: ShareLevel;
  /** Where people's streams may lead from their workspaces. */
  readonly forwardTargets: ForwardTargets;
  readonly version: string;
  readonly sessionLifetimeMs: number;
  readonly leaseMs: number;
  /** Share of a daemon's slots that builds of prebuilds leave free for people. */
  readonly reservedShare: number;
  /** Age from which the sweep acts on what exists without the database, or only in it. */
  readonly orphanAgeMs: number;
  /** How long an agent may take to connect where its template does not say, and how long it may be away. */
  readonly agentLostAfterMs: number;
  /** What the reconciler holds pools to, for saying what it will do. */
  readonly poolLimits: DeploymentLimits;
  readonly uploadBytesMax: number;
  readonly unpackedBytesMax: number;
  /** SHA-256 of the key of the server's own daemon, made anew at each start. */
  readonly builtinDaemonKeyHash: Buffer;
  /** Creations that one user may ask for in a minute on one server; 0 = no limit. */
  readonly creationsPerMinuteMax: number;
  /** How long a terminal goes on in a workspace while nobody looks. */
  readonly terminalDetachedMs: number;
  /** Whether creations and pools are held to the allowances of groups. */
  readonly isQuotaEnabled: boolean;
  /** Whether people who do not administer may have workspaces that are kept apart from nothing. */
  readonly isUnisolatedAllowed: boolean;
  /** Time of which one digest of notifications tells. */
  readonly digestIntervalMs: number;
  /** Whether the audit log tells who got into which workspace. */
  readonly isAccessAudited: boolean;
  /** Whether webhooks may go to private addresses. */
  readonly isPrivateWebhookAllowed: boolean;
}

/** What every use case is given. */
export interface AppContext {
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly news: NewsSource;
  readonly serverId: ServerId;
  /** Monotonic milliseconds, for timings. */
  readonly monotonicMs: () => number;
  readonly stateVault: StateVault;
  readonly signer: Signer;
  readonly prebuildsSwitch: PrebuildsSwitchHolder;
  readonly manifestReader: ManifestReader;
  readonly settings: SettingsHolder;
  readonly options: AppOptions;
}
