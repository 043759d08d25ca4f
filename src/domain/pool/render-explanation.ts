import { durationText, isoInstant } from "../time/instant-text.ts";
import type { DecisionRecord } from "./explain.ts";
import { lastErrorLine } from "./last-failure.ts";
import type { DeleteReason, Held, PoolAction } from "./pool-plan.ts";

/** A decision in plain sentences, the most important first. `now` (milliseconds) is when it is read. */
export function renderExplanation(record: DecisionRecord, { now }: { readonly now: number }): readonly string[] {
  return [
    headline(record),
    ...wantedLines(record),
    numbersLine(record),
    ...waitingLines(record),
    ...record.actions.map(actionLine),
    ...(record.actions.length === 0 && record.held.length === 0 ? ["Nothing is to be done."] : []),
    ...record.held.map((held) => heldLine(held, now)),
    ...failureLines(record),
    ...rolloutLines(record, now),
    ...nextChangeLines(record, now),
    `Decided at ${isoInstant(record.decidedAt)}, ${durationText(now - record.decidedAt)} ago.`,
  ];
}

function headline(record: DecisionRecord): string {
  const rule = record.rules.find(({ name }) => name === record.mode);
  const name = `Preset "${record.presetName}" of template "${record.templateName}" (${record.organizationName})`;
  return `${name}: ${rule?.because ?? record.mode}.`;
}

function wantedLines({ state, inputs, scheduleFault }: DecisionRecord): readonly string[] {
  if (!inputs.isActive) return ["It wants no prebuilds, because it is inactive."];
  if (inputs.instances === null) return ["It has no pool, because no instance count is set."];
  const source =
    state.source.kind === "base"
      ? "the base count"
      : `schedule[${state.source.index}] "${state.source.cron}" in ${inputs.timezone ?? "no timezone"}`;
  const wanted = `It wants ${prebuilds(state.desired)}, by ${source}.`;
  return scheduleFault === null ? [wanted] : [wanted, `Its schedules are not used: ${scheduleFault}.`];
}

function numbersLine({ state }: DecisionRecord): string {
  const { running, eligible, expired, starting, stopping, deleting } = state;
  const parts = [`${running} running`, `${eligible} claimable`];
  if (expired > 0) parts.push(`${expired} expired`);
  if (starting > 0) parts.push(`${starting} starting`);
  if (stopping > 0) parts.push(`${stopping} stopping`);
  if (deleting > 0) parts.push(`${deleting} being deleted`);
  return `It has ${parts.join(", ")}.`;
}

function waitingLines({ mode, state, held }: DecisionRecord): readonly string[] {
  const waiting = state.running - state.expired - state.eligible;
  if (mode !== "active" || waiting <= 0 || held.some(({ reason }) => reason === "claim_replaces")) return [];
  return [`Of these ${waiting} wait for their agents to be ready; one that is not in time has failed.`];
}

/** What the newest failure was, while the pool is short of prebuilds or held because of it. */
function failureLines({ state, held, inputs: { lastFailure } }: DecisionRecord): readonly string[] {
  if (lastFailure === undefined || lastFailure === null) return [];
  if (state.eligible >= state.desired && held.length === 0) return [];
  const { prebuild, at, error, command } = lastFailure;
  return [
    `The newest failure was of ${prebuild} at ${isoInstant(at)}: ${lastErrorLine(error)}`,
    `\`${command}\` shows the rest.`,
  ];
}

const deleteBecause: Readonly<Record<DeleteReason, string>> = {
  inactive: "the preset is inactive",
  outdated: "their version was replaced",
  expired: "they are past their time to live or invalidated",
  extraneous: "they are more than wanted",
};

function actionLine(action: PoolAction): string {
  switch (action.kind) {
    case "cancel_pending":
      return `To cancel: ${prebuilds(action.prebuilds.length)} not yet begun, because the preset is inactive.`;
    case "delete":
      return `To delete: ${prebuilds(action.prebuilds.length)}, because ${deleteBecause[action.because]}.`;
    case "create":
      return action.because === "probe"
        ? "To create: 1 prebuild, to try whether building works again."
        : `To create: ${prebuilds(action.count)}.`;
  }
}

function heldLine({ reason, count, until, detail }: Held, now: number): string {
  const what = count === 0 ? "Creates are held" : `Held back: ${prebuilds(count)}`;
  if (until === undefined) return `${what} (${reason}): ${detail}.`;
  const when = until >= now ? `for another ${durationText(until - now)}` : "which has passed";
  return `${what} (${reason}) until ${isoInstant(until)}, ${when}: ${detail}.`;
}

function rolloutLines({ rollout }: DecisionRecord, now: number): readonly string[] {
  if (rollout === undefined) return [];
  const limit = `all go after ${isoInstant(rollout.until)}, in ${durationText(Math.max(rollout.until - now, 0))}`;
  const stays = `outdated prebuilds that stay claimable until replacements are ready: ${rollout.kept}; ${limit}.`;
  return rollout.kind === "stalled"
    ? [`The roll-out has stopped: the new version got no prebuild ready; ${stays}`]
    : [`Roll-out: ${stays}`];
}

function nextChangeLines({ nextChange }: DecisionRecord, now: number): readonly string[] {
  if (nextChange === null || nextChange.at <= now) return [];
  const when = `${isoInstant(nextChange.at)}, in ${durationText(nextChange.at - now)}`;
  return [`From ${when}, it will want ${prebuilds(nextChange.instances)}.`];
}

function prebuilds(count: number): string {
  return count === 1 ? "1 prebuild" : `${count} prebuilds`;
}
