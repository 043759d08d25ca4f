import { expect, it } from "vitest";
import { Gather } from "../../../src/platform/gather.ts";
import { waitUntil } from "../../support/wait-until.ts";

/** Limits that no test but those about them meets. */
const patient = { patienceMs: 60_000, stuckMax: 0, waitMsMax: 60_000, late: () => new Error("late") };

interface Asked {
  readonly questions: readonly number[];
  readonly answer: () => void;
  readonly fail: (error: unknown) => void;
}

/** A gather whose asks are answered by hand: each question with its tenfold. */
function byHand(limits: { readonly runningMax: number; readonly togetherMax: number } & Partial<typeof patient>): {
  readonly gather: Gather<number, number>;
  readonly asked: Asked[];
} {
  const asked: Asked[] = [];
  const gather = new Gather<number, number>({
    ...patient,
    ...limits,
    isEverybodys: (error) => error === "gone",
    ask: (questions) =>
      new Promise((resolve, fail) => {
        asked.push({ questions, fail, answer: () => resolve(questions.map((question) => question * 10)) });
      }),
  });
  return { gather, asked };
}

async function turn(): Promise<void> {
  await new Promise(setImmediate);
}

it("a question that comes alone is asked at once, and those that come meanwhile are asked together", async () => {
  const { gather, asked } = byHand({ runningMax: 1, togetherMax: 10 });
  const answers = [1, 2, 3].map((question) => gather.ask(question));
  expect(asked.map((one) => one.questions)).toEqual([[1]]);
  asked[0]?.answer();
  await turn();
  expect(asked.map((one) => one.questions)).toEqual([[1], [2, 3]]);
  asked[1]?.answer();
  expect(await Promise.all(answers)).toEqual([10, 20, 30]);
});

it("no more are under way, and no more go together, than allowed", async () => {
  const { gather, asked } = byHand({ runningMax: 2, togetherMax: 2 });
  const answers = [1, 2, 3, 4, 5].map((question) => gather.ask(question));
  expect(asked).toHaveLength(2);
  for (let nth = 0; nth < 4; nth += 1) {
    asked[nth]?.answer();
    await turn();
    expect(asked.length).toBeLessThanOrEqual(nth + 3);
  }
  expect(asked.map((one) => one.questions)).toEqual([[1], [2], [3, 4], [5]]);
  expect(await Promise.all(answers)).toEqual([10, 20, 30, 40, 50]);
});

it("when many fail for one of them, only the one at fault fails", async () => {
  const gather = new Gather<number, number>({
    ...patient,
    runningMax: 1,
    togetherMax: 10,
    isEverybodys: () => false,
    ask: async (questions) => {
      await turn();
      if (questions.includes(3)) throw new Error("three");
      return questions;
    },
  });
  const settled = await Promise.allSettled([1, 2, 3, 4].map((question) => gather.ask(question)));
  expect(settled.map((one) => one.status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
});

it("a failure that is everybody's is given to all, and nobody is asked again", async () => {
  const { gather, asked } = byHand({ runningMax: 1, togetherMax: 10 });
  const first = gather.ask(1);
  const others = Promise.allSettled([2, 3].map((question) => gather.ask(question)));
  asked[0]?.answer();
  await first;
  await turn();
  asked[1]?.fail("gone");
  expect((await others).map((one) => one.status)).toEqual(["rejected", "rejected"]);
  expect(asked).toHaveLength(2);
});

it("a wrong number of answers is an error, and never somebody else's answer", async () => {
  const gather = new Gather<number, number>({
    ...patient,
    runningMax: 1,
    togetherMax: 10,
    isEverybodys: () => true,
    ask: () => Promise.resolve([]),
  });
  await expect(gather.ask(1)).rejects.toThrow("1 questions were given 0 answers");
});

it("an ask that hangs is gone past by those who came later, up to so many, and its own get an error in time", async () => {
  const limits = { runningMax: 1, togetherMax: 10, patienceMs: 20, stuckMax: 2, waitMsMax: 200 };
  const { gather, asked } = byHand(limits);
  const hung = gather.ask(1).catch(String);
  const later = gather.ask(2);
  await waitUntil("the second is asked beside the first", () => asked.length === 2);
  asked[1]?.answer();
  expect(await later).toBe(20);
  const hungToo = [gather.ask(3).catch(String)];
  await turn();
  expect(asked).toHaveLength(3);
  hungToo.push(gather.ask(4).catch(String));
  await waitUntil("the fourth goes past two", () => asked.length === 4);
  hungToo.push(gather.ask(5).catch(String));
  expect(await Promise.all([hung, ...hungToo])).toEqual(Array.from({ length: 4 }, () => "Error: late"));
  expect(asked, "beyond two nobody goes past").toHaveLength(4);
  asked[3]?.answer();
  await turn();
  const last = gather.ask(6);
  asked[4]?.answer();
  expect(asked[4]?.questions, "who has had his error is not asked").toEqual([6]);
  expect(await last).toBe(60);
});
