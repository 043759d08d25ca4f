import type { PoolTotalsRow } from "../../db/pools/pool-totals.ts";
import { presetHealth } from "../../domain/pool/preset-health.ts";
import { isActivePreset, type PoolSnapshot } from "../../domain/pool/pool-snapshot.ts";
import { calculateState } from "../../domain/pool/reconciliation-state.ts";
import { escaped, labelsText, type Sample } from "../../platform/metrics/exposition.ts";
import type { SampledName } from "../../platform/metrics/metric-definitions.ts";

/** All that is shown under one set of labels, whatever number of versions and presets it comes from. */
interface PoolSeries {
  gauges: { readonly running: number; readonly eligible: number } | null;
  /** Null: no preset of that name is active. */
  desired: number | null;
  isHardLimited: boolean;
  isValidationFailed: boolean;
  totals: {
    readonly created: number;
    readonly failed: number;
    readonly claimed: number;
    readonly replaced: number;
  } | null;
  readonly misses: Map<string, number>;
}

const noTotals = { created: 0, failed: 0, claimed: 0, replaced: 0 };

/**
 * The series of the pools by their labels. Names are the identity: presets of several versions, and templates that came
 * after a deleted one of the same name, are added up, so that no series can be there twice.
 */
export class PoolSeriesTable {
  readonly #series = new Map<string, PoolSeries>();
  readonly #hasGauges: boolean;

  /** @param options `hasGauges`: false while prebuilds are switched off. Pools want nothing then, and no alert is due; totals go on. */
  constructor(options: { readonly hasGauges: boolean }) {
    this.#hasGauges = options.hasGauges;
  }

  addPool(snapshot: PoolSnapshot): void {
    const { preset } = snapshot;
    const series = this.#of(preset.templateName, preset.presetName, preset.organizationName);
    if (!preset.templateDeleted) series.totals ??= noTotals;
    if (!this.#hasGauges) return;
    const { running, eligible, desired } = calculateState(snapshot);
    series.gauges = {
      running: (series.gauges?.running ?? 0) + running,
      eligible: (series.gauges?.eligible ?? 0) + eligible,
    };
    if (!isActivePreset(preset)) return;
    series.desired = (series.desired ?? 0) + desired;
    const health = presetHealth(snapshot).kind;
    series.isHardLimited ||= health === "hard_limited";
    series.isValidationFailed ||= health === "validation_failed";
  }

  addTotals(row: PoolTotalsRow): void {
    const series = this.#of(row.template, row.preset, row.organization);
    if (row.reason !== "") {
      series.misses.set(row.reason, (series.misses.get(row.reason) ?? 0) + row.missed);
      return;
    }
    const before = series.totals ?? noTotals;
    series.totals = {
      created: before.created + row.created,
      failed: before.failed + row.failed,
      claimed: before.claimed + row.claimed,
      replaced: before.replaced + row.replaced,
    };
  }

  /** The samples of each metric of pools. */
  *families(): Generator<readonly [SampledName, Sample[]]> {
    const columns: readonly (readonly [SampledName, (series: PoolSeries) => number | undefined])[] = [
      ["prebuilt_workspaces_created_total", ({ totals }) => totals?.created],
      ["prebuilt_workspaces_failed_total", ({ totals }) => totals?.failed],
      ["prebuilt_workspaces_claimed_total", ({ totals }) => totals?.claimed],
      ["prebuilt_workspaces_resource_replacements_total", ({ totals }) => totals?.replaced],
      ["prebuilt_workspaces_desired", ({ desired }) => desired ?? undefined],
      ["prebuilt_workspaces_running", ({ gauges }) => gauges?.running],
      ["prebuilt_workspaces_eligible", ({ gauges }) => gauges?.eligible],
      ["prebuilt_workspaces_preset_hard_limited", ({ isHardLimited }) => (isHardLimited ? 1 : undefined)],
      [
        "prebuilt_workspaces_preset_validation_failed",
        ({ isValidationFailed }) => (isValidationFailed ? 1 : undefined),
      ],
    ];
    for (const [name, valueOf] of columns) {
      const samples: Sample[] = [];
      for (const [labels, series] of this.#series) {
        const value = valueOf(series);
        if (value !== undefined) samples.push({ labels, value });
      }
      yield [name, samples];
    }
    yield ["prebuilt_workspaces_missed_total", this.#misses()];
  }

  #misses(): Sample[] {
    const samples: Sample[] = [];
    for (const [labels, { misses }] of this.#series) {
      for (const [reason, value] of misses) samples.push({ labels: `${labels},${labelsText({ reason })}`, value });
    }
    return samples;
  }

  #of(template: string, preset: string, organization: string): PoolSeries {
    // Written out, and not through `labelsText`: a refresh of 10,000 pools comes here 40,000 times.
    const labels = `template_name="${escaped(template)}",preset_name="${escaped(preset)}",organization_name="${escaped(organization)}"`;
    let series = this.#series.get(labels);
    if (series === undefined) {
      series = {
        gauges: null,
        desired: null,
        isHardLimited: false,
        isValidationFailed: false,
        totals: null,
        misses: new Map(),
      };
      this.#series.set(labels, series);
    }
    return series;
  }
}
