import type {
  HistoryMarker,
  HistoryPoint,
  PoolDecision,
  PoolHistory,
  PoolSchedule,
} from "../../contracts/api/pool-time.ts";
import { CodedError } from "../../contracts/errors.ts";
import {
  type HistoryInput,
  type PoolActRow,
  readBeats,
  readDecisions,
  readDemand,
  readPoolActs,
  readSamples,
  type StoredDecision,
} from "../../db/pools/pool-history.ts";
import { type ComparedDecision, decisionChanges, isScheduleChange } from "../../domain/pool/decision-changes.ts";
import {
  type HistoryPoint as KnownPoint,
  historyPoints,
  type HistoryRange,
  historyRange,
  type HistoryStep,
} from "../../domain/pool/pool-history.ts";
import { desiredInstances } from "../../domain/schedule/desired-instances.ts";
import { nextChange } from "../../domain/schedule/next-change.ts";
import { describeScheduleError } from "../../domain/schedule/schedule-error.ts";
import { dayInZone, parseDay, scheduleWeek, stretchAt, wallText } from "../../domain/schedule/schedule-week.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, isTemplateAdmin } from "../authorize.ts";
import { instant, type PageQuery, pageOf } from "../page.ts";
import { requirePoolPreset } from "./pools.ts";

interface PoolName {
  readonly organization?: string;
  readonly template: string;
  readonly preset: string;
}

/** Decisions whose schedules are shown in a history: as many as are kept of a few versions. */
const decisionsLookedMax = 200;

/** Errors: `not_found`; `invalid_request` for a range that is none, or a step that makes too many points of it. */
export async function poolHistory(
  context: AppContext,
  actor: Actor,
  input: PoolName & { readonly from?: string; readonly to?: string; readonly step?: HistoryStep },
): Promise<PoolHistory> {
  const range = rangeOf(input, context.clock.now());
  const { templateId, presetName, organizationId } = await requirePoolPreset(context, actor, input);
  const asked = askedFor(range, { templateId, presetName });
  const isTold = isTemplateAdmin(actor, organizationId);
  const { points, acts, decisions } = await context.db.snapshot("pool history", async (sql) => {
    const samples = await readSamples(sql, asked);
    const beats = await readBeats(sql, asked);
    const demand = await readDemand(sql, asked);
    return {
      points: historyPoints(range, { samples, beats, demand }),
      acts: await readPoolActs(sql, asked),
      decisions: await readDecisions(sql, asked, { limit: decisionsLookedMax, offset: 0 }),
    };
  });
  const markers = [...acts.flatMap((act) => actMarker(act, presetName, isTold)), ...scheduleMarkers(decisions, range)];
  return {
    from: told(range.from),
    to: told(range.to),
    stepMinutes: range.step,
    points: points.map(pointView),
    markers: markers.toSorted((one, other) => (one.at < other.at ? -1 : 1)),
  };
}

function rangeOf(
  asked: { readonly from?: string; readonly to?: string; readonly step?: HistoryStep },
  now: Date,
): HistoryRange {
  const result = historyRange(
    {
      ...(asked.from === undefined ? {} : { from: Date.parse(asked.from) }),
      ...(asked.to === undefined ? {} : { to: Date.parse(asked.to) }),
      ...(asked.step === undefined ? {} : { step: asked.step }),
    },
    now.getTime(),
  );
  if (result.kind === "ok") return result.range;
  const { field, reason } = result;
  throw new CodedError("invalid_request", `There is no history for \`${field}\`: ${reason}.`, {
    problems: [{ field, reason }],
  });
}

function askedFor(range: HistoryRange, pool: Pick<HistoryInput, "templateId" | "presetName">): HistoryInput {
  const { periodMs, minutes } = range.width;
  return {
    ...pool,
    minutes,
    stepMinutes: range.step,
    from: new Date(range.from),
    to: new Date(range.to),
    heldFrom: new Date(Math.floor(range.from / periodMs) * periodMs),
  };
}

function pointView({ at, recordedMinutes, numbers, claimed, missed }: KnownPoint): HistoryPoint {
  return {
    at: told(at),
    recordedMinutes,
    desired: numbers?.desired ?? null,
    ready: numbers?.ready ?? null,
    readyFewest: numbers?.readyFewest ?? null,
    starting: numbers?.starting ?? null,
    failed: numbers?.failed ?? null,
    held: numbers?.held ?? null,
    claimed,
    missed: missed === null ? null : { ...missed },
  };
}

const actTexts: Readonly<Record<string, readonly [kind: HistoryMarker["kind"], text: string]>> = {
  "template.promote": ["version", "another version became active"],
  "template.deprecate": ["deprecation", "the template was deprecated"],
  "template.undeprecate": ["deprecation", "the template's deprecation was taken back"],
  "pool.invalidate": ["invalidation", "what the pool had was invalidated"],
  "pool.resume": ["resume", "its limit was lifted"],
  "prebuilds.pause": ["switch", "reconciliation was paused"],
  "prebuilds.resume": ["switch", "reconciliation was resumed"],
  "prebuilds.disable": ["switch", "prebuilds were switched off"],
  "prebuilds.enable": ["switch", "prebuilds were switched on"],
};

function actMarker({ at, action, actor, detail }: PoolActRow, presetName: string, isTold: boolean): HistoryMarker[] {
  const told = actTexts[action];
  const preset = detail["preset"] ?? null;
  if (told === undefined || (preset !== null && preset !== presetName)) return [];
  const version = detail["version"];
  const [kind, text] = told;
  const words = kind === "version" && typeof version === "string" ? `version ${version} became active` : text;
  return [{ at: instant(at), kind, text: words, by: isTold ? actor : null }];
}

function scheduleMarkers(decisions: readonly StoredDecision[], { from, to }: HistoryRange): HistoryMarker[] {
  return decisions.flatMap(({ at, record }, nth): HistoryMarker[] => {
    const before = decisions[nth + 1];
    if (before === undefined || at.getTime() < from || at.getTime() >= to) return [];
    if (!isScheduleChange(compared(before), compared({ record }))) return [];
    const change = decisionChanges(compared(before), compared({ record })).find(({ input }) => input === "desired");
    return [{ at: instant(at), kind: "schedule", text: change?.text ?? "another schedule holds", by: null }];
  });
}

/** What was stored is a decision record of format version 1, written by this code. */
function compared({ record }: Pick<StoredDecision, "record">): ComparedDecision {
  return record as unknown as ComparedDecision;
}

export async function poolDecisions(
  context: AppContext,
  actor: Actor,
  input: PoolName & PageQuery,
): Promise<{ decisions: PoolDecision[]; hasMore: boolean }> {
  const { templateId, presetName, organizationId } = await requirePoolPreset(context, actor, input);
  const isTold = isTemplateAdmin(actor, organizationId);
  const { limit, offset } = pageOf(input);
  // One more than is told: what the last one differs from.
  const rows = await readDecisions(context.db, { templateId, presetName }, { limit: limit + 1, offset });
  const decisions = rows.slice(0, limit).map((row, nth) => {
    const before = rows[nth + 1];
    const changes = decisionChanges(before === undefined ? undefined : compared(before), compared(row));
    return {
      at: instant(row.at),
      version: row.version,
      changes: changes.map((change) => ({ ...change })),
      record: isTold ? { ...row.record } : {},
    };
  });
  return { decisions, hasMore: rows.length > limit };
}

/** Errors: `not_found`; `invalid_request` for a day that is none. */
export async function poolSchedule(
  context: AppContext,
  actor: Actor,
  input: PoolName & { readonly week?: string },
): Promise<PoolSchedule> {
  const asked = input.week === undefined ? undefined : parseDay(input.week);
  if (asked === null) {
    const reason = "it must be a day of the years 1970 to 9998, such as 2030-01-31";
    throw new CodedError("invalid_request", `There is no day "${input.week}".`, {
      problems: [{ field: "week", reason }],
    });
  }
  const preset = await requirePoolPreset(context, actor, input);
  const now = context.clock.now().getTime();
  const { timezone, days, stretches } = scheduleWeek(preset, asked ?? dayInZone(preset, now));
  const { error } = desiredInstances(preset, now);
  const [current, change] = [stretchAt(preset, now), nextChange(preset, now)];
  const next = change === null ? null : stretchAt(preset, change.at);
  return {
    timezone,
    days: days.map((day) => ({ ...day, startsAt: told(day.startsAt), endsAt: told(day.endsAt) })),
    stretches: stretches.map((stretch) => ({ ...stretch, at: told(stretch.at) })),
    fault: error === undefined ? null : describeScheduleError(error),
    now: { instances: current.instances, because: current.because },
    next:
      next === null
        ? null
        : {
            ...next,
            at: told(next.at),
            text: `desired ${current.instances} → ${next.instances} on ${wallText(preset, next.at)} (${timezone}), by ${next.because}`,
          },
  };
}

function told(at: number): string {
  return instant(new Date(at));
}
