import { expect, test } from "vitest";
import { stopGraceSeconds } from "../../../src/provisioner/stop-grace.ts";

const graceOf = (...stops: ({ readonly run: string; readonly timeout?: number } | undefined)[]): number =>
  stopGraceSeconds(
    {
      driver: "process",
      agents: stops.map((stop, nth) => ({ name: `agent-${nth}`, ...(stop === undefined ? {} : { hooks: { stop } }) })),
    },
    10,
  );

test("agents are given the longest time of their stop hooks and 5 s, and never less than the driver's own", () => {
  expect(graceOf()).toBe(10);
  expect(graceOf(undefined)).toBe(10);
  expect(graceOf({ run: "true", timeout: 2 })).toBe(10);
  expect(graceOf({ run: "true" })).toBe(35);
  expect(graceOf({ run: "true" }, undefined, { run: "true", timeout: 60 })).toBe(65);
});
