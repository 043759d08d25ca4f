import type { JobLane, WaitingKind } from "../../contracts/job-queue.ts";
import { reservedSlots } from "./reserved-slots.ts";

/** A connected daemon that has a job's driver and tags, and is the one that its workspace is bound to, if it is. */
export interface FittingDaemon {
  /** Jobs that it may run at once. */
  readonly slots: number;
  /** Jobs that it runs, those included that were asked to stop. */
  readonly taken: number;
}

export interface WaitingFacts {
  readonly lane: JobLane;
  /** In the whole queue, 1 for the next. */
  readonly queuePosition: number;
  /** Why no daemon can take it; null while one can. */
  readonly blockedBecause: string | null;
  readonly fitting: readonly FittingDaemon[];
  /** Share of a daemon's slots that the pools' builds leave free. */
  readonly reservedShare: number;
}

export interface WaitingFor {
  readonly kind: WaitingKind;
  /** Follows "waits for". */
  readonly text: string;
}

interface Rule {
  readonly kind: WaitingKind;
  readonly when: (facts: WaitingFacts) => boolean;
  readonly because: (facts: WaitingFacts) => string;
}

/** The first that is so says it. They are the conditions of the lease (`job_lease`), in its order. */
const rules: readonly Rule[] = [
  {
    kind: "daemon",
    when: ({ fitting, blockedBecause }) => fitting.length === 0 || blockedBecause !== null,
    because: ({ blockedBecause }) => `a daemon that can take it: ${blockedBecause ?? "none is connected"}`,
  },
  {
    kind: "slot",
    when: ({ fitting }) => fitting.every((daemon) => freeOf(daemon) === 0),
    because: ({ fitting }) => `a free slot: ${takenText(fitting)}`,
  },
  {
    kind: "reserve",
    when: (facts) => facts.lane === "prebuilds" && facts.fitting.every((daemon) => isKeptForPeople(daemon, facts)),
    because: ({ fitting, reservedShare }) => {
      const kept = sum(fitting.map(({ slots }) => reservedSlots(slots, reservedShare)));
      return `a slot that is not kept free for people: ${takenText(fitting)}, ${kept} ${kept === 1 ? "is" : "are"} kept`;
    },
  },
  {
    kind: "turn",
    when: () => true,
    because: ({ queuePosition }) => {
      const before = queuePosition - 1;
      if (before === 0) return "its turn: it is the next";
      return `its turn: ${before === 1 ? "1 job is" : `${before} jobs are`} before it in the queue`;
    },
  },
];

/** What a pending job waits for. Pure and total. */
export function waitingFor(facts: WaitingFacts): WaitingFor {
  const rule = rules.find(({ when }) => when(facts));
  if (rule === undefined) throw new Error("The last rule of what a job waits for is always so.");
  return { kind: rule.kind, text: rule.because(facts) };
}

function freeOf({ slots, taken }: FittingDaemon): number {
  return Math.max(slots - taken, 0);
}

function isKeptForPeople(daemon: FittingDaemon, { reservedShare }: WaitingFacts): boolean {
  const kept = reservedSlots(daemon.slots, reservedShare);
  return freeOf(daemon) === 0 || (kept > 0 && freeOf(daemon) <= kept);
}

function takenText(fitting: readonly FittingDaemon[]): string {
  const [slots, taken] = [sum(fitting.map((one) => one.slots)), sum(fitting.map((one) => one.taken))];
  const all = fitting.length === 1 ? `${slots}` : `the ${slots} of ${fitting.length} daemons`;
  return `${taken} of ${all} are taken`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
