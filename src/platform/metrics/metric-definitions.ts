export interface MetricDefinition {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds in seconds; of histograms. */
  readonly buckets?: readonly number[];
  /** Whether its name begins with the configured namespace; the others always begin with `prewarm`. */
  readonly isWellKnown?: true;
  /**
   * `deployment`: read from the database by the refresh, so every server shows the same (take the maximum over servers).
   * `server`: seen by this server alone (add them up).
   */
  readonly scope: "deployment" | "server";
}

const poolLabels = ["template_name", "preset_name", "organization_name"] as const;
const claimBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const buildBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600];
const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const runBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

const pools = {
  prebuilt_workspaces_created_total: {
    type: "counter",
    help: "Prebuilds that were created.",
    labels: poolLabels,
    isWellKnown: true,
    scope: "deployment",
  },
  prebuilt_workspaces_failed_total: {
    type: "counter",
    help: "Prebuilds whose first build failed or was abandoned; a cancelled one is no failure.",
    labels: poolLabels,
    isWellKnown: true,
    scope: "deployment",
  },
  prebuilt_workspaces_claimed_total: {
    type: "counter",
    help: "Prebuilds that were handed to a person: the hits.",
    labels: poolLabels,
    isWellKnown: true,
    scope: "deployment",
  },
  prebuilt_workspaces_resource_replacements_total: {
    type: "counter",
    help: "Claims whose build replaced resources of the prebuild; one per claim, however many resources.",
    labels: poolLabels,
    isWellKnown: true,
    scope: "deployment",
  },
  prebuilt_workspaces_missed_total: {
    type: "counter",
    help: "Creations that no prebuild served, by reason; preset_name is empty when none matched.",
    labels: [...poolLabels, "reason"],
    isWellKnown: true,
    scope: "deployment",
  },
  prebuilt_workspaces_desired: {
    type: "gauge",
    help: "Unclaimed prebuilds that the pool is to keep now; of active presets only.",
    labels: poolLabels,
    isWellKnown: true,
    scope: "deployment",
  },
  prebuilt_workspaces_running: {
    type: "gauge",
    help: "Unclaimed prebuilds whose latest build is a succeeded start, of all versions of the template.",
    labels: poolLabels,
    isWellKnown: true,
    scope: "deployment",
  },
  prebuilt_workspaces_eligible: {
    type: "gauge",
    help: "Prebuilds that could be claimed now.",
    labels: poolLabels,
    isWellKnown: true,
    scope: "deployment",
  },
  prebuilt_workspaces_preset_hard_limited: {
    type: "gauge",
    help: "1 while the pool is hard-limited because its newest builds all failed; else there is no series.",
    labels: poolLabels,
    isWellKnown: true,
    scope: "deployment",
  },
  prebuilt_workspaces_preset_validation_failed: {
    type: "gauge",
    help: "1 while the preset cannot be built because its input is refused; else there is no series.",
    labels: poolLabels,
    isWellKnown: true,
    scope: "deployment",
  },
  prebuilt_workspaces_metrics_last_updated: {
    type: "gauge",
    help: "Unix time in seconds of the last refresh of what is read from the database; 0 before the first.",
    labels: [],
    isWellKnown: true,
    scope: "server",
  },
  prebuilt_workspaces_reconciliation_paused: {
    type: "gauge",
    help: "1 while reconciliation is paused, else 0.",
    labels: [],
    isWellKnown: true,
    scope: "deployment",
  },
} as const satisfies Record<string, MetricDefinition>;

const queue = {
  provisioner_queue_jobs: {
    type: "gauge",
    help: "Jobs that wait for a daemon, by class: people, removals (the pools' deletes), prebuilds (the pools' builds).",
    labels: ["class"],
    scope: "deployment",
  },
  provisioner_queue_oldest_age_seconds: {
    type: "gauge",
    help: "Age of the oldest job that waits, by class; 0 when none does.",
    labels: ["class"],
    scope: "deployment",
  },
  provisioner_running_jobs: {
    type: "gauge",
    help: "Jobs that daemons hold, by class.",
    labels: ["class"],
    scope: "deployment",
  },
} as const satisfies Record<string, MetricDefinition>;

const outbox = {
  notification_late_seconds: {
    type: "gauge",
    help: "How late the oldest notification is that was not delivered yet, by channel (email, digest, webhook); 0 when none is.",
    labels: ["channel"],
    scope: "deployment",
  },
  notification_dead_letters: {
    type: "gauge",
    help: "Deliveries of notifications that were given up and not tried again since, by channel.",
    labels: ["channel"],
    scope: "deployment",
  },
} as const satisfies Record<string, MetricDefinition>;

const durations = {
  prebuilds_reconciliation_duration_seconds: {
    type: "histogram",
    help: "Duration of a reconciliation cycle over all pools.",
    labels: [],
    buckets: runBuckets,
    isWellKnown: true,
    scope: "server",
  },
  prebuilt_workspace_claim_duration_seconds: {
    type: "histogram",
    help: "Duration of a claim by phase: commit (request to commit; outcome claimed, missed or refused), hand_over (commit until its agent may know its owner), usable (commit until the agent serves its owner; outcome succeeded or failed).",
    labels: ["phase", "outcome"],
    buckets: claimBuckets,
    isWellKnown: true,
    scope: "server",
  },
  workspace_creation_duration_seconds: {
    type: "histogram",
    help: "Time from the creation of a workspace to the end of its first, succeeded build; type regular or prebuild.",
    labels: ["type"],
    buckets: buildBuckets,
    isWellKnown: true,
    scope: "server",
  },
  provisioner_job_wait_seconds: {
    type: "histogram",
    help: "Time that a job waited for a daemon, by class; observed when it ends.",
    labels: ["class"],
    buckets: buildBuckets,
    scope: "server",
  },
  provisioner_job_duration_seconds: {
    type: "histogram",
    help: "Time that a daemon took for a job, by kind (start, claim, stop, delete, template_import, rehearsal) and outcome.",
    labels: ["kind", "outcome"],
    buckets: buildBuckets,
    scope: "server",
  },
  http_request_duration_seconds: {
    type: "histogram",
    help: "Duration of HTTP requests by method, route pattern and class of status; event streams are left out.",
    labels: ["method", "route", "status"],
    buckets: requestBuckets,
    scope: "server",
  },
  controller_run_duration_seconds: {
    type: "histogram",
    help: "Duration of the runs of a controller, by outcome (ok or error); those that another server did are left out.",
    labels: ["controller", "outcome"],
    buckets: runBuckets,
    scope: "server",
  },
} as const satisfies Record<string, MetricDefinition>;

const server = {
  controller_last_success_timestamp_seconds: {
    type: "gauge",
    help: "Unix time at which a controller last ran well on this server.",
    labels: ["controller"],
    scope: "server",
  },
  controller_hung: {
    type: "gauge",
    help: "Whether a controller's run on this server takes longer than it may (1 or 0).",
    labels: ["controller"],
    scope: "server",
  },
  database_connections: {
    type: "gauge",
    help: "Open database connections of this server, by state (in_use or idle).",
    labels: ["state"],
    scope: "server",
  },
  database_connections_limit: {
    type: "gauge",
    help: "Most database connections that this server opens.",
    labels: [],
    scope: "server",
  },
  database_connection_waiters: {
    type: "gauge",
    help: "Requests that wait for a free database connection.",
    labels: [],
    scope: "server",
  },
  news_connection_up: {
    type: "gauge",
    help: "1 while this server hears the other servers' news, else 0; without it everything still happens, later.",
    labels: [],
    scope: "server",
  },
  prebuilds_enabled: {
    type: "gauge",
    help: "1 while prebuilds are switched on on this server, else 0; the gauges of pools are not shown then.",
    labels: [],
    scope: "server",
  },
  agents_connected: {
    type: "gauge",
    help: "Agents that are connected to this server.",
    labels: [],
    scope: "server",
  },
  http_open: {
    type: "gauge",
    help: "What callers have open on this server, by kind: stream (event streams), command (`prewarm exec`), tunnel (streams into workspaces).",
    labels: ["kind"],
    scope: "server",
  },
  http_body_bytes: {
    type: "gauge",
    help: "Bytes of request bodies, of all but daemons, that are on their way to this server or not answered yet.",
    labels: [],
    scope: "server",
  },
  http_unsent_bytes: {
    type: "gauge",
    help: "Bytes that this server has written and that were not taken yet, by who reads: agent, person, daemon, unknown.",
    labels: ["reader"],
    scope: "server",
  },
  http_connections_cut: {
    type: "gauge",
    help: "Connections that this server has cut since its start, by reason: budget (too much was not taken), slow_answer (an answer was not taken in time).",
    labels: ["reason"],
    scope: "server",
  },
  agent_reports_pending_characters: {
    type: "gauge",
    help: "Characters that agents have reported to this server and that are not stored yet.",
    labels: [],
    scope: "server",
  },
  notification_deliveries_total: {
    type: "counter",
    help: "Attempts of this server to deliver notifications, by channel (email, digest, webhook) and outcome (delivered, retry, dead, dropped).",
    labels: ["channel", "outcome"],
    scope: "server",
  },
  retention_rows_removed_total: {
    type: "counter",
    help: "Rows of history that this server removed because they were beyond their bound, by table.",
    labels: ["table"],
    scope: "server",
  },
  retention_lag_seconds: {
    type: "gauge",
    help: "How far the removal of history is behind, by rule: how long ago became due what it has come to; 0 when nothing is due, and on servers that do not hold its lease.",
    labels: ["rule"],
    scope: "server",
  },
  build_info: {
    type: "gauge",
    help: "Always 1; the label is the release that this server runs.",
    labels: ["version"],
    scope: "server",
  },
} as const satisfies Record<string, MetricDefinition>;

/** Every metric of Prewarm's own, by its name without the prefix. `docs/metrics.md` is written from this table. */
export const metricDefinitions = { ...pools, ...queue, ...outbox, ...durations, ...server } as const;

type Definitions = typeof metricDefinitions;
export type MetricName = keyof Definitions;
export type HistogramName = {
  [Name in MetricName]: Definitions[Name]["type"] extends "histogram" ? Name : never;
}[MetricName];
export type SampledName = Exclude<MetricName, HistogramName>;
export type LabelsOf<Name extends MetricName> = Readonly<Record<Definitions[Name]["labels"][number], string>>;

/** Prefix of the metrics that no namespace changes. */
const ownPrefix = "prewarm";

/** The metric's name as Prometheus sees it. */
export function fullMetricName(name: MetricName, namespace: string): string {
  const definition: MetricDefinition = metricDefinitions[name];
  return `${definition.isWellKnown === true ? namespace : ownPrefix}_${name}`;
}
