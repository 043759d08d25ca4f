import { idempotencyKeepMs } from "../contracts/limits.ts";
import { forgetAudit } from "../db/audit/audit.ts";
import { housekeep } from "../db/retention/housekeeping.ts";
import { forgetNotifications } from "../db/notifications/notification-deliveries.ts";
import type { Db } from "../db/store.ts";
import type { Clock } from "../platform/clock.ts";
import { type Controller, longRunMsMax } from "./controller.ts";

const intervalMs = 3_600_000;
const dayMs = 86_400_000;
const deletedWorkspacesKeepDays = 30;
const tokensKeepDays = 7;
const workspacesPerRunMax = 1_000;
const deliveredKeepDays = 14;
const notificationsKeepDays = 180;
/** More than a busy deployment writes in an hour, so that the log does not grow for ever. */
const auditPerRunMax = 20_000;

export interface HousekeepingDeps {
  readonly db: Db;
  readonly clock: Clock;
  /** Time for which entries of the audit log are kept. */
  readonly auditKeepMs: number;
}

/** Forgets what nobody can ask for any more. Harmless when several servers do it at once. */
export function createHousekeeping(deps: HousekeepingDeps): Controller {
  return {
    name: "housekeeping",
    intervalMs,
    runMsMax: longRunMsMax,
    topics: [],
    run: async () => {
      const now = deps.clock.now().getTime();
      await housekeep(deps.db, {
        workspacesDeleted: new Date(now - deletedWorkspacesKeepDays * dayMs),
        workspacesMax: workspacesPerRunMax,
        tokensEnded: new Date(now - tokensKeepDays * dayMs),
        keysCreated: new Date(now - idempotencyKeepMs),
      });
      await forgetNotifications(deps.db, {
        delivered: new Date(now - deliveredKeepDays * dayMs),
        all: new Date(now - notificationsKeepDays * dayMs),
      });
      await forgetAudit(deps.db, new Date(now - deps.auditKeepMs), auditPerRunMax);
      return { outcome: "ok", fields: {} };
    },
  };
}
