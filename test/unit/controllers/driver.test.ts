import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { startController } from "../../../src/controllers/driver.ts";
import type { Controller } from "../../../src/controllers/controller.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { memoryLogger } from "../../../src/platform/logger.ts";
import { sleep } from "../../../src/platform/sleep.ts";

const runMs = 100;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A controller whose runs take 100 ms, and the instants at which they began. */
function slowController(): { readonly controller: Controller; readonly begunMs: number[] } {
  const begunMs: number[] = [];
  const controller: Controller = {
    name: "slow",
    intervalMs: 60_000,
    topics: ["pools"],
    run: async () => {
      begunMs.push(Date.now());
      await sleep(runMs);
      return { outcome: "ok", fields: {} };
    },
  };
  return { controller, begunMs };
}

function start(controller: Controller): { readonly tell: () => void; readonly stop: () => Promise<void> } {
  let tell: () => void = () => undefined;
  const news = {
    subscribe: (_topic: string, listener: () => void) => {
      tell = listener;
      return () => undefined;
    },
  };
  const deps = {
    news,
    clock: manualClock("2030-01-01T00:00:00Z"),
    logger: memoryLogger(),
    monotonicMs: () => Date.now(),
  };
  const running = startController(controller, deps);
  return { tell: () => tell(), stop: () => running.stop() };
}

async function stop(running: { readonly stop: () => Promise<void> }): Promise<void> {
  const ended = running.stop();
  await vi.advanceTimersByTimeAsync(runMs);
  await ended;
}

it("under steady news a controller works at most a seventh of the time", async () => {
  const { controller, begunMs } = slowController();
  const running = start(controller);
  for (let ms = 0; ms < 5_000; ms += 5) {
    running.tell();
    await vi.advanceTimersByTimeAsync(5);
  }
  expect(begunMs.length * runMs).toBeLessThanOrEqual(5_000 / 7 + runMs);
  expect(begunMs.length).toBeGreaterThanOrEqual(6);
  await stop(running);
});

it("news after a pause are followed at once, however long the last run was", async () => {
  const { controller, begunMs } = slowController();
  const running = start(controller);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(begunMs).toHaveLength(1);
  const toldMs = Date.now();
  running.tell();
  await vi.advanceTimersByTimeAsync(50);
  expect(begunMs).toHaveLength(2);
  expect((begunMs[1] ?? 0) - toldMs).toBeLessThan(10);
  await stop(running);
});

it("a controller that nobody waits for rests as long as it asks for, and short runs do not make many", async () => {
  const quick = (restMsMin?: number): { readonly controller: Controller; readonly begunMs: number[] } => {
    const { controller, begunMs } = slowController();
    const run = async (): Promise<{ outcome: "ok"; fields: object }> => {
      begunMs.push(Date.now());
      return await Promise.resolve({ outcome: "ok", fields: {} });
    };
    const quickly = { ...controller, run } as Controller;
    return { controller: restMsMin === undefined ? quickly : { ...quickly, restMsMin }, begunMs };
  };
  for (const [one, runsMax] of [
    [quick(), 51],
    [quick(250), 5],
  ] as const) {
    const running = start(one.controller);
    for (let ms = 0; ms < 1_000; ms += 5) {
      running.tell();
      await vi.advanceTimersByTimeAsync(5);
    }
    expect(one.begunMs.length).toBeLessThanOrEqual(runsMax);
    expect(one.begunMs.length).toBeGreaterThanOrEqual(runsMax - 12);
    await stop(running);
  }
});
