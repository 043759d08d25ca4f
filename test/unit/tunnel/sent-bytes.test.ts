import { describe, expect, it } from "vitest";
import { SentBytes, windowBytesMax, windowBytesMin } from "../../../src/tunnel/sent-bytes.ts";

const endless = 64 * windowBytesMax;

/** A sender whose window goes out, is on its way for `wayMs` and is acknowledged, again and again. @returns each window. */
function windows(waysMs: readonly number[]): readonly number[] {
  let nowMs = 0;
  const out = new SentBytes(() => nowMs);
  out.write(Buffer.alloc(endless));
  let position = 0;
  return waysMs.map((wayMs) => {
    const before = position;
    for (let piece = out.next(); piece !== undefined && piece !== "end"; piece = out.next()) position += piece.length;
    nowMs += wayMs;
    out.ack(position);
    return position - before;
  });
}

describe("the window of a sender", () => {
  it("doubles where more of it is under way in the same time, as on a long line", () => {
    expect(windows([100, 100, 100, 101, 100, 100]).map((bytes) => bytes / windowBytesMin)).toEqual([
      1, 2, 4, 8, 16, 16,
    ]);
  });

  it("stays where more of it takes as much longer: it would only wait on the way, before somebody's keys", () => {
    expect(windows([5, 10, 20, 20, 20]).map((bytes) => bytes / windowBytesMin)).toEqual([1, 2, 4, 4, 4]);
  });

  it("is found anew on another line, whose way is another", () => {
    let nowMs = 0;
    const out = new SentBytes(() => nowMs);
    out.write(Buffer.alloc(endless));
    let position = 0;
    const turn = (wayMs: number): number => {
      const before = position;
      for (let piece = out.next(); piece !== undefined && piece !== "end"; piece = out.next()) position += piece.length;
      nowMs += wayMs;
      out.ack(position);
      return position - before;
    };
    turn(1);
    turn(50);
    expect(turn(50)).toBe(2 * windowBytesMin);
    out.resumeAt(position);
    turn(50);
    expect(turn(50)).toBe(4 * windowBytesMin);
  });
});
