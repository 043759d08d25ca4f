import { expect, it } from "vitest";
import type { ServerId } from "../../src/contracts/ids.ts";
import { createLease, type Lease } from "../../src/controllers/lease.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";

function leaseOf(fx: Fixture, monotonicMs: () => number): Lease {
  return createLease(fx.store, { name: "test", holder: systemRandom.uuid() as ServerId, monotonicMs });
}

it("of two servers one holds a lease, until it gives it up", async () => {
  const fx = await testFixture();
  const [first, second] = [leaseOf(fx, () => 0), leaseOf(fx, () => 0)];
  expect(await first.hold()).toBe(true);
  expect(await second.hold()).toBe(false);
  expect(await first.hold()).toBe(true);
  await first.release();
  expect(await second.hold()).toBe(true);
  expect(await first.hold()).toBe(false);
});

it("a server whose lease another has taken over finds out when it renews", async () => {
  const fx = await testFixture();
  let nowMs = 0;
  const [first, second] = [leaseOf(fx, () => nowMs), leaseOf(fx, () => nowMs)];
  expect(await first.hold()).toBe(true);
  // As if its holder had been away for longer than a lease lasts.
  await fx.rows("update leases set expires_at = clock_timestamp() - interval '1 second' where name = 'test'");
  expect(await second.hold()).toBe(true);
  nowMs += 10_000;
  expect(await first.hold()).toBe(false);
});
