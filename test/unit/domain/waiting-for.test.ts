import { expect, it } from "vitest";
import { type WaitingFacts, waitingFor } from "../../../src/domain/queue/waiting-for.ts";

const facts: WaitingFacts = {
  lane: "people",
  queuePosition: 1,
  blockedBecause: null,
  fitting: [{ slots: 4, taken: 0 }],
  reservedShare: 0.25,
};
const missing = "no daemon with the driver docker and the tags zone=eu is connected";

const table: readonly (readonly [because: string, changes: Partial<WaitingFacts>, kind: string, text: string])[] = [
  ["no daemon fits", { fitting: [], blockedBecause: missing }, "daemon", `a daemon that can take it: ${missing}`],
  ["none fits, and nobody said why", { fitting: [] }, "daemon", "a daemon that can take it: none is connected"],
  ["its daemon is full", { fitting: [{ slots: 4, taken: 4 }] }, "slot", "a free slot: 4 of 4 are taken"],
  [
    "all daemons are full, one of them over",
    {
      fitting: [
        { slots: 4, taken: 5 },
        { slots: 2, taken: 2 },
      ],
    },
    "slot",
    "a free slot: 7 of the 6 of 2 daemons are taken",
  ],
  [
    "what is free is kept for people",
    { lane: "prebuilds", fitting: [{ slots: 4, taken: 3 }] },
    "reserve",
    "a slot that is not kept free for people: 3 of 4 are taken, 1 is kept",
  ],
  [
    "what is free of each of several is",
    {
      lane: "prebuilds",
      fitting: [
        { slots: 4, taken: 3 },
        { slots: 1, taken: 1 },
        { slots: 8, taken: 6 },
      ],
    },
    "reserve",
    "a slot that is not kept free for people: 10 of the 13 of 3 daemons are taken, 3 are kept",
  ],
  [
    "nothing is reserved",
    { lane: "prebuilds", reservedShare: 0, fitting: [{ slots: 2, taken: 1 }] },
    "turn",
    "its turn: it is the next",
  ],
  [
    "a single slot is never kept",
    { lane: "prebuilds", fitting: [{ slots: 1, taken: 0 }] },
    "turn",
    "its turn: it is the next",
  ],
  [
    "a delete takes what is kept",
    { lane: "removals", fitting: [{ slots: 4, taken: 3 }] },
    "turn",
    "its turn: it is the next",
  ],
  ["one is before it", { queuePosition: 2 }, "turn", "its turn: 1 job is before it in the queue"],
  ["many are before it", { queuePosition: 12 }, "turn", "its turn: 11 jobs are before it in the queue"],
];

it.each(table)("when %s, it is said", (_because, changes, kind, text) => {
  expect(waitingFor({ ...facts, ...changes })).toEqual({ kind, text });
});
