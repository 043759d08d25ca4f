import { describe, expect, test } from "vitest";
import { jobStatuses, ledgerStates, transitions } from "../../../src/contracts/states.ts";
import { expectedLedgerState, type LedgerFacts } from "../../../src/domain/ledger/ledger-state.ts";
import { ledgerCan, ledgerTransitions } from "../../../src/domain/ledger/ledger-transitions.ts";
import { compareJobs, type QueuedJob } from "../../support/job-order.ts";

describe("queue", () => {
  test("161 people's jobs come first, oldest first, then those of prebuilds, equal ages by id", () => {
    const job = (jobId: string, initiator: QueuedJob["initiator"], createdAt: number) => ({
      jobId,
      initiator,
      createdAt,
    });
    const queue = [
      job("d", "prebuilds", 1),
      job("c", "prebuilds", 0),
      job("b", "person", 9),
      job("f", "person", 7),
      job("a", "person", 7),
    ];
    expect(queue.toSorted(compareJobs).map((one) => one.jobId)).toEqual(["a", "f", "b", "c", "d"]);
    expect(
      queue
        .toReversed()
        .sort(compareJobs)
        .map((one) => one.jobId),
    ).toEqual(["a", "f", "b", "c", "d"]);
    expect(compareJobs(job("a", "person", 1), job("a", "person", 1))).toBe(0);
  });
});

const facts = (over: Partial<LedgerFacts>): LedgerFacts => ({
  transition: "start",
  jobStatus: "succeeded",
  claimed: false,
  agents: { total: 1, ready: 1 },
  deleted: false,
  ...over,
});

describe("ledger state", () => {
  const expected = {
    start: {
      pending: "building",
      running: "building",
      canceling: "building",
      succeeded: "ready",
      failed: "failed",
      canceled: "failed",
    },
    stop: {
      pending: "stopping",
      running: "stopping",
      canceling: "stopping",
      succeeded: "parked",
      failed: "parked",
      canceled: "parked",
    },
    delete: {
      pending: "draining",
      running: "draining",
      canceling: "draining",
      succeeded: "deleted",
      failed: "draining",
      canceled: "draining",
    },
  } as const;
  const rows = transitions.flatMap((transition) => jobStatuses.map((jobStatus) => ({ transition, jobStatus })));

  test.each(rows)("$transition $jobStatus", ({ transition, jobStatus }) => {
    expect(expectedLedgerState(facts({ transition, jobStatus }))).toBe(expected[transition][jobStatus]);
    expect(expectedLedgerState(facts({ transition, jobStatus, claimed: true }))).toBe("claimed");
    expect(expectedLedgerState(facts({ transition, jobStatus, deleted: true }))).toBe("deleted");
  });

  test.each([
    [0, 0, "starting"],
    [1, 0, "starting"],
    [2, 1, "starting"],
    [2, 2, "ready"],
  ])("a succeeded start with %i agents of which %i are ready is %s", (total, ready, state) => {
    expect(expectedLedgerState(facts({ agents: { total, ready } }))).toBe(state);
  });
});

describe("ledger transitions", () => {
  test("only a ready prebuild can be claimed, and a claimed one never comes back", () => {
    expect(ledgerStates.filter((from) => ledgerCan(from, "claimed"))).toEqual(["ready"]);
    expect(ledgerStates.filter((to) => ledgerCan("claimed", to))).toEqual([]);
  });

  test("a draining prebuild can only be deleted, and a deleted one is the end", () => {
    expect(ledgerTransitions.draining).toEqual(["deleted"]);
    expect(ledgerTransitions.deleted).toEqual([]);
  });

  test("staying is no transition, and every state but the first can be reached", () => {
    expect(ledgerStates.filter((state) => ledgerCan(state, state))).toEqual([]);
    const reachable = new Set(Object.values(ledgerTransitions).flat());
    expect([...reachable].sort()).toEqual([...ledgerStates].sort());
  });

  test("from every state but the last ones a prebuild can be got rid of", () => {
    const canEnd = (state: (typeof ledgerStates)[number], seen: readonly string[] = []): boolean =>
      state === "deleted" ||
      (!seen.includes(state) && ledgerTransitions[state].some((next) => canEnd(next, [...seen, state])));
    expect(ledgerStates.filter((state) => !canEnd(state))).toEqual(["claimed"]);
  });

  test("whatever a build's job and agents do next, the expected states follow the table", () => {
    const jobSteps = [
      ["pending", "running"],
      ["pending", "canceled"],
      ["running", "succeeded"],
      ["running", "failed"],
      ["running", "canceling"],
      ["canceling", "canceled"],
    ] as const;
    for (const transition of transitions) {
      for (const agents of [
        { total: 1, ready: 0 },
        { total: 1, ready: 1 },
      ]) {
        for (const [before, after] of jobSteps) {
          const from = expectedLedgerState(facts({ transition, jobStatus: before, agents }));
          const to = expectedLedgerState(facts({ transition, jobStatus: after, agents }));
          expect(from === to || ledgerCan(from, to), `${transition} ${before} → ${after}: ${from} → ${to}`).toBe(true);
        }
      }
    }
  });
});
