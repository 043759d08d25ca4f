// What use cases and loops are given of the configuration. What may change while the server runs (`live-options.ts`) is a
// getter here, and never copied.
import type { AppOptions } from "../app/app-context.ts";
import { hashSecret } from "../app/secret.ts";
import { loopbackAppsHost } from "../contracts/app-address.ts";
import { isLoopbackHost } from "../contracts/loopback.ts";
import type { PrebuildsOptions } from "../controllers/prebuilds/prebuilds-deps.ts";
import type { ServerConfig } from "../platform/config/server-options.ts";
import { packageVersion } from "./version.ts";

export function appOptions(
  config: ServerConfig,
  own: { readonly accessUrl: () => string; readonly daemonKey: string },
): AppOptions {
  return {
    accessUrl: own.accessUrl,
    ...appsHost(config),
    get maxShare() {
      return config.accessMaxShare;
    },
    forwardTargets: config.accessForwardTargets,
    version: packageVersion(),
    get sessionLifetimeMs() {
      return config.sessionLifetimeMs;
    },
    leaseMs: config.provisionerLeaseMs,
    get reservedShare() {
      return config.provisionerReservedShare;
    },
    orphanAgeMs: config.provisionerOrphanAgeMs,
    agentLostAfterMs: config.prebuildsAgentLostAfterMs,
    poolLimits: prebuildsOptions(config),
    uploadBytesMax: config.templateUploadMaxBytes,
    unpackedBytesMax: config.templateUnpackedMaxBytes,
    builtinDaemonKeyHash: hashSecret(own.daemonKey),
    digestIntervalMs: config.notificationsDigestIntervalMs,
    isUnisolatedAllowed: config.provisionerAllowUnisolated,
    get isAccessAudited() {
      return config.auditAccess;
    },
    isPrivateWebhookAllowed: config.webhookAllowPrivate,
    get creationsPerMinuteMax() {
      return config.creationsPerMinuteMax;
    },
    get terminalDetachedMs() {
      return config.terminalDetachedMs;
    },
    get isQuotaEnabled() {
      return config.quotaEnabled;
    },
  };
}

/** Where apps have their addresses. */
function appsHost(config: ServerConfig): Pick<AppOptions, "appsHost" | "appsPort"> {
  const [host = "", port] = config.accessAppsHost.toLowerCase().split(":");
  if (host !== "") return { appsHost: host, appsPort: port === undefined ? null : `:${port}` };
  const isLocal =
    isLoopbackHost(config.httpHost) &&
    (config.accessUrl === undefined || isLoopbackHost(new URL(config.accessUrl).hostname));
  return { appsHost: isLocal ? loopbackAppsHost : null, appsPort: null };
}

/** What the reconciler holds pools to. */
export function prebuildsOptions(config: ServerConfig): PrebuildsOptions {
  return {
    intervalMs: config.prebuildsReconciliationIntervalMs,
    policy: {
      get backoffIntervalMs() {
        return config.prebuildsBackoffIntervalMs;
      },
      get backoffLookbackMs() {
        return config.prebuildsBackoffLookbackMs;
      },
      get failureHardLimit() {
        return config.prebuildsFailureHardLimit;
      },
      get probeIntervalMs() {
        return config.prebuildsProbeIntervalMs;
      },
      get inFlightPerPresetMax() {
        return config.prebuildsInFlightPerPreset;
      },
      disabled: !config.prebuildsEnabled,
    },
    get inFlightMax() {
      return config.prebuildsInFlightTotal;
    },
    get createsPerMinuteMax() {
      return config.prebuildsCreatesPerMinute;
    },
    get failedKeptMax() {
      return config.prebuildsFailedKept;
    },
    connectionsMax: config.pgConnMaxOpen,
    get isQuotaEnabled() {
      return config.quotaEnabled;
    },
    get prebuildsAllowance() {
      return config.quotaPrebuildsAllowance;
    },
  };
}
