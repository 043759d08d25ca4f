import type { ServerId } from "../contracts/ids.ts";
import { createBlockedJobs } from "../controllers/blocked-jobs.ts";
import { createConsistency } from "../controllers/consistency.ts";
import type { Controller } from "../controllers/controller.ts";
import { createDeleteRetry } from "../controllers/delete-retry.ts";
import { type RunningController, startController } from "../controllers/driver.ts";
import { createJobReaper } from "../controllers/job-reaper.ts";
import { createLostAgents } from "../controllers/lost-agents.ts";
import { createPoolHistory } from "../controllers/metrics/pool-history.ts";
import { createMetricsRefresh, type MetricsRefreshDeps } from "../controllers/metrics/metrics-refresh.ts";
import {
  type LastSuccesses,
  observeController,
  showHung,
  showLastSuccesses,
} from "../controllers/observed-controller.ts";
import { type AgentUses, createActivity } from "../controllers/lifecycle/activity.ts";
import { createLifecycle } from "../controllers/lifecycle/lifecycle-controller.ts";
import { createDelivery } from "../controllers/notifications/delivery-controller.ts";
import { createWatch } from "../controllers/notifications/watch-controller.ts";
import { createPreemption } from "../controllers/preemption.ts";
import { createPrebuildsController } from "../controllers/prebuilds/prebuilds-controller.ts";
import type { PrebuildsOptions } from "../controllers/prebuilds/prebuilds-deps.ts";
import { createSwitchWatch } from "../controllers/prebuilds/switch-watch.ts";
import { createRehearsal } from "../controllers/rehearsal.ts";
import { createRevocation, type OpenByCredential } from "../controllers/revocation.ts";
import { createRetention } from "../controllers/retention.ts";
import { type AgentConnections, createServerPresence, type PresenceDeps } from "../controllers/server-presence.ts";
import { createSettingsWatch } from "../controllers/settings-watch.ts";
import { createUnbegunDeletes } from "../controllers/unbegun-deletes.ts";
import { createUnreadyPrebuilds } from "../controllers/unready-prebuilds.ts";
import type { RetentionKeeps } from "../db/retention/retention-keeps.ts";
import type { Db } from "../db/store.ts";
import { type OffsetClock, systemClock } from "../platform/clock.ts";
import type { SettingsHolder } from "../platform/config/live-config.ts";
import type { Logger } from "../platform/logger.ts";
import type { Metrics } from "../platform/metrics/metrics.ts";
import type { NewsSource } from "../platform/news.ts";
import type { PrebuildsSwitchHolder } from "../platform/prebuilds-switch.ts";
import type { Random } from "../platform/random.ts";
import type { Notifications } from "./open-notifications.ts";

export interface ControllerDeps extends Notifications {
  readonly db: Db;
  readonly clock: OffsetClock;
  readonly random: Random;
  readonly logger: Logger;
  readonly news: NewsSource;
  readonly serverId: ServerId;
  readonly monotonicMs: () => number;
  readonly serverUrl: () => string;
  readonly version: string;
  readonly prebuildsSwitch: PrebuildsSwitchHolder;
  readonly settings: SettingsHolder;
  readonly prebuilds: PrebuildsOptions;
  readonly preemptAfterMs: number;
  readonly agentLostAfterMs: number;
  readonly provisionerWaitLimitMs: number;
  readonly retention: RetentionKeeps;
  readonly metrics: Metrics;
  readonly metricsRefresh: MetricsRefreshDeps["options"];
  readonly uses: AgentUses;
  /** Grace after an outage of our own; each loop's own where it is not said. */
  readonly outageGraceMs?: number;
  readonly connections: AgentConnections;
  readonly credentials: OpenByCredential;
  readonly selfReport: PresenceDeps["selfReport"];
}

/** Every controller of the server, in one place. Tests run them by hand, in this order. */
export function allControllers(deps: ControllerDeps): readonly Controller[] {
  return [
    createServerPresence({ ...deps, localClock: systemClock }),
    createSwitchWatch(deps),
    createSettingsWatch(deps),
    createRevocation(deps),
    createPrebuildsController({ ...deps, options: deps.prebuilds }),
    createJobReaper(deps),
    createDeleteRetry(deps),
    createLostAgents(deps),
    createUnreadyPrebuilds(deps),
    createRehearsal(deps),
    createPreemption(deps),
    createBlockedJobs({ ...deps, waitLimitMs: deps.provisionerWaitLimitMs }),
    createUnbegunDeletes(deps),
    createConsistency(deps),
    createLifecycle({
      ...deps,
      // Not copied: it may change while the server runs.
      get isQuotaEnabled() {
        return deps.prebuilds.isQuotaEnabled;
      },
    }),
    createActivity(deps),
    createWatch(deps),
    createDelivery(deps),
    createRetention(deps),
    createPoolHistory({ ...deps, limits: deps.prebuilds }),
    createMetricsRefresh({ ...deps, policy: deps.prebuilds.policy, options: deps.metricsRefresh }),
  ];
}

export function startControllers(deps: ControllerDeps): readonly RunningController[] {
  const lastSuccesses: LastSuccesses = new Map();
  showLastSuccesses(deps.metrics, lastSuccesses);
  const running = allControllers(deps).map((controller) =>
    startController(observeController(controller, { ...deps, lastSuccesses }), deps),
  );
  showHung(deps.metrics, running);
  return running;
}
