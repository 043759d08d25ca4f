import type { Clock } from "../platform/clock.ts";
import type { Metrics } from "../platform/metrics/metrics.ts";
import type { Controller } from "./controller.ts";
import type { RunningController } from "./driver.ts";

/** When each controller last ran well on this server, for the gauge. */
export type LastSuccesses = Map<string, Date>;

export interface ObserverDeps {
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly monotonicMs: () => number;
  readonly lastSuccesses: LastSuccesses;
}

/** The same controller, with its runs measured. Runs that another server does are not its own, and not counted. */
export function observeController(controller: Controller, deps: ObserverDeps): Controller {
  const { metrics } = deps;
  return {
    ...controller,
    run: async (shouldStop) => {
      const begun = deps.monotonicMs();
      const seconds = (): number => (deps.monotonicMs() - begun) / 1_000;
      try {
        const report = await controller.run(shouldStop);
        if (report.outcome === "skipped") return report;
        deps.lastSuccesses.set(controller.name, deps.clock.now());
        metrics.observe("controller_run_duration_seconds", { controller: controller.name, outcome: "ok" }, seconds());
        if (controller.name === "prebuilds")
          metrics.observe("prebuilds_reconciliation_duration_seconds", {}, seconds());
        return report;
      } catch (error) {
        const labels = { controller: controller.name, outcome: "error" };
        metrics.observe("controller_run_duration_seconds", labels, seconds());
        throw error;
      }
    },
  };
}

/** Shows when the controllers last ran well. @returns what takes it away. */
export function showLastSuccesses(metrics: Metrics, lastSuccesses: LastSuccesses): () => void {
  return metrics.gauge("controller_last_success_timestamp_seconds", () =>
    [...lastSuccesses].map(([controller, at]) => ({ labels: { controller }, value: at.getTime() / 1_000 })),
  );
}

/** Shows which controllers have a run that takes longer than it may. @returns what takes it away. */
export function showHung(metrics: Metrics, running: readonly RunningController[]): () => void {
  return metrics.gauge("controller_hung", () =>
    running.map((each) => ({ labels: { controller: each.name }, value: each.status().hungSince === null ? 0 : 1 })),
  );
}
