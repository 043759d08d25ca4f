import type pg from "pg";
import type { PostgresBus } from "../bus/postgres-bus.ts";
import type { MetricsRefreshDeps } from "../controllers/metrics/metrics-refresh.ts";
import type { AgentHub } from "../http/agent-hub.ts";
import type { HeldPlaces } from "../http/held-places.ts";
import type { IncomingBytes } from "../http/incoming-bytes.ts";
import type { OutgoingBytes } from "../http/outgoing-bytes.ts";
import type { MetricsAccess } from "../http/metrics-page.ts";
import type { ServerConfig } from "../platform/config/server-options.ts";
import { createMetrics, type Metrics } from "../platform/metrics/metrics.ts";
import type { PrebuildsSwitch } from "../platform/prebuilds-switch.ts";
import { packageVersion } from "./version.ts";

interface Measuring {
  readonly metrics: Metrics;
  readonly metricsAccess: MetricsAccess;
  readonly metricsRefresh: MetricsRefreshDeps["options"];
}

/** The metrics of this server, with what is read from its memory at each scrape. */
export function openMetrics(
  config: ServerConfig,
  parts: {
    readonly pool: pg.Pool;
    readonly bus: PostgresBus;
    readonly hub: AgentHub;
    readonly places: HeldPlaces;
    readonly outgoing: OutgoingBytes;
    readonly incoming: IncomingBytes;
    readonly prebuildsSwitch: PrebuildsSwitch;
  },
): Measuring {
  const metrics = createMetrics({ namespace: config.metricsNamespace, hasProcessMetrics: true });
  const { pool, bus, hub, places, outgoing, incoming } = parts;
  const one = (value: number) => [{ labels: {}, value }];
  const version = packageVersion();
  metrics.gauge("build_info", () => [{ labels: { version }, value: 1 }]);
  metrics.gauge("database_connections", () => [
    { labels: { state: "in_use" }, value: pool.totalCount - pool.idleCount },
    { labels: { state: "idle" }, value: pool.idleCount },
  ]);
  metrics.gauge("database_connections_limit", () => one(config.pgConnMaxOpen));
  metrics.gauge("database_connection_waiters", () => one(pool.waitingCount));
  metrics.gauge("news_connection_up", () => one(bus.isConnected ? 1 : 0));
  metrics.gauge("prebuilds_enabled", () => one(parts.prebuildsSwitch.isOn() ? 1 : 0));
  metrics.gauge("agents_connected", () => one(hub.size));
  metrics.gauge("http_open", () =>
    (["stream", "command", "tunnel"] as const).map((kind) => ({ labels: { kind }, value: places.count(kind) })),
  );
  metrics.gauge("http_unsent_bytes", () =>
    Object.entries(outgoing.bytes()).map(([reader, value]) => ({ labels: { reader }, value })),
  );
  metrics.gauge("http_body_bytes", () => one(incoming.bytes));
  metrics.gauge("http_connections_cut", () =>
    Object.entries(outgoing.cut).map(([reason, value]) => ({ labels: { reason }, value })),
  );
  metrics.gauge("agent_reports_pending_characters", () => one(hub.pendingReports.length));
  return {
    metrics,
    metricsAccess: { isPublic: config.metricsPublic, token: config.metricsToken },
    metricsRefresh: {
      refreshIntervalMs: config.metricsRefreshIntervalMs,
      refreshTimeoutMs: config.metricsRefreshTimeoutMs,
    },
  };
}
