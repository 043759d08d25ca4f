import { processAccountsDefault } from "../../contracts/limits.ts";
import { terminalDetachedMs } from "../../contracts/terminals.ts";
import { logFormats, logLevels } from "../logger.ts";
import { dockerOptions } from "./docker-options.ts";
import { httpOptions } from "./http-options.ts";
import type { ConfigValues } from "./load-config.ts";
import { metricsOptions } from "./metrics-options.ts";
import { notificationOptions } from "./notification-options.ts";
import { retentionOptions } from "./retention-options.ts";
import {
  booleanOption,
  bytesOption,
  durationOption,
  enumOption,
  integerOption,
  numberOption,
  stringOption,
  urlOption,
} from "./option.ts";

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const mebibyte = 1024 ** 2;
// setTimeout overflows above 2^31 - 1 ms and then fires at once; no interval may come near it.
const timerMaxMs = 24 * dayMs;

const general = {
  httpHost: stringOption({
    name: "http.host",
    default: "127.0.0.1",
    description: "Address to listen on. 0.0.0.0 makes the server reachable from other machines.",
  }),
  httpPort: integerOption({
    name: "http.port",
    default: 7080,
    min: 0,
    max: 65_535,
    description: "Port to listen on; 0 takes any free one.",
  }),
  httpConnectionsMax: integerOption({
    name: "http.connections_max",
    default: 10_000,
    min: 10,
    max: 1_000_000,
    description:
      "Most connections that one server holds at once: one for each agent and each open stream, a few for each person and provisioner. More are closed at once.",
  }),
  httpStopDelayMs: durationOption({
    name: "http.stop_delay",
    default: 0,
    min: 0,
    max: 10 * minuteMs,
    description:
      "Time for which a server that was told to stop serves on while `/readyz` answers 503. Behind a load balancer: as long as that takes to notice, and a little more.",
  }),
  accessUrl: urlOption({
    name: "access_url",
    protocols: ["http", "https"],
    description:
      "URL under which people, agents and provisioners reach the server, when it differs from host and port.",
  }),
  httpPeerUrl: urlOption({
    name: "http.peer_url",
    protocols: ["http", "https"],
    description:
      "URL under which the other servers of the deployment reach this one, and no other. Without it: the address that it listens on, or the machine's name where that is every address.",
  }),
  dataDir: stringOption({
    name: "data_dir",
    default: ".prewarm",
    description: "Folder of the embedded PostgreSQL and of the server's own files.",
  }),
  logLevel: enumOption({
    name: "log.level",
    default: "info",
    choices: logLevels,
    description: "Least important level that is logged.",
  }),
  logFormat: enumOption({
    name: "log.format",
    default: "pretty",
    choices: logFormats,
    description: "One line for people, or one JSON object, an entry.",
  }),
};

const database = {
  pgUrl: urlOption({
    name: "pg.url",
    protocols: ["postgres", "postgresql"],
    envAliases: ["PREWARM_DATABASE_URL"],
    isSecret: true,
    description: "External PostgreSQL (15 or newer). Without it the server runs its own, in the data folder.",
  }),
  pgConnMaxOpen: integerOption({
    name: "pg.conn_max_open",
    default: 10,
    min: 1,
    max: 1000,
    description: "Most connections that one server opens. Half of them, at least one, may work on prebuilds.",
  }),
  pgConnMaxIdle: integerOption({
    name: "pg.conn_max_idle",
    default: 3,
    min: 0,
    max: 1000,
    description: "Connections kept open while nothing happens.",
  }),
};

const prebuilds = {
  prebuildsEnabled: booleanOption({
    name: "prebuilds.enabled",
    default: true,
    description:
      "Whether this server keeps pools and serves claims. On, `prewarm prebuilds disable` and `enable` switch it at run time.",
  }),
  prebuildsReconciliationIntervalMs: durationOption({
    name: "prebuilds.reconciliation_interval",
    default: minuteMs,
    min: 1,
    max: timerMaxMs,
    description: "Longest time between two looks at all pools. Events start one at once.",
  }),
  prebuildsBackoffIntervalMs: durationOption({
    name: "prebuilds.backoff_interval",
    default: minuteMs,
    min: 1,
    max: timerMaxMs,
    description: "Time that each recent failure of a preset adds before its next prebuild is created.",
  }),
  prebuildsBackoffLookbackMs: durationOption({
    name: "prebuilds.backoff_lookback",
    default: hourMs,
    min: 1,
    max: 365 * dayMs,
    description: "How far back failures count for the backoff.",
  }),
  prebuildsFailureHardLimit: integerOption({
    name: "prebuilds.failure_hard_limit",
    default: 3,
    min: 0,
    max: 1000,
    description: "Failures in a row after which a preset is only probed; 0 switches the limit off.",
  }),
  prebuildsProbeIntervalMs: durationOption({
    name: "prebuilds.probe_interval",
    default: 10 * minuteMs,
    min: 1,
    max: timerMaxMs,
    description: "Time between two probes of a preset that reached the hard limit.",
  }),
  prebuildsInFlightPerPreset: integerOption({
    name: "prebuilds.in_flight_per_preset",
    default: 25,
    min: 0,
    max: 10_000,
    description: "Most prebuild builds of one preset that are pending or running at a time; 0 for no limit.",
  }),
  prebuildsInFlightTotal: integerOption({
    name: "prebuilds.in_flight_total",
    default: 200,
    min: 0,
    max: 100_000,
    description: "Most prebuild builds of the deployment that are pending or running at a time; 0 for no limit.",
  }),
  prebuildsCreatesPerMinute: integerOption({
    name: "prebuilds.creates_per_minute",
    default: 0,
    min: 0,
    max: 1_000_000,
    description: "Most prebuilds that the deployment creates within a minute; 0 for no limit.",
  }),
  prebuildsAgentLostAfterMs: durationOption({
    name: "prebuilds.agent_lost_after",
    default: 10 * minuteMs,
    min: secondMs,
    max: 30 * dayMs,
    description:
      "Time after which an unclaimed prebuild is replaced whose agent was ready and is not connected any more, counted while a server is there to be called. Also how long an agent may take to connect after the build where its template has no `connect_timeout`: a prebuild that takes longer has failed.",
  }),
  prebuildsFailedKept: integerOption({
    name: "prebuilds.failed_kept",
    default: 3,
    min: 0,
    max: 1000,
    description: "Failed prebuilds kept for a look at what went wrong, per preset; the oldest go first.",
  }),
};

const quota = {
  quotaEnabled: booleanOption({
    name: "quota.enabled",
    default: false,
    description:
      "Whether creations and pools are held to the allowances of groups. Servers of a deployment need the same.",
  }),
  quotaPrebuildsAllowance: integerOption({
    name: "quota.prebuilds_allowance",
    default: 0,
    min: 0,
    max: 1_000_000_000,
    description: "Cost units that the unclaimed prebuilds of an organization may have, when its group of them is made.",
  }),
};

const rest = {
  provisionerBuiltin: booleanOption({
    name: "provisioner.builtin",
    default: true,
    description: "Whether the server runs a provisioner daemon of its own.",
  }),
  provisionerConcurrency: integerOption({
    name: "provisioner.concurrency",
    default: 3,
    min: 1,
    max: 1000,
    description: "Jobs that the built-in provisioner daemon runs at a time.",
  }),
  provisionerLeaseMs: durationOption({
    name: "provisioner.lease",
    default: 30 * secondMs,
    min: secondMs,
    max: hourMs,
    description: "Time after which a job whose daemon has gone silent is given up.",
  }),
  provisionerReservedShare: numberOption({
    name: "provisioner.reserved_share",
    default: 0.25,
    min: 0,
    max: 1,
    description:
      "Share of each daemon's slots that builds of prebuilds leave free for people: at least one slot when it has several; 0 reserves none.",
  }),
  provisionerPreemptAfterMs: durationOption({
    name: "provisioner.preempt_after",
    default: 0,
    min: 0,
    max: dayMs,
    description:
      "Time that a person's job may wait before the youngest running build of a prebuild is cancelled in its favour; 0 never cancels any.",
  }),
  provisionerWaitLimitMs: durationOption({
    name: "provisioner.wait_limit",
    default: dayMs,
    min: 0,
    max: 30 * dayMs,
    description:
      "Time after which a job that no connected provisioner can take fails, with the reason; 0 lets it wait for ever. Builds of prebuilds are their pools' business.",
  }),
  provisionerOrphanAgeMs: durationOption({
    name: "provisioner.orphan_age",
    default: 10 * minuteMs,
    min: 0,
    max: 30 * dayMs,
    description:
      "Age from which the sweep acts: on things that exist for workspaces which are unknown or deleted, and on workspaces whose things are gone.",
  }),
  stateKey: stringOption({
    name: "state.key",
    default: "",
    isSecret: true,
    description:
      "Key that seals the provider states in the database: 32 bytes in base64. Without it one is made in the data folder. After a comma: older keys, which still open. Several servers need the same.",
  }),
  provisionerDrivers: stringOption({
    name: "provisioner.drivers",
    default: "auto",
    description:
      "Drivers of the built-in provisioner daemon, with commas between them: process, docker, terraform, fake. `auto`: process, and docker and terraform where they are found to work.",
  }),
  terraformBinary: stringOption({
    name: "provisioner.terraform_binary",
    default: "terraform",
    description:
      "Program of the driver terraform, of Terraform or OpenTofu 1.6 or newer: a name on the PATH, or a path.",
  }),
  terraformModuleMirror: stringOption({
    name: "provisioner.terraform_module_mirror",
    default: "",
    description:
      "Folder with archives of Terraform modules, for registries that the provisioner does not reach: `HOST/NAMESPACE/NAME/PROVIDER/VERSION.tar.gz`. The driver terraform takes the modules of each HOST that is there from it alone.",
  }),
  provisionerAllowUnisolated: booleanOption({
    name: "provisioner.allow_unisolated",
    default: false,
    description:
      "Whether people who are not administrators may have workspaces that are kept apart from nothing: those of the driver process where the provisioner is not root. Each of them can read all others and the provisioner's secrets.",
  }),
  processAccounts: stringOption({
    name: "provisioner.process_accounts",
    default: processAccountsDefault,
    description:
      "User ids of workspaces of the driver process, FIRST-LAST, one for each, where the provisioner runs as root; nobody else on the host may have them. `off`: workspaces run as the provisioner does, and can read its secrets.",
  }),
  creationsPerMinuteMax: integerOption({
    name: "http.creations_per_minute",
    default: 600,
    min: 0,
    max: 10_000_000,
    description: "Workspaces that one person may create in a minute through one server; 0 for no limit.",
  }),
  sessionLifetimeMs: durationOption({
    name: "session.lifetime",
    default: 7 * dayMs,
    min: minuteMs,
    max: 365 * dayMs,
    description: "Time after which somebody who signed in has to sign in again.",
  }),
  terminalDetachedMs: durationOption({
    name: "terminal.detached_ttl",
    default: terminalDetachedMs,
    min: minuteMs,
    max: 20 * dayMs,
    description:
      "Time for which a terminal of a workspace (`prewarm terminal`) goes on while nobody looks at it. An agent takes it over when it starts.",
  }),
  auditKeepMs: durationOption({
    name: "audit.keep",
    default: 365 * dayMs,
    min: dayMs,
    max: 3_650 * dayMs,
    description: "Time for which entries of the audit log are kept.",
  }),
  templateUploadMaxBytes: bytesOption({
    name: "template.upload_max_bytes",
    default: 10 * mebibyte,
    min: 1024,
    max: 1024 * mebibyte,
    description: "Largest template archive that is accepted.",
  }),
  templateUnpackedMaxBytes: bytesOption({
    name: "template.unpacked_max_bytes",
    default: 100 * mebibyte,
    min: 1024,
    max: 10_240 * mebibyte,
    description: "Largest size of a template archive's files together, once unpacked.",
  }),
};

/** Every option of `prewarm server` (spec §10). */
export const serverOptions = {
  ...general,
  ...httpOptions,
  ...database,
  ...prebuilds,
  ...quota,
  ...rest,
  ...metricsOptions,
  ...notificationOptions,
  ...retentionOptions,
  ...dockerOptions,
};

export type ServerConfig = ConfigValues<typeof serverOptions>;
