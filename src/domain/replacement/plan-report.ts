import type { PlanReport, Replacement } from "../../contracts/provisioner-protocol.ts";
import type { PathStep, PlannedChange } from "./planned-change.ts";
import { isMarked, isSameValue, renderPath, valueAt } from "./value-at-path.ts";

export const sensitiveText = "(sensitive)";
export const unknownText = "(known after apply)";
/** A longer value is cut: the report is for people, who look for the attribute first. */
export const valueTextLengthMax = 256;

export interface JudgedPlan {
  readonly report: PlanReport;
  /** Replaced resources of which the plan names no attribute, such as a tainted one: for the log only (spec §5). */
  readonly unexplained: readonly string[];
}

/**
 * What a plan does to what exists, of all its resources (spec §5). No-ops and reads of data do not count; sensitive
 * and unknown values are masked; everything is sorted by address, then path.
 */
export function judgePlan(changes: readonly PlannedChange[]): JudgedPlan {
  const changing = changes.filter((change) => change.mode !== "data" && !isIdle(change));
  const replaced = changing.filter(isReplacement).map(
    (change): Replacement => ({
      address: change.address,
      reasons: reasonsOf(change),
    }),
  );
  const explained = replaced.filter((replacement) => replacement.reasons.length > 0);
  const unexplained = replaced.filter((replacement) => replacement.reasons.length === 0);
  return {
    report: {
      effect: replaced.length > 0 ? "replaces" : changing.length > 0 ? "in_place" : "nothing",
      changes: changing.length,
      replacements: explained.toSorted((one, other) => inOrder(one.address, other.address)),
    },
    unexplained: unexplained.map(({ address }) => address).toSorted(inOrder),
  };
}

/** By code units: the same order wherever it runs, which a comparison by language is not. */
function inOrder(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function isIdle({ actions }: PlannedChange): boolean {
  return actions.every((action) => action === "no-op" || action === "read");
}

function isReplacement({ actions }: PlannedChange): boolean {
  return actions.includes("delete") && actions.includes("create");
}

function reasonsOf(change: PlannedChange): Replacement["reasons"] {
  const reasons = change.replacePaths
    .filter((steps) => hasChanged(change, steps))
    .map((steps) => reasonOf(change, steps));
  return reasons.toSorted((one, other) => inOrder(one.path, other.path));
}

function hasChanged(change: PlannedChange, steps: readonly PathStep[]): boolean {
  if (isMarked(change.afterUnknown, steps)) return true;
  return !isSameValue(valueAt(change.before, steps) ?? null, valueAt(change.after, steps) ?? null);
}

function reasonOf(change: PlannedChange, steps: readonly PathStep[]): Replacement["reasons"][number] {
  const path = renderPath(steps);
  // Sensitive before is sensitive after: the other value often is the same secret in another shape.
  if (isMarked(change.beforeSensitive, steps) || isMarked(change.afterSensitive, steps)) {
    return { path, before: sensitiveText, after: sensitiveText };
  }
  return {
    path,
    before: renderValue(valueAt(change.before, steps)),
    after: isMarked(change.afterUnknown, steps) ? unknownText : renderValue(valueAt(change.after, steps)),
  };
}

function renderValue(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  return text.length <= valueTextLengthMax ? text : `${text.slice(0, valueTextLengthMax)}…`;
}
