/** Where code asks what time it is. Nothing below `main/` reads the machine's clock in another way. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

export interface OffsetClock extends Clock {
  /** Milliseconds added to the base clock; positive when the followed clock is ahead. */
  setOffsetMs(offsetMs: number): void;
  offsetMs(): number;
}

/**
 * A clock that follows another one, usually the database's: with several servers whose clocks differ by
 * seconds, deadlines must be judged by the one clock that wrote them.
 */
export function offsetClock(base: Clock = systemClock): OffsetClock {
  let current = 0;
  return {
    now: () => new Date(base.now().getTime() + current),
    setOffsetMs(offsetMs) {
      if (!Number.isFinite(offsetMs)) throw new RangeError(`a clock's offset must be a finite number, not ${offsetMs}`);
      current = offsetMs;
    },
    offsetMs: () => current,
  };
}

export interface ManualClock extends Clock {
  advance(byMs: number): void;
  set(to: Date): void;
}

/** A clock for tests: it stands still until it is told to move. */
export function manualClock(start: Date | string = "2030-01-01T00:00:00.000Z"): ManualClock {
  let nowMs = new Date(start).getTime();
  if (Number.isNaN(nowMs)) throw new RangeError(`a manual clock cannot start at ${String(start)}: not a date`);
  return {
    now: () => new Date(nowMs),
    advance(byMs) {
      nowMs += byMs;
    },
    set(to) {
      nowMs = to.getTime();
    },
  };
}
