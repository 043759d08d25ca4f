import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type ControllerStatus, startController } from "../../../src/controllers/driver.ts";
import type { Controller } from "../../../src/controllers/controller.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { memoryLogger } from "../../../src/platform/logger.ts";
import { sleep } from "../../../src/platform/sleep.ts";

const longMs = 100;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A controller whose runs take a while, and the instants at which they began. */
function slowController(runMs = longMs): { readonly controller: Controller; readonly begunMs: number[] } {
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

function start(controller: Controller): {
  readonly tell: () => void;
  readonly stop: () => Promise<void>;
  readonly status: () => ControllerStatus;
} {
  let tell: () => void = () => undefined;
  const news = {
    subscribe: (_topic: string, listener: () => void) => {
      tell = listener;
      return () => undefined;
    },
    subscribeAll: () => () => undefined,
  };
  const deps = {
    news,
    clock: manualClock("2030-01-01T00:00:00Z"),
    logger: memoryLogger(),
    monotonicMs: () => Date.now(),
  };
  const running = startController(controller, deps);
  return { tell: () => tell(), stop: () => running.stop(), status: () => running.status() };
}

async function stop(running: { readonly stop: () => Promise<void> }): Promise<void> {
  const ended = running.stop();
  await vi.advanceTimersByTimeAsync(longMs);
  await ended;
}

it.each([
  [10, 1 / 5],
  [30, 1 / 11],
  [70, 1 / 12],
])("under steady news a controller whose runs take %d ms works at most %d of the time", async (runMs, share) => {
  const { controller, begunMs } = slowController(runMs);
  const running = start(controller);
  for (let ms = 0; ms < 5_000; ms += 5) {
    running.tell();
    await vi.advanceTimersByTimeAsync(5);
  }
  expect(begunMs.length * runMs).toBeLessThanOrEqual(5_000 * share + runMs);
  expect(begunMs.length * runMs).toBeGreaterThanOrEqual(5_000 * share * 0.7);
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

it("one run that was kept waiting does not put the next one off", async () => {
  const { controller, begunMs } = slowController();
  let runs = 0;
  const uneven: Controller = {
    ...controller,
    run: async () => {
      runs += 1;
      begunMs.push(Date.now());
      await sleep(runs % 3 === 0 ? longMs : 10);
      return { outcome: "ok", fields: {} };
    },
  };
  const running = start(uneven);
  for (let ms = 0; ms < 2_000; ms += 5) {
    running.tell();
    await vi.advanceTimersByTimeAsync(5);
  }
  // Of three runs, 120 ms of work and three rests of 40 ms: the one of 100 ms never asked for its rest of 1,000.
  expect(begunMs.length).toBeGreaterThanOrEqual(3 * Math.floor(2_000 / 260));
  await stop(running);
});

it("a run that takes too long is told to stop and shown as hung, and no other begins beside it", async () => {
  const signals: AbortSignal[] = [];
  let end = (): void => undefined;
  const stuck: Controller = {
    name: "stuck",
    intervalMs: 1_000,
    runMsMax: 5_000,
    topics: ["pools"],
    run: async (shouldStop) => {
      signals.push(shouldStop);
      if (signals.length === 1) {
        await new Promise<void>((resolve) => {
          end = resolve;
        });
      }
      return { outcome: "ok", fields: {} };
    },
  };
  const running = start(stuck);
  await vi.advanceTimersByTimeAsync(4_900);
  expect(running.status()).toMatchObject({ runningSince: expect.any(Date), hungSince: null });
  expect(signals[0]?.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(200);
  expect(running.status().hungSince).toEqual(expect.any(Date));
  expect(signals[0]?.aborted).toBe(true);
  for (let ms = 0; ms < 60_000; ms += 1_000) {
    running.tell();
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(signals).toHaveLength(1);
  end();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(signals.length).toBeGreaterThan(1);
  expect(signals[1]?.aborted).toBe(false);
  expect(running.status()).toMatchObject({ runningSince: null, hungSince: null, lastOutcome: "ok" });
  await stop(running);
});

it("a run within its limit is told to stop when the server stops", async () => {
  let signal: AbortSignal | undefined;
  const long: Controller = {
    name: "long",
    intervalMs: 1_000,
    topics: [],
    run: async (shouldStop) => {
      signal = shouldStop;
      await sleep(60_000, shouldStop);
      return { outcome: "ok", fields: {} };
    },
  };
  const running = start(long);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(signal?.aborted).toBe(false);
  await stop(running);
  expect(signal?.aborted).toBe(true);
});
