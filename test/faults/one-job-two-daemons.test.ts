import { expect, it } from "vitest";
import type { DaemonId } from "../../src/contracts/ids.ts";
import { type LeasedJobRow, takeJob } from "../../src/db/jobs/job-leases.ts";
import type { Tx } from "../../src/db/store.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { create } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { interleaved } from "../support/interleave.ts";
import { publishTemplate } from "../support/templates.ts";

function takeAsAnother(fx: Fixture, tx: Tx): Promise<LeasedJobRow | undefined> {
  return takeJob(tx, {
    daemonId: systemRandom.uuid() as DaemonId,
    incarnation: systemRandom.uuid(),
    drivers: ["fake"],
    tags: {},
    now: fx.clock.now(),
    leaseUntil: new Date(fx.clock.now().getTime() + 30_000),
    concurrency: 10,
    reservedSlots: 0,
  });
}

it.each([1, 2, 3])("a job that one daemon is taking is not taken by another, after statement %i", async (nth) => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: { large: 0 } });
  await create(fx);
  let meanwhile: Promise<LeasedJobRow | undefined> | undefined;
  const first = await fx.store.transaction("test first", async (tx) => {
    const work = (): Promise<LeasedJobRow | undefined> =>
      fx.store.transaction("test second", async (other) => takeAsAnother(fx, other));
    const both = interleaved(fx, tx, { nth, work });
    meanwhile = both.other;
    return await takeAsAnother(fx, both.tx);
  });
  // After the first statement nobody has chosen yet, and the second comes first.
  expect([first, await meanwhile].filter((job) => job !== undefined)).toHaveLength(1);
  expect(await fx.number("select max(attempt) from jobs where kind = 'build'")).toBe(1);
});
