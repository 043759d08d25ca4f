import { expect, test } from "vitest";
import { SignInLimits } from "../../../src/app/identity/sign-in-limits.ts";
import { CodedError } from "../../../src/contracts/errors.ts";

function bench() {
  let nowMs = 0;
  const limits = new SignInLimits(() => nowMs);
  /** Seconds to wait; 0 for a try that was looked at, and failed. */
  const fail = (username: string, address: string): number => {
    try {
      limits.begin({ username, address });
      return 0;
    } catch (error) {
      return error instanceof CodedError ? (error.retryAfterSeconds ?? -1) : -1;
    }
  };
  return { limits, fail, pass: (ms: number) => (nowMs += ms) };
}

test("after five failures each try waits twice as long as the one before, and a minute at most", () => {
  const { fail, pass } = bench();
  for (let nth = 0; nth < 5; nth += 1) expect(fail("ann", "a")).toBe(0);
  const waits: number[] = [];
  for (let nth = 0; nth < 10; nth += 1) {
    const seconds = fail("Ann", "a");
    waits.push(seconds);
    expect(fail("ann", "a"), "what is refused makes nothing worse").toBe(seconds);
    pass(seconds * 1_000);
    expect(fail("ann", "a")).toBe(0);
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
});

test("however often an account is tried from elsewhere, its owner gets in from where nothing has failed", () => {
  const { limits, fail } = bench();
  for (let nth = 0; nth < 10_000; nth += 1) fail("ann", `attacker ${nth % 500}`);
  expect(() => limits.begin({ username: "ann", address: "home" })).not.toThrow();
});

test("an account under attack gives each new address one failure", () => {
  const { fail } = bench();
  for (let nth = 0; nth < 20; nth += 1) expect(fail("ann", `address ${nth}`)).toBe(0);
  expect(fail("ann", "another")).toBe(0);
  expect(fail("ann", "another")).toBeGreaterThan(0);
});

test("one address has twenty failures over all accounts, and its own account's success gives it none back", () => {
  const { limits, fail } = bench();
  for (let nth = 0; nth < 19; nth += 1) expect(fail(`user ${nth}`, "a")).toBe(0);
  limits.begin({ username: "mallory", address: "a" }).takeBack();
  expect(fail("user 20", "a")).toBe(0);
  expect(fail("user 21", "a")).toBeGreaterThan(0);
  expect(fail("user 21", "b")).toBe(0);
});

test("a right password forgets the failures before it, and an hour does too", () => {
  const { limits, fail, pass } = bench();
  for (let nth = 0; nth < 4; nth += 1) fail("ann", "a");
  limits.begin({ username: "ann", address: "a" }).takeBack();
  for (let nth = 0; nth < 5; nth += 1) expect(fail("ann", "a")).toBe(0);
  expect(fail("ann", "a")).toBeGreaterThan(0);
  pass(3_600_001);
  expect(fail("ann", "a")).toBe(0);
});
