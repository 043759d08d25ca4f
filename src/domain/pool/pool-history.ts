/**
 * What a pool was like over time, from what was stored of it: samples, which hold until the next one wherever a beat says
 * that somebody looked, and the creations that were counted. Pure and total; all instants are milliseconds.
 */
import type { PresetSnapshot } from "./pool-snapshot.ts";
import { plannedCreates } from "./pool-plan.ts";
import type { PlannedPool } from "./plan-deployment.ts";
import { dayMs, hourMs, minuteMs } from "../time/civil-date.ts";

/** The two widths in which history is stored. A sample holds to the end of its period at most: then another is due. */
export const historyWidths = {
  fine: { minutes: 1, keptMs: 7 * dayMs, periodMs: hourMs },
  coarse: { minutes: 15, keptMs: 90 * dayMs, periodMs: 12 * hourMs },
} as const;
export type HistoryWidth = (typeof historyWidths)[keyof typeof historyWidths];

/** Widths in which it is told, in minutes. */
export const historySteps = [1, 5, 15, 30, 60, 180, 360, 720, 1_440] as const;
export type HistoryStep = (typeof historySteps)[number];
/** Points that are told unless a step is asked for, and at most. */
const pointsWanted = 300;
export const historyPointsMax = 1_500;

export interface PoolNumbers {
  readonly desired: number;
  readonly ready: number;
  readonly starting: number;
  readonly failed: number;
  readonly held: number;
}

/** All versions' presets of one name together. */
export interface PoolSample extends PoolNumbers {
  readonly templateId: PresetSnapshot["templateId"];
  readonly presetName: string;
}

/** What there is to store of the pools as they were planned now. */
export function samplePools(planned: readonly PlannedPool[]): readonly PoolSample[] {
  const samples = new Map<string, PoolSample>();
  for (const { snapshot, plan } of planned) {
    const { templateId, presetName } = snapshot.preset;
    const key = `${templateId}/${presetName}`;
    const before = samples.get(key) ?? { desired: 0, ready: 0, starting: 0, failed: 0, held: 0 };
    samples.set(key, {
      templateId,
      presetName,
      desired: before.desired + plan.state.desired,
      ready: before.ready + plan.state.eligible,
      starting: before.starting + plan.state.starting,
      failed: before.failed + plan.state.failed,
      held: before.held + Math.max(0, plan.wanted - plannedCreates(plan)),
    });
  }
  return [...samples.values()];
}

export interface HistoryRange {
  readonly from: number;
  readonly to: number;
  readonly step: HistoryStep;
  readonly width: HistoryWidth;
}

export type RangeResult =
  | { readonly kind: "ok"; readonly range: HistoryRange }
  | { readonly kind: "error"; readonly field: "from" | "step"; readonly reason: string };

/** From when to when, in which steps, for what was asked at `now`: whole steps, nothing of the future, nothing that has gone. */
export function historyRange(
  asked: { readonly from?: number; readonly to?: number; readonly step?: HistoryStep },
  now: number,
): RangeResult {
  const to = Math.min(asked.to ?? now, now);
  const from = Math.max(asked.from ?? to - dayMs, now - historyWidths.coarse.keptMs);
  if (!(from < to)) {
    return { kind: "error", field: "from", reason: "it must be before `to`, and not longer ago than 90 days" };
  }
  const width = from >= now - historyWidths.fine.keptMs ? historyWidths.fine : historyWidths.coarse;
  const enough = historySteps.find((step) => (to - from) / (step * minuteMs) <= pointsWanted) ?? 1_440;
  const step = historySteps.find((one) => one >= Math.max(asked.step ?? enough, width.minutes)) ?? 1_440;
  const stepMs = step * minuteMs;
  const range = { from: Math.floor(from / stepMs) * stepMs, to: Math.ceil(to / stepMs) * stepMs, step, width };
  const points = (range.to - range.from) / stepMs;
  if (points <= historyPointsMax) return { kind: "ok", range };
  const reason = `it makes ${points} points of that time, more than ${historyPointsMax}; ask for ${enough} or leave it out`;
  return { kind: "error", field: "step", reason };
}

/** A stored row; null: the pool had gone. `readyFewest` is the lowest in its width. */
export interface StoredSample {
  readonly at: number;
  readonly numbers: (PoolNumbers & { readonly readyFewest: number }) | null;
}

export interface CountedDemand {
  /** The beginning of its step. */
  readonly at: number;
  /** Empty: claimed, else why not. */
  readonly missReason: string;
  readonly count: number;
}

export interface HistoryPoint {
  readonly at: number;
  /** Minutes of the step of which is known how the pool was. */
  readonly recordedMinutes: number;
  /** As at the last look within the step; null: nobody looked, or there was no such pool. */
  readonly numbers: (PoolNumbers & { readonly readyFewest: number }) | null;
  /** Null where nobody looked and nothing was counted. */
  readonly claimed: number | null;
  readonly missed: Readonly<Record<string, number>> | null;
}

export interface StoredHistory {
  /** Ascending, from the beginning of the period in which the range begins. */
  readonly samples: readonly StoredSample[];
  /** Ascending. */
  readonly beats: readonly number[];
  readonly demand: readonly CountedDemand[];
}

/** A point a step, also for those of which nothing is known. */
export function historyPoints(range: HistoryRange, stored: StoredHistory): readonly HistoryPoint[] {
  const stepMs = range.step * minuteMs;
  const looks = looksOf(range, stored);
  const counted = new Map<number, CountedDemand[]>();
  for (const one of stored.demand) counted.set(one.at, [...(counted.get(one.at) ?? []), one]);
  const points: HistoryPoint[] = [];
  let next = 0;
  for (let at = range.from; at < range.to; at += stepMs) {
    const within: Look[] = [];
    for (let look = looks[next]; look !== undefined && look.at < at + stepMs; look = looks[next]) {
      within.push(look);
      next += 1;
    }
    points.push(pointOf({ at, within, counted: counted.get(at) ?? [], minutes: range.width.minutes }));
  }
  return points;
}

interface Look {
  readonly at: number;
  readonly numbers: NonNullable<StoredSample["numbers"]> | null;
}

/** Each beat within the range with the sample that held then; a beat without one is no word about this pool. */
function looksOf({ from, width }: HistoryRange, { samples, beats }: StoredHistory): readonly Look[] {
  const looks: Look[] = [];
  let next = 0;
  let held: StoredSample | undefined;
  for (const at of beats) {
    for (let sample = samples[next]; sample !== undefined && sample.at <= at; sample = samples[next]) {
      held = sample;
      next += 1;
    }
    if (at < from) continue;
    const isHeld = held !== undefined && periodOf(held.at, width) === periodOf(at, width);
    looks.push({ at, numbers: isHeld ? (held?.numbers ?? null) : null });
  }
  return looks;
}

function periodOf(at: number, { periodMs }: HistoryWidth): number {
  return Math.floor(at / periodMs);
}

interface Step {
  readonly at: number;
  readonly within: readonly Look[];
  readonly counted: readonly CountedDemand[];
  readonly minutes: number;
}

function pointOf({ at, within, counted, minutes }: Step): HistoryPoint {
  const known = within.flatMap(({ numbers }) => (numbers === null ? [] : [numbers]));
  const last = within.at(-1)?.numbers ?? null;
  const isLooked = within.length > 0 || counted.length > 0;
  const misses = counted.filter(({ missReason }) => missReason !== "");
  return {
    at,
    recordedMinutes: known.length * minutes,
    numbers: last === null ? null : { ...last, readyFewest: Math.min(...known.map(({ readyFewest }) => readyFewest)) },
    claimed: isLooked ? sumOf(counted.filter(({ missReason }) => missReason === "")) : null,
    missed: isLooked ? Object.fromEntries(misses.map(({ missReason, count }) => [missReason, count])) : null,
  };
}

function sumOf(counted: readonly CountedDemand[]): number {
  return counted.reduce((sum, { count }) => sum + count, 0);
}
