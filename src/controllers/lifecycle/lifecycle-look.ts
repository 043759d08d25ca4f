import type { TemplateId, WorkspaceId } from "../../contracts/ids.ts";
import type { LifecyclePolicy } from "../../contracts/lifecycle.ts";
import { weekdays } from "../../contracts/lifecycle.ts";
import { lifecyclePolicies } from "../../db/workspaces/lifecycle.ts";
import {
  autostartSchedules,
  dueAutostarts,
  dueAutostops,
  dueDeletionNotices,
  dueDeletions,
  dueDormancy,
  dueFailures,
  dueKinds,
  type Take,
} from "../../db/workspaces/lifecycle-due.ts";
import type { Sql } from "../../db/store.ts";
import { lastFiring, parseAutostart } from "../../domain/lifecycle/autostart.ts";
import { autostartGraceMs, deletionNoticeMs, retryBaseMs, retryMaxMs } from "../../domain/lifecycle/due-act.ts";
import { lifecyclePolicy } from "../../platform/manifest-lifecycle.ts";

/** Workspaces of each kind of act that one run takes; the next run takes the next ones. */
export const actsPerRunMax = 200;
const policiesMax = 10_000;
const schedulesMax = 10_000;
/** Pages of autostarts that one run looks through, when templates hold many of them back. */
const autostartPagesMax = 20;
const everyDay = weekdays.map((_, day) => day);
const firstId = "00000000-0000-0000-0000-000000000000" as WorkspaceId;

export interface Candidates {
  /** Workspaces on which an act may be due, each once. */
  readonly acts: readonly WorkspaceId[];
  /** Workspaces whose owner may have to be told that they are deleted soon. */
  readonly notices: readonly WorkspaceId[];
}

/** Workspaces that a look leaves out: those which a run before has taken in vain. */
export interface Exclusions {
  readonly acts: readonly WorkspaceId[];
  readonly notices: readonly WorkspaceId[];
}

/** What may be due: a fixed number of statements, each bounded. It may be outdated when it is acted upon, so each act reads the row again. */
export async function lookForDue(
  sql: Sql,
  options: { readonly now: Date; readonly isDormancyAsked: boolean; readonly except: Exclusions },
): Promise<Candidates> {
  const { now, isDormancyAsked, except } = options;
  const take = { max: actsPerRunMax, except: except.acts };
  const policies = (await lifecyclePolicies(sql, policiesMax)).map((row) => ({
    templateId: row.id,
    policy: lifecyclePolicy(row.section, row.changes),
  }));
  const noticesUntil = new Date(now.getTime() + deletionNoticeMs);
  const kinds = await dueKinds(sql, { now, noticesUntil });
  const failures = {
    now,
    failureTtls: lengthsOf(policies, "failureTtlMs"),
    retryBaseMs,
    retryMaxMs,
    ...take,
  };
  const found = [
    ...(kinds?.deletions ? await dueDeletions(sql, now, take) : []),
    ...(kinds?.failures ? await dueFailures(sql, failures) : []),
    ...(isDormancyAsked ? await dueDormancy(sql, usedBefore(policies, now), take) : []),
    ...(kinds?.stops ? await dueAutostops(sql, now, take) : []),
    ...(kinds?.starts ? await autostarts(sql, now, take) : []),
  ];
  const notices = kinds?.notices
    ? await dueDeletionNotices(sql, noticesUntil, { ...take, except: except.notices })
    : [];
  return { acts: [...new Set(found.map((row) => row.id))], notices: notices.map((row) => row.id) };
}

interface TemplatePolicy {
  readonly templateId: TemplateId;
  readonly policy: LifecyclePolicy;
}

function lengthsOf(
  policies: readonly TemplatePolicy[],
  field: "failureTtlMs" | "dormantAfterMs",
): { readonly templateId: TemplateId; readonly ms: number }[] {
  return policies.flatMap(({ templateId, policy }) => {
    const ms = policy[field];
    return ms === null ? [] : [{ templateId, ms }];
  });
}

function usedBefore(policies: readonly TemplatePolicy[], now: Date) {
  return lengthsOf(policies, "dormantAfterMs").map(({ templateId, ms }) => ({
    templateId,
    usedBefore: new Date(now.getTime() - ms),
  }));
}

/** Schedules are few, however many workspaces have them: each is worked out once, and the rest is one statement. */
async function autostarts(sql: Sql, now: Date, take: Take): Promise<{ readonly id: WorkspaceId }[]> {
  const at = now.getTime();
  const fired = (await autostartSchedules(sql, schedulesMax)).flatMap((schedule) => {
    const read = parseAutostart(schedule);
    if (read.kind === "error") return [];
    const moment = lastFiring(read.autostart, { since: at - autostartGraceMs, at }, everyDay);
    return moment === null ? [] : [{ schedule, at: new Date(moment) }];
  });
  if (fired.length === 0) return [];
  const found: { readonly id: WorkspaceId }[] = [];
  for (let page = 0; page < autostartPagesMax; page += 1) {
    const rows = await dueAutostarts(sql, fired, { ...take, after: found.at(-1)?.id ?? firstId });
    found.push(...rows);
    if (rows.length < take.max) break;
  }
  return found;
}
