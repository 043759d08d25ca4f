import type { HeldReason } from "../../contracts/states.ts";
import { scheduleWords } from "../schedule/schedule-words.ts";
import { durationText, isoInstant } from "../time/instant-text.ts";
import type { DecisionRecord } from "./explain.ts";
import { plannedCreates, type PoolMode } from "./pool-plan.ts";

/** What of a stored decision is compared with the one before. It names no error: those are for template admins. */
export type ComparedDecision = Pick<DecisionRecord, "mode" | "state" | "held" | "actions" | "inputs" | "health">;

export interface DecisionChange {
  /** What differed, such as `desired`. */
  readonly input: string;
  /** `desired 2 → 10: schedule Mon–Fri 8:00–18:00 began` */
  readonly text: string;
}

interface ChangeRow {
  readonly input: string;
  /** The change in words; null: none. */
  readonly words: (before: ComparedDecision, after: ComparedDecision) => string | null;
}

const count = (input: string, of: (record: ComparedDecision) => number): ChangeRow => ({
  input,
  words: (before, after) => (of(before) === of(after) ? null : `${input} ${of(before)} → ${of(after)}`),
});

const setting = (
  input: string,
  of: (record: ComparedDecision) => number | null,
  text: (value: number) => string = String,
): ChangeRow => ({
  input,
  words: (before, after) => {
    const [was, is] = [of(before) ?? null, of(after) ?? null];
    const words = (value: number | null): string => (value === null ? "none" : text(value));
    return was === is ? null : `${input} ${words(was)} → ${words(is)}`;
  },
});

const modeTexts: Readonly<Record<PoolMode, string>> = {
  disabled: "prebuilds were switched off",
  paused: "reconciliation was paused",
  surging: "a newer version became active; these stay until its prebuilds are ready",
  inactive: "it is not of the active version any more, or its template is not in use",
  active: "the pool is looked after",
};

/** What is compared, in the order in which it is told: the numbers that follow from the others come last. */
const changeRows: readonly ChangeRow[] = [
  { input: "mode", words: (before, after) => (before.mode === after.mode ? null : modeTexts[after.mode]) },
  { input: "desired", words: desiredWords },
  setting("base count", ({ inputs }) => inputs.instances),
  setting("time to live", ({ inputs }) => inputs.ttlMs, durationText),
  setting("invalidated", ({ inputs }) => inputs.invalidatedAt, isoInstant),
  { input: "schedules", words: schedulesWords },
  setting("in-flight limit of a pool", ({ inputs }) => inputs.policy.inFlightPerPresetMax),
  setting("hard limit", ({ inputs }) => inputs.policy.failureHardLimit),
  { input: "health", words: healthWords },
  { input: "held", words: heldWords },
  count("failed builds", ({ inputs }) => inputs.failedBuilds),
  count("running", ({ state }) => state.running),
  count("ready", ({ state }) => state.eligible),
  count("expired", ({ state }) => state.expired),
  count("starting", ({ state }) => state.starting),
  count("deleting", ({ state }) => state.deleting),
  count("to create", plannedCreates),
];

/** In what a decision differs from the one before, in words; with none before it, that it is the first. */
export function decisionChanges(
  before: ComparedDecision | undefined,
  after: ComparedDecision,
): readonly DecisionChange[] {
  if (before === undefined) {
    return [{ input: "first", text: `the first that is known: ${after.state.desired} desired, ${sourceWords(after)}` }];
  }
  return changeRows.flatMap(({ input, words }) => {
    const text = words(before, after);
    return text === null ? [] : [{ input, text }];
  });
}

/** Whether another schedule, or none, says now how many are wanted. */
export function isScheduleChange(before: ComparedDecision, after: ComparedDecision): boolean {
  return sourceKey(before) !== sourceKey(after);
}

function desiredWords(before: ComparedDecision, after: ComparedDecision): string | null {
  const [was, is] = [before.state.desired, after.state.desired];
  if (was === is && !isScheduleChange(before, after)) return null;
  return `desired ${was} → ${is}${isScheduleChange(before, after) ? `: ${turnWords(before, after)}` : ""}`;
}

function turnWords(before: ComparedDecision, after: ComparedDecision): string {
  if (after.state.source.kind === "schedule") return `schedule ${scheduleWords(after.state.source.cron)} began`;
  if (before.state.source.kind === "schedule") return `schedule ${scheduleWords(before.state.source.cron)} ended`;
  return "by the base count";
}

function sourceKey({ state: { source } }: ComparedDecision): string {
  return source.kind === "schedule" ? source.cron : "";
}

function sourceWords({ state: { source } }: ComparedDecision): string {
  return source.kind === "base" ? "by the base count" : `by schedule ${scheduleWords(source.cron)}`;
}

function schedulesWords({ inputs: was }: ComparedDecision, { inputs: is }: ComparedDecision): string | null {
  if (was.timezone !== is.timezone) return `time zone ${was.timezone ?? "none"} → ${is.timezone ?? "none"}`;
  const keys = (all: typeof was.schedules): string =>
    JSON.stringify(all.map(({ cron, instances }) => [cron, instances]));
  return keys(was.schedules) === keys(is.schedules) ? null : "the schedules were changed";
}

function healthWords(before: ComparedDecision, after: ComparedDecision): string | null {
  if (before.health.kind === after.health.kind) return null;
  switch (after.health.kind) {
    case "healthy":
      return "creates are trusted again";
    case "hard_limited":
      return `hard limited after ${after.health.failures} failures without a success`;
    case "validation_failed":
      return "the template does not fit the preset: validation failed";
  }
}

function heldWords(before: ComparedDecision, after: ComparedDecision): string | null {
  const counts = (record: ComparedDecision): ReadonlyMap<HeldReason, number> =>
    new Map(record.held.map((held) => [held.reason, held.count]));
  const [was, is] = [counts(before), counts(after)];
  const began = [...is].flatMap(([reason, held]) => {
    const earlier = was.get(reason);
    if (earlier === undefined) return [`held by ${reason}: ${held}`];
    return earlier === held ? [] : [`held by ${reason} ${earlier} → ${held}`];
  });
  const ended = [...was.keys()].filter((reason) => !is.has(reason)).map((reason) => `no longer held by ${reason}`);
  return [...began, ...ended].join(", ") || null;
}
