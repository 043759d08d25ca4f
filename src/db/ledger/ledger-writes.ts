import { type LedgerState, ledgerStates } from "../../contracts/states.ts";
import { ledgerCan } from "../../domain/ledger/ledger-transitions.ts";

/**
 * Every write to the ledger (the table `prebuilds`) is worded here, and only here: whoever moves a row says from which
 * states to which, and gets the SQL. A move that the domain's table of transitions does not have is refused when the
 * program starts; what was said is kept, so that a test sees that every transition of the table has a writer.
 */

/** State → the states that a row may be in after the write. The same state: the row is written and stays. */
export type LedgerSteps = Partial<Readonly<Record<LedgerState, readonly LedgerState[]>>>;

export interface LedgerMove {
  /** Names the write, for the test's message. */
  readonly name: string;
  /** Any state to any other: only for making the ledger say what builds and agents say. */
  readonly steps: LedgerSteps | "repair";
  /** SQL of the new state; without it the one state that all steps lead to. The row is `b`. */
  readonly state?: string;
  /** What else is written, as `column = expression`. */
  readonly set?: readonly string[];
  /** SQL of the `from` clause. */
  readonly source?: string;
  readonly where: string;
  /**
   * The rows come from a part of the statement that has locked them, in one of these states, or in those among them that
   * its caller names: they are not asked again.
   */
  readonly areLocked?: true;
  /** SQL of what it gives back, if anything. */
  readonly returning?: string;
}

const written: LedgerMove[] = [];

/** All moves that the loaded statements make. */
export function ledgerMoves(): readonly Pick<LedgerMove, "name" | "steps">[] {
  return written;
}

/** SQL that moves rows of the ledger, by compare-and-set on the state; the generation counts each move. */
export function ledgerMove(move: LedgerMove): string {
  const { name, steps, areLocked } = move;
  if (steps !== "repair") refuseUnknown(name, steps);
  written.push(move);
  const isAsked = steps !== "repair" && areLocked !== true;
  return lines([
    "update prebuilds b",
    `set ${[`state = ${stateOf(move)}`, "generation = b.generation + 1", ...(move.set ?? [])].join(", ")}`,
    move.source === undefined ? "" : `from ${move.source}`,
    `where ${move.where}`,
    isAsked ? `  and b.state in (${Object.keys(steps).map(quoted).join(", ")})` : "",
    move.returning === undefined ? "" : `returning ${move.returning}`,
  ]);
}

function refuseUnknown(name: string, steps: LedgerSteps): void {
  for (const from of ledgerStates) {
    const wrong = (steps[from] ?? []).find((to) => to !== from && !ledgerCan(from, to));
    if (wrong !== undefined)
      throw new Error(`The ledger move "${name}" goes from ${from} to ${wrong}, which is no way.`);
  }
}

function stateOf({ name, steps, state }: LedgerMove): string {
  if (state !== undefined) return state;
  const targets = steps === "repair" ? [] : [...new Set(Object.values(steps).flat())];
  const [only] = targets;
  if (only === undefined || targets.length > 1) throw new Error(`The ledger move "${name}" does not say its state.`);
  return quoted(only);
}

/** SQL that notes something on rows of the ledger whose state stays. The row is `b`. */
export function ledgerNote(note: { readonly set: string; readonly where: string }): string {
  return lines(["update prebuilds b", `set ${note.set}`, `where ${note.where}`]);
}

/** SQL that enters new prebuilds; `source` has their columns by the ledger's names. */
export function ledgerInsert(rows: { readonly source: string; readonly createdAt: string }): string {
  return `insert into prebuilds (workspace_id, organization_id, template_id, template_version_id, preset_id, state, created_at)
  select workspace_id, organization_id, template_id, template_version_id, preset_id, 'building', ${rows.createdAt}
  from ${rows.source}`;
}

const quoted = (state: string): string => `'${state}'`;

function lines(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n  ");
}
