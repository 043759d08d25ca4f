import { jobStatuses, type LedgerState, type Transition, transitions } from "../../contracts/states.ts";
import { expectedLedgerState, type LedgerFacts } from "../../domain/ledger/ledger-state.ts";

/**
 * SQL of the state that a ledger row must have by the facts, worded from the domain's rule, so that there is one rule:
 * of the row `b`, its workspace `w`, the latest build `l`, that build's job `j` (none: it succeeded at the claim), and
 * `a.total` and `a.ready` agents.
 */
export function expectedStateSql(): string {
  const facts = {
    transition: "start",
    jobStatus: "succeeded",
    agents: noneReady,
    claimed: false,
    deleted: false,
  } as const;
  const whens = [
    `when b.claimed_at is not null then '${expectedLedgerState({ ...facts, claimed: true })}'`,
    `when w.deleted_at is not null then '${expectedLedgerState({ ...facts, deleted: true })}'`,
    `when b.unready_because is not null and l.transition = 'start' and coalesce(j.status, 'succeeded') = 'succeeded'
      then '${expectedLedgerState({ ...facts, isUnready: true })}'`,
    ...transitions.flatMap(whensOf),
  ];
  return `case
    ${whens.join("\n    ")}
  end`;
}

const noneReady = { total: 1, ready: 0 };
const allReady = { total: 1, ready: 1 };

/** One `when` for each outcome of a transition, with all statuses that lead to it. */
function whensOf(transition: Transition): readonly string[] {
  const statuses = new Map<string, string[]>();
  for (const jobStatus of jobStatuses) {
    const outcome = outcomeSql({ transition, jobStatus, claimed: false, deleted: false });
    statuses.set(outcome, [...(statuses.get(outcome) ?? []), `'${jobStatus}'`]);
  }
  return [...statuses].map(
    ([outcome, words]) =>
      `when l.transition = '${transition}' and coalesce(j.status, 'succeeded') in (${words.join(", ")}) then ${outcome}`,
  );
}

function outcomeSql(facts: Omit<LedgerFacts, "agents">): string {
  const waiting = quoted(expectedLedgerState({ ...facts, agents: noneReady }));
  const ready = quoted(expectedLedgerState({ ...facts, agents: allReady }));
  return waiting === ready ? ready : `case when a.total > 0 and a.total = a.ready then ${ready} else ${waiting} end`;
}

const quoted = (state: LedgerState): string => `'${state}'`;
