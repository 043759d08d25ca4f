import { LiveConfig } from "./live-config.ts";
import type { LoadedConfig } from "./load-config.ts";
import { type ServerConfig, serverOptions } from "./server-options.ts";

/**
 * Options that may be changed while servers run, by the property names of their values. Each is read where it is used,
 * at every use: one that is kept at the start does not belong here. What opens the server to somebody (addresses, ports,
 * keys, isolation) is not here either: it is the host's operator who says that.
 */
export const liveOptions = [
  "prebuildsBackoffIntervalMs",
  "prebuildsBackoffLookbackMs",
  "prebuildsFailureHardLimit",
  "prebuildsProbeIntervalMs",
  "prebuildsInFlightPerPreset",
  "prebuildsInFlightTotal",
  "prebuildsCreatesPerMinute",
  "prebuildsFailedKept",
  "quotaEnabled",
  "quotaPrebuildsAllowance",
  "provisionerReservedShare",
  "creationsPerMinuteMax",
  "sessionLifetimeMs",
  "terminalDetachedMs",
  "auditAccess",
  "auditKeepMs",
  "accessMaxShare",
  "retentionWorkspacesMs",
  "retentionBuildsMax",
  "retentionVersionsMs",
  "retentionVersionsMax",
  "retentionDaemonsMs",
  "retentionDemandMs",
] as const satisfies readonly (keyof ServerConfig)[];

/** The server's options as they were loaded, of which these may change. `defaults` as in `ConfigInput`. */
export function liveServerConfig(
  loaded: LoadedConfig<typeof serverOptions>,
  defaults: Readonly<Record<string, string>> = {},
): LiveConfig<typeof serverOptions> {
  return new LiveConfig({ options: serverOptions, loaded, live: liveOptions, defaults });
}
