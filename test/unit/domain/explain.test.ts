import { describe, expect, test } from "vitest";
import { decidePool } from "../../../src/domain/pool/decide-pool.ts";
import { decisionDigest } from "../../../src/domain/pool/decision-digest.ts";
import { explainPool } from "../../../src/domain/pool/explain.ts";
import { renderExplanation } from "../../../src/domain/pool/render-explanation.ts";
import { durationText, isoInstant } from "../../../src/domain/time/instant-text.ts";
import { failed, hourMs, minuteMs, now, type PoolOver, pool, prebuild, prebuilds } from "./pool-factory.ts";

const record = (over: PoolOver) => {
  const snapshot = pool(over);
  return explainPool(snapshot, decidePool(snapshot));
};
const say = (over: PoolOver) => renderExplanation(record(over), { now: over.now ?? now });
const digest = (over: PoolOver) => decisionDigest(decidePool(pool(over)));
const office = { timezone: "UTC", schedules: [{ cron: "* 9-18 * * 1-5", instances: 3 }] };

describe("the record of a decision", () => {
  test("it survives JSON unchanged", () => {
    const full = record({ preset: office, prebuilds: prebuilds(4, "ready"), completed: [failed(now)] });
    expect(JSON.parse(JSON.stringify(full))).toEqual(full);
  });

  test("it has inputs, every rule's answer, the numbers, what is held, and the next change", () => {
    const full = record({ preset: office, prebuilds: prebuilds(1, "ready"), completed: [failed(now)] });
    expect(full.inputs).toMatchObject({ isActive: true, instances: 1, failedBuilds: 1, timezone: "UTC" });
    expect(full.state).toMatchObject({ desired: 3, actual: 1 });
    expect(full.held).toMatchObject([{ reason: "backoff", count: 2 }]);
    expect(full.nextChange).toEqual({ at: Date.UTC(2025, 5, 2, 19), instances: 1 });
    expect(Object.fromEntries(full.rules.map(({ name, answer }) => [name, answer]))).toEqual({
      disabled: "no",
      paused: "no",
      surging: "no",
      inactive: "no",
      active: "yes",
      expired: "no",
      extraneous: "no",
      below_desired: "yes",
      claim_replaces: "no",
      validation_failed: "no",
      hard_limited: "no",
      backoff: "yes",
      in_flight_limit: "not_asked",
    });
  });
});

describe("the digest", () => {
  const waiting = { preset: { ttlMs: 2 * hourMs }, completed: [failed(now)] };

  test("it stays the same while time passes and the decision does not change", () => {
    expect(digest({ ...waiting, now: now + 1_000 })).toBe(digest({ ...waiting, now: now + 30_000 }));
  });

  test("it is the same for a plan and for the record of it, also after storage", () => {
    const stored = JSON.parse(JSON.stringify(record(waiting))) as ReturnType<typeof record>;
    expect(decisionDigest(stored)).toBe(digest(waiting));
  });

  test.each<[string, PoolOver]>([
    ["the hold ends", { ...waiting, now: now + 2 * minuteMs }],
    ["the hold lasts longer", { ...waiting, completed: [failed(now), failed(now)] }],
    ["another count is wanted", { ...waiting, preset: { ...waiting.preset, instances: 2 } }],
    ["the pool is paused", { ...waiting, policy: { paused: true } }],
    ["the preset becomes inactive", { ...waiting, preset: { versionIsActive: false } }],
    ["something is to be deleted", { ...waiting, prebuilds: [prebuild("old", { createdAt: 0 })] }],
  ])("it changes when %s", (_name, changed) => {
    expect(digest(changed)).not.toBe(digest(waiting));
  });

  test("it tells two deletes of different prebuilds apart", () => {
    const over = (id: string) => ({ preset: { instances: 0 }, prebuilds: [prebuild(id)] });
    expect(digest(over("a"))).not.toBe(digest(over("b")));
  });
});

describe("the explanation for people", () => {
  test("it says what is wanted, what there is, what is held and until when, and what changes next", () => {
    const sentences = say({ preset: office, prebuilds: prebuilds(1, "ready"), completed: [failed(now)] });
    expect(sentences).toEqual([
      'Preset "large" of template "web" (acme): the preset is active.',
      'It wants 3 prebuilds, by schedule[0] "* 9-18 * * 1-5" in UTC.',
      "It has 1 running, 1 claimable.",
      "Held back: 2 prebuilds (backoff) until 2025-06-02T12:01:00.000Z, for another 1 min: 1 recent prebuild failed.",
      "From 2025-06-02T19:00:00.000Z, in 7 h, it will want 1 prebuild.",
      "Decided at 2025-06-02T12:00:00.000Z, 0 s ago.",
    ]);
  });

  test("it says what is done and why", () => {
    const old = [prebuild("old", { createdAt: now - 10_000 })];
    expect(say({ preset: { ttlMs: 5_000 }, prebuilds: old })).toEqual(
      expect.arrayContaining([
        "It wants 1 prebuild, by the base count.",
        "It has 1 running, 0 claimable, 1 expired.",
        "To delete: 1 prebuild, because they are past their time to live or invalidated.",
        "To create: 1 prebuild.",
      ]),
    );
    expect(say({ preset: { templateDeleted: true } })[0]).toContain("the template is deleted");
  });

  test("it says that schedules are not used, and why", () => {
    const sentences = say({ preset: { ...office, timezone: "Mars/Olympus" } });
    expect(sentences).toContainEqual(
      expect.stringMatching(/^Its schedules are not used: the timezone "Mars\/Olympus" is unknown/),
    );
  });

  test("it says that a roll-out has stopped", () => {
    const surge = {
      replacementsReady: 0,
      replacementsDesired: 1,
      startedAt: now,
      maxOutdatedAgeMs: hourMs,
      replacementHealth: "hard_limited",
    } as const;
    const sentences = say({
      preset: { versionIsActive: false, rollout: "surge" },
      prebuilds: prebuilds(1, "ready"),
      surge,
    });
    expect(sentences).toContainEqual(
      expect.stringMatching(/^The roll-out has stopped.*replacements are ready: 1; .*in 1 h\.$/),
    );
  });
});

describe("times in words", () => {
  test.each([
    0,
    951_782_399_999,
    951_868_800_000,
    -1,
    4_102_444_800_123,
    Date.UTC(2024, 1, 29, 23, 59, 59),
  ])("%d is written as ISO 8601", (at) => {
    expect(isoInstant(at)).toBe(new Date(at).toISOString());
  });

  test.each([
    [0, "0 s"],
    [1, "1 s"],
    [61_000, "1 min 1 s"],
    [3_600_000, "1 h"],
    [90_061_000, "1 d 1 h"],
    [Number.NaN, "an unknown time"],
  ])("%d ms is %s", (lengthMs, text) => {
    expect(durationText(lengthMs)).toBe(text);
  });
});
