import { expect, onTestFinished, test } from "vitest";
import { CronScripts } from "../../../src/agent/scripts/cron-scripts.ts";
import type { AgentScript } from "../../../src/contracts/agent-settings.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { yieldTurn } from "../../../src/platform/sleep.ts";

function script(id: string, cron: string | null): AgentScript {
  return {
    id,
    name: id,
    icon: "",
    run: "true",
    onStart: false,
    onStop: false,
    cron,
    timeoutMs: null,
    logPath: "",
    blocksLogin: false,
  };
}

/** Scripts on a clock that moves on by what is waited for, each time that the test lets it. */
function bench(scripts: readonly AgentScript[]) {
  const clock = manualClock("2030-01-01T00:00:00.500Z");
  const begun: string[] = [];
  const skipped: string[] = [];
  const waits: number[] = [];
  const ends = new Map<string, () => void>();
  let goOn: () => void = () => undefined;
  const held = new Set<string>();
  const cron = new CronScripts({
    scripts,
    clock,
    run: async ({ id }, abort) => {
      begun.push(`${id} ${clock.now().toISOString().slice(11, 23)}`);
      if (!held.has(id)) return;
      await new Promise<void>((resolve) => {
        ends.set(id, resolve);
        abort.addEventListener("abort", () => resolve(), { once: true });
      });
    },
    onSkipped: ({ id }) => skipped.push(`${id} ${clock.now().toISOString().slice(11, 19)}`),
    wait: (durationMs, abort) => {
      waits.push(durationMs);
      return new Promise((resolve) => {
        goOn = () => {
          clock.advance(durationMs);
          resolve();
        };
        abort.addEventListener("abort", () => resolve(), { once: true });
      });
    },
  });
  onTestFinished(() => cron.close());
  const step = async (): Promise<void> => {
    goOn();
    await yieldTurn();
  };
  return { clock, begun, skipped, waits, ends, held, cron, step };
}

test("scripts are run at their times, and one without a cron never is", async () => {
  const { begun, step } = bench([script("ten", "*/10 * * * * *"), script("every", "@every 15s"), script("none", null)]);
  for (let count = 0; count < 5; count += 1) await step();
  expect(begun).toEqual([
    "ten 00:00:10.000",
    "every 00:00:15.500",
    "ten 00:00:20.000",
    "ten 00:00:30.000",
    "every 00:00:30.500",
  ]);
});

test("one that is late does not shift those after it", async () => {
  const { begun, clock, step } = bench([script("ten", "@every 10s")]);
  clock.advance(70);
  await step();
  await step();
  await step();
  // The timer was 70 ms late the first time alone.
  expect(begun).toEqual(["ten 00:00:10.570", "ten 00:00:20.500", "ten 00:00:30.500"]);
});

test("a run is left out while the one before it goes on, which is told once, and comes again after it", async () => {
  const { begun, skipped, held, ends, step } = bench([script("ten", "*/10 * * * * *")]);
  held.add("ten");
  for (let count = 0; count < 3; count += 1) await step();
  expect([begun, skipped]).toEqual([["ten 00:00:10.000"], ["ten 00:00:20"]]);
  ends.get("ten")?.();
  await yieldTurn();
  await step();
  expect(begun).toEqual(["ten 00:00:10.000", "ten 00:00:40.000"]);
  for (let count = 0; count < 2; count += 1) await step();
  expect(skipped).toEqual(["ten 00:00:20", "ten 00:00:50"]);
});

test("what was missed while the machine rested is run once", async () => {
  const { begun, clock, step } = bench([script("ten", "*/10 * * * * *")]);
  clock.set(new Date("2030-01-01T05:00:03.000Z"));
  await step();
  await step();
  expect(begun).toEqual(["ten 05:00:12.500", "ten 05:00:20.000"]);
});

test("a clock that is put back has everything planned anew, and no wait is for ever", async () => {
  const { begun, waits, clock, step } = bench([script("ten", "*/10 * * * * *"), script("daily", "TZ=UTC @daily")]);
  await step();
  clock.set(new Date("2029-12-31T20:00:00.000Z"));
  await step();
  await step();
  expect(begun).toEqual(["ten 00:00:10.000", "ten 20:00:20.000"]);
  expect(Math.max(...waits)).toBeLessThanOrEqual(30_000);
});

test("closing aborts what is run, and waits for its end", async () => {
  const { begun, cron, held, step } = bench([script("ten", "*/10 * * * * *")]);
  held.add("ten");
  await step();
  await cron.close();
  await step();
  expect(begun).toHaveLength(1);
});
