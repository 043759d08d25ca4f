import type { Sql } from "../store.ts";
import type { RetentionKeeps } from "./retention-keeps.ts";

/** Where a walk goes on; null: at its beginning. Only the rule that made it reads it. */
export type Cursor = readonly unknown[] | null;

export interface PruneStep {
  readonly sql: Sql;
  readonly now: Date;
  readonly keeps: RetentionKeeps;
  readonly cursor: Cursor;
}

/** What one step of a rule has done: one page of what is due, in a few bounded statements. */
export interface StepDone {
  /** Rows that were removed, by table; a table with none may be left out. */
  readonly removed: Readonly<Record<string, number>>;
  /** Where the next step goes on; null: the walk has come to its end. */
  readonly next: Cursor;
  /** At the end of a walk: where the next one begins, unless at the beginning. It is lost when the server ends. */
  readonly beginsAt?: Cursor;
  /** How long ago became due what the walk has come to; left out by walks that do not go by age. */
  readonly lagMs?: number;
}

/**
 * One way in which rows go. A walk may be begun anew at any time and by several servers at once: what is due stays due
 * until it is gone.
 */
export interface RetentionRule {
  readonly name: string;
  /** Time after the end of a walk until the next one begins. */
  readonly everyMs: number;
  step(step: PruneStep): Promise<StepDone>;
}

/** The removed rows of two parts of a step together. */
export function addRemoved(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sum: Record<string, number> = { ...one };
  for (const [table, rows] of Object.entries(other)) sum[table] = (sum[table] ?? 0) + rows;
  return sum;
}
