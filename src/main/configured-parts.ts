// What use cases and loops are given of the configuration.
import type { AppOptions } from "../app/app-context.ts";
import { hashSecret } from "../app/secret.ts";
import { loopbackAppsHost } from "../contracts/app-address.ts";
import { isLoopbackHost } from "../contracts/loopback.ts";
import type { PrebuildsOptions } from "../controllers/prebuilds/prebuilds-deps.ts";
import type { RetentionKeeps } from "../db/retention/retention-keeps.ts";
import type { ServerConfig } from "../platform/config/server-options.ts";
import { fromConfig } from "./from-config.ts";
import { packageVersion } from "./version.ts";

export function appOptions(
  config: ServerConfig,
  own: { readonly accessUrl: () => string; readonly daemonKey: string },
): AppOptions {
  return fromConfig(
    config,
    {
      maxShare: "accessMaxShare",
      forwardTargets: "accessForwardTargets",
      sessionLifetimeMs: "sessionLifetimeMs",
      leaseMs: "provisionerLeaseMs",
      reservedShare: "provisionerReservedShare",
      orphanAgeMs: "provisionerOrphanAgeMs",
      agentLostAfterMs: "prebuildsAgentLostAfterMs",
      uploadBytesMax: "templateUploadMaxBytes",
      unpackedBytesMax: "templateUnpackedMaxBytes",
      digestIntervalMs: "notificationsDigestIntervalMs",
      isUnisolatedAllowed: "provisionerAllowUnisolated",
      isAccessAudited: "auditAccess",
      isPrivateWebhookAllowed: "webhookAllowPrivate",
      creationsPerMinuteMax: "creationsPerMinuteMax",
      terminalDetachedMs: "terminalDetachedMs",
      isQuotaEnabled: "quotaEnabled",
    },
    {
      accessUrl: own.accessUrl,
      ...appsHost(config),
      version: packageVersion(),
      poolLimits: prebuildsOptions(config),
      builtinDaemonKeyHash: hashSecret(own.daemonKey),
    },
  );
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
  const policy = fromConfig(
    config,
    {
      backoffIntervalMs: "prebuildsBackoffIntervalMs",
      backoffLookbackMs: "prebuildsBackoffLookbackMs",
      failureHardLimit: "prebuildsFailureHardLimit",
      probeIntervalMs: "prebuildsProbeIntervalMs",
      inFlightPerPresetMax: "prebuildsInFlightPerPreset",
    },
    { disabled: !config.prebuildsEnabled },
  );
  return fromConfig(
    config,
    {
      intervalMs: "prebuildsReconciliationIntervalMs",
      inFlightMax: "prebuildsInFlightTotal",
      createsPerMinuteMax: "prebuildsCreatesPerMinute",
      failedKeptMax: "prebuildsFailedKept",
      connectionsMax: "pgConnMaxOpen",
      isQuotaEnabled: "quotaEnabled",
      prebuildsAllowance: "quotaPrebuildsAllowance",
    },
    { policy },
  );
}

/** How much history the configuration wants to be kept. */
export function retentionKeeps(config: ServerConfig): RetentionKeeps {
  return fromConfig(
    config,
    {
      workspacesMs: "retentionWorkspacesMs",
      buildsMax: "retentionBuildsMax",
      versionsMs: "retentionVersionsMs",
      versionsMax: "retentionVersionsMax",
      daemonsMs: "retentionDaemonsMs",
      demandMs: "retentionDemandMs",
      auditMs: "auditKeepMs",
      backoffLookbackMs: "prebuildsBackoffLookbackMs",
    },
    {},
  );
}
