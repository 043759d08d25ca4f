import { describe, expect, it } from "vitest";
import { CodedError } from "../../../src/contracts/errors.ts";
import { Openings } from "../../../src/http/openings.ts";

const minuteMs = 60_000;

function openings(max: number) {
  const time = { nowMs: 0 };
  const counted = new Openings(max, () => time.nowMs);
  const open = (person: string): string | undefined => {
    try {
      counted.count(person);
      return undefined;
    } catch (error) {
      if (error instanceof CodedError) return error.code;
      throw error;
    }
  };
  return { time, open };
}

describe("openings in a minute", () => {
  it("are bounded for each person by himself, and are let in again in the next minute", () => {
    const { time, open } = openings(3);
    for (let nth = 0; nth < 3; nth += 1) expect(open("alice")).toBeUndefined();
    expect(open("alice")).toBe("rate_limited");
    expect(open("bob")).toBeUndefined();
    time.nowMs += minuteMs;
    expect(open("alice")).toBeUndefined();
  });

  it("are as many as anybody likes where the option is 0", () => {
    const { open } = openings(0);
    for (let nth = 0; nth < 2_000; nth += 1) expect(open("alice")).toBeUndefined();
  });
});
