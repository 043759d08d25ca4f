import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { backoffDelayMs } from "../../../src/platform/backoff.ts";
import { mapBounded } from "../../../src/platform/bounded.ts";
import { createDisposers } from "../../../src/platform/disposers.ts";
import { memoryLogger } from "../../../src/platform/logger.ts";
import { seededRandom } from "../../../src/platform/random.ts";
import { createSignal, waitSettled } from "../../../src/platform/signal.ts";
import { sleep } from "../../../src/platform/sleep.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe("sleep", () => {
  it("ends after its time, and not before", async () => {
    const done = vi.fn();
    const sleeping = sleep(1000).then(done);
    await vi.advanceTimersByTimeAsync(999);
    expect(done).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await sleeping;
    expect(done).toHaveBeenCalledOnce();
  });

  it("ends at once when it is aborted, before or while it runs", async () => {
    const abort = new AbortController();
    const sleeping = sleep(1_000_000, abort.signal);
    abort.abort();
    await sleeping;
    await sleep(1_000_000, abort.signal);
  });

  it("may be longer than a timer can be set for", async () => {
    const monthMs = 30 * 86_400_000;
    const done = vi.fn();
    const sleeping = sleep(monthMs).then(done);
    await vi.advanceTimersByTimeAsync(monthMs - 1);
    expect(done).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await sleeping;
  });
});

describe("signal", () => {
  it("a notify before the wait is not lost, and counts once", async () => {
    const signal = createSignal();
    signal.notify();
    signal.notify();
    expect(await signal.wait({})).toBe("notified");
    const second = signal.wait({ timeoutMs: 50 });
    await vi.advanceTimersByTimeAsync(50);
    expect(await second).toBe("timeout");
  });

  it("a notify between two waits ends the second", async () => {
    const signal = createSignal();
    const first = signal.wait({ timeoutMs: 1000 });
    signal.notify();
    expect(await first).toBe("notified");
    signal.notify();
    expect(await signal.wait({ timeoutMs: 1000 })).toBe("notified");
  });

  it("a notify that arrives after a timed-out wait is kept for the next", async () => {
    const signal = createSignal();
    const first = signal.wait({ timeoutMs: 10 });
    await vi.advanceTimersByTimeAsync(10);
    signal.notify();
    expect(await first).toBe("timeout");
    expect(await signal.wait({})).toBe("notified");
  });

  it("an abort ends the wait, and a wait that begins aborted leaves the notify where it is", async () => {
    const signal = createSignal();
    const abort = new AbortController();
    const waiting = signal.wait({ abort: abort.signal });
    abort.abort();
    expect(await waiting).toBe("aborted");
    signal.notify();
    expect(await signal.wait({ abort: abort.signal })).toBe("aborted");
    expect(await signal.wait({})).toBe("notified");
  });

  it("a burst of notifies settles into one turn, and a later one starts the next", async () => {
    const signal = createSignal();
    const turn = waitSettled(signal, { settleMs: () => 20 });
    signal.notify();
    await vi.advanceTimersByTimeAsync(10);
    signal.notify();
    await vi.advanceTimersByTimeAsync(10);
    expect(await turn).toBe("notified");
    const next = waitSettled(signal, { settleMs: () => 20, timeoutMs: 5 });
    await vi.advanceTimersByTimeAsync(5);
    expect(await next).toBe("timeout");
  });
});

describe("backoff", () => {
  it("doubles up to its cap, and stays between half and the whole of it", () => {
    const random = seededRandom(3);
    for (const [attempt, fullMs] of [
      [1, 100],
      [2, 200],
      [3, 400],
      [4, 500],
      [5000, 500],
    ] as const) {
      for (let draw = 0; draw < 50; draw += 1) {
        const delayMs = backoffDelayMs({ attempt, baseMs: 100, capMs: 500, random });
        expect(delayMs).toBeGreaterThanOrEqual(fullMs / 2);
        expect(delayMs).toBeLessThanOrEqual(fullMs);
      }
    }
  });
});

describe("mapBounded", () => {
  it("runs at most the limit at a time and answers in the items' order", async () => {
    let running = 0;
    let most = 0;
    const work = mapBounded([30, 10, 20, 10], 2, async (ms) => {
      running += 1;
      most = Math.max(most, running);
      await sleep(ms);
      running -= 1;
      return ms;
    });
    await vi.runAllTimersAsync();
    expect((await work).map((outcome) => outcome.kind === "value" && outcome.value)).toEqual([30, 10, 20, 10]);
    expect(most).toBe(2);
  });

  it("an error of one item, thrown early, leaves the others running to their end", async () => {
    const boom = new Error("boom");
    const outcomes = await mapBounded([1, 2, 3], 1, (item) => {
      if (item === 1) throw boom;
      return Promise.resolve(item);
    });
    expect(outcomes).toEqual([
      { kind: "error", error: boom },
      { kind: "value", value: 2 },
      { kind: "value", value: 3 },
    ]);
  });

  it.each([0, -5, Number.NaN])("a limit of %d still runs one at a time", async (limit) => {
    expect(await mapBounded([1], limit, (item) => Promise.resolve(item))).toEqual([{ kind: "value", value: 1 }]);
    expect(await mapBounded([], limit, () => Promise.resolve())).toEqual([]);
  });
});

describe("disposers", () => {
  it("run in reverse, once, whatever fails or hangs", async () => {
    const logger = memoryLogger();
    const disposers = createDisposers(logger);
    const order: string[] = [];
    const boom = new Error("boom");
    disposers.add("database", () => void order.push("database"));
    disposers.add("hanging", () => new Promise<void>(() => {}), { timeoutMs: 100 });
    disposers.add("failing", () => {
      order.push("failing");
      throw boom;
    });
    disposers.add("http", async () => {
      await sleep(10);
      order.push("http");
    });
    const done = disposers.disposeAll();
    await vi.advanceTimersByTimeAsync(200);
    const failures = await done;
    expect(order).toEqual(["http", "failing", "database"]);
    expect(failures.map((failure) => failure.name)).toEqual(["failing", "hanging"]);
    expect(failures[0]?.error).toBe(boom);
    expect(String(failures[1]?.error)).toContain("hanging did not stop within 100 ms");
    const errors = logger.entries.filter((entry) => entry.level === "error");
    expect(errors.map((entry) => entry.fields["part"])).toEqual(["failing", "hanging"]);
    expect(await disposers.disposeAll()).toBe(failures);
    expect(order).toHaveLength(3);
  });
});
