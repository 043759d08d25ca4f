import fc from "fast-check";
import type { LivePrebuild, PoolSnapshot } from "../../src/domain/pool/pool-snapshot.ts";
import { minuteMs, now, pool, prebuild, preset } from "../unit/domain/pool-factory.ts";

const ago = fc.integer({ min: 0, max: 90 }).map((minutes) => now - minutes * minuteMs);

const prebuildArbitrary = fc.record({
  state: fc.constantFrom("building", "starting", "ready", "stopping", "draining", "failed", "parked"),
  createdAt: ago,
  hasPendingFirstBuildJob: fc.boolean(),
  generation: fc.integer({ min: 0, max: 9 }),
} as const);

const prebuildsArbitrary = fc
  .array(prebuildArbitrary, { maxLength: 12 })
  .map((list) => list.map((over, index): LivePrebuild => prebuild(`w${String(index).padStart(2, "0")}`, over)));

const completedArbitrary = fc
  .array(fc.record({ createdAt: ago, result: fc.constantFrom("succeeded", "failed") } as const), { maxLength: 8 })
  .map((list) =>
    list
      .map((build) => ({ ...build, completedAt: build.createdAt + 1_000 }))
      .sort((one, other) => other.createdAt - one.createdAt),
  );

const presetArbitrary = fc
  .record({
    versionIsActive: fc.boolean(),
    templateDeleted: fc.boolean(),
    templateDeprecated: fc.boolean(),
    instances: fc.option(fc.integer({ min: 0, max: 8 })),
    ttlMs: fc.option(fc.constantFrom(0, 10 * minuteMs, 60 * minuteMs)),
    timezone: fc.constantFrom(null, "UTC", "Nowhere"),
    schedules: fc.constantFrom([], [{ cron: "* 12 * * *", instances: 5 }], [{ cron: "broken", instances: 5 }]),
    invalidatedAt: fc.option(ago),
    validationFailedAt: fc.option(ago, { freq: 8 }),
    rollout: fc.constantFrom("replace", "surge"),
    blockedByRehearsal: fc.option(fc.constant("why"), { freq: 8 }),
  } as const)
  .map(preset);

const policyArbitrary = fc.record({
  backoffIntervalMs: fc.constantFrom(0, minuteMs, 60 * minuteMs),
  backoffLookbackMs: fc.constantFrom(minuteMs, 60 * minuteMs),
  failureHardLimit: fc.integer({ min: 0, max: 3 }),
  probeIntervalMs: fc.constantFrom(0, 10 * minuteMs),
  inFlightPerPresetMax: fc.integer({ min: 0, max: 4 }),
  paused: fc.integer({ min: 0, max: 9 }).map((die) => die === 0),
  disabled: fc.integer({ min: 0, max: 9 }).map((die) => die === 0),
});

const surgeArbitrary = fc.record({
  replacementsReady: fc.integer({ min: 0, max: 6 }),
  replacementsDesired: fc.integer({ min: 0, max: 6 }),
  startedAt: ago,
  maxOutdatedAgeMs: fc.constantFrom(0, 30 * minuteMs),
  replacementHealth: fc.constantFrom("healthy", "hard_limited"),
} as const);

/** Any pool: inactive as often as active, with prebuilds in every state. */
export const poolArbitrary: fc.Arbitrary<PoolSnapshot> = fc
  .record({
    preset: presetArbitrary,
    prebuilds: prebuildsArbitrary,
    completed: completedArbitrary,
    policy: policyArbitrary,
    surge: fc.option(surgeArbitrary, { nil: undefined }),
  })
  .map(pool);
