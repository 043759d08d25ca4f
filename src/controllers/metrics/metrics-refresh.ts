import { promisify } from "node:util";
import { gzip, gzipSync } from "node:zlib";
import { deliveryChannels } from "../../contracts/notification-kinds.ts";
import { loadPools, type LoadedPool } from "../../db/pools/load-pools.ts";
import { type OutboxChannelRow, readOutboxState } from "../../db/notifications/outbox-state.ts";
import { foldPoolTotals, type PoolTotalsRow, readPoolTotals } from "../../db/pools/pool-totals.ts";
import { type QueueClassRow, readQueueState } from "../../db/jobs/queue-state.ts";
import { readSwitches } from "../../db/settings/settings.ts";
import type { Db, Sql } from "../../db/store.ts";
import { poolsById, poolSnapshot } from "../../domain/pool/deployment-snapshot.ts";
import type { PoolPolicy } from "../../domain/pool/pool-snapshot.ts";
import type { Clock } from "../../platform/clock.ts";
import { familyText, labelsText } from "../../platform/metrics/exposition.ts";
import type { SampledName } from "../../platform/metrics/metric-definitions.ts";
import type { CachedText, Metrics } from "../../platform/metrics/metrics.ts";
import { yieldTurn } from "../../platform/sleep.ts";
import { within } from "../../platform/within.ts";
import type { Controller } from "../controller.ts";
import { PoolSeriesTable } from "./pool-series.ts";

export interface MetricsRefreshDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly policy: Omit<PoolPolicy, "paused">;
  readonly options: { readonly refreshIntervalMs: number; readonly refreshTimeoutMs: number };
}

/** Pools or totals that are worked through before the event loop may handle requests. */
const batchMax = 500;
/** Beside the event loop, and the fastest level: names repeat so much that it takes nine tenths away. */
const compress = promisify(gzip);
const gzipLevel = 1;
const queueClasses = ["people", "removals", "prebuilds"] as const;

/**
 * Keeps what the metrics show of the database: reads it in one snapshot and a fixed number of statements, and makes the
 * text that scrapes then only send. Every server refreshes its own, so that each can be scraped, and one that is cut off
 * shows by its `…_last_updated`.
 */
export function createMetricsRefresh(deps: MetricsRefreshDeps): Controller {
  const { metrics, options } = deps;
  const first = render(metrics, headSeries({ updatedAt: null, isPaused: false }));
  let text: CachedText = { plain: first, gzipped: gzipSync(first) };
  let pending: Promise<unknown> | null = null;
  const end = metrics.cached("database", () => text);

  async function refresh(): Promise<void> {
    const seen = await readState(deps);
    const plain = await renderState(deps, seen);
    text = { plain, gzipped: await compress(plain, { level: gzipLevel }) };
    await foldPoolTotals(deps.db);
  }

  return {
    name: "metrics",
    intervalMs: options.refreshIntervalMs,
    // Its own limit ends it; only what comes after that hangs.
    runMsMax: 2 * options.refreshTimeoutMs,
    topics: ["settings"],
    run: async () => {
      if (pending !== null) throw new Error("The refresh before this one has not ended; the database does not answer.");
      const work = refresh().finally(() => {
        pending = null;
      });
      pending = work;
      const late = (): Error =>
        new Error(`The refresh of the metrics took longer than ${options.refreshTimeoutMs} ms.`);
      // Its statements end by themselves then, and only a lost connection may take longer.
      await within(work, options.refreshTimeoutMs, late);
      return { outcome: "ok", fields: { bytes: text.plain.length } };
    },
    release: async () => end(),
  };
}

interface SeenState {
  readonly at: Date;
  readonly isPaused: boolean;
  readonly isEnabled: boolean;
  readonly pools: readonly LoadedPool[];
  readonly totals: readonly PoolTotalsRow[];
  readonly queue: readonly QueueClassRow[];
  readonly outbox: readonly OutboxChannelRow[];
}

async function readState({ db, clock, options, policy }: MetricsRefreshDeps): Promise<SeenState> {
  const at = clock.now();
  const read = async (sql: Sql): Promise<SeenState> => {
    const { pause, off } = await readSwitches(sql);
    return {
      at,
      isPaused: pause.isTurned,
      isEnabled: !policy.disabled && !off.isTurned,
      pools: await loadPools(sql, { now: at, backoffLookbackMs: policy.backoffLookbackMs }),
      totals: await readPoolTotals(sql),
      queue: await readQueueState(sql),
      outbox: await readOutboxState(sql, at),
    };
  };
  return await db.snapshot("metrics", read, { statementMs: options.refreshTimeoutMs });
}

async function renderState(deps: MetricsRefreshDeps, seen: SeenState): Promise<Buffer> {
  const table = new PoolSeriesTable({ hasGauges: seen.isEnabled });
  const policy: PoolPolicy = { ...deps.policy, paused: seen.isPaused, disabled: !seen.isEnabled };
  const now = seen.at.getTime();
  const byId = poolsById(seen.pools);
  for (const [position, pool] of seen.pools.entries()) {
    if (position % batchMax === batchMax - 1) await yieldTurn();
    table.addPool(poolSnapshot(pool, { now, policy, byId }));
  }
  for (const [position, row] of seen.totals.entries()) {
    if (position % batchMax === batchMax - 1) await yieldTurn();
    table.addTotals(row);
  }
  const parts: Buffer[] = [];
  for (const [name, samples] of table.families()) {
    parts.push(Buffer.from(familyText(name, deps.metrics.namespace, samples)));
    await yieldTurn();
  }
  const head = headSeries({ updatedAt: deps.clock.now(), isPaused: seen.isPaused });
  return Buffer.concat([...parts, render(deps.metrics, [...queueSeries(seen), ...outboxSeries(seen), ...head])]);
}

type Series = readonly [name: SampledName, readings: readonly (readonly [labels: string, value: number])[]];

/** What is shown also before anything was read (case 155). */
function headSeries(head: { readonly updatedAt: Date | null; readonly isPaused: boolean }): Series[] {
  return [
    ["prebuilt_workspaces_reconciliation_paused", [["", head.isPaused ? 1 : 0]]],
    ["prebuilt_workspaces_metrics_last_updated", [["", (head.updatedAt?.getTime() ?? 0) / 1_000]]],
  ];
}

function queueSeries({ at, queue }: SeenState): Series[] {
  const rows = queueClasses.map(
    (name) => [labelsText({ class: name }), queue.find((row) => row.class === name)] as const,
  );
  return [
    ["provisioner_queue_jobs", rows.map(([labels, row]) => [labels, row?.pending ?? 0])],
    ["provisioner_queue_oldest_age_seconds", rows.map(([labels, row]) => [labels, secondsSince(row?.oldest, at)])],
    ["provisioner_running_jobs", rows.map(([labels, row]) => [labels, row?.running ?? 0])],
  ];
}

function outboxSeries({ at, outbox }: SeenState): Series[] {
  const rows = deliveryChannels.map(
    (channel) => [labelsText({ channel }), outbox.find((row) => row.channel === channel)] as const,
  );
  return [
    ["notification_late_seconds", rows.map(([labels, row]) => [labels, secondsSince(row?.late_since, at)])],
    ["notification_dead_letters", rows.map(([labels, row]) => [labels, row?.dead ?? 0])],
  ];
}

function secondsSince(since: Date | null | undefined, now: Date): number {
  return since === null || since === undefined ? 0 : Math.max(0, now.getTime() - since.getTime()) / 1_000;
}

function render(metrics: Metrics, series: readonly Series[]): Buffer {
  return Buffer.from(
    series
      .map(([name, readings]) => {
        const samples = readings.map(([labels, value]) => ({ labels, value }));
        return familyText(name, metrics.namespace, samples);
      })
      .join(""),
  );
}
