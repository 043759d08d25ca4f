import { describe, expect, it } from "vitest";
import { type PresetConfig, presetProblems } from "../../../../src/provisioner/coder-provider/rules/preset-rules.ts";

const everyMorning = { cron: "* 8-12 * * 1-5", instances: 3 };

function preset(overrides: Partial<PresetConfig> = {}): PresetConfig {
  return { name: "GoLand: Large", default: false, parameters: { anything: "at all" }, prebuilds: null, ...overrides };
}

function pool(overrides: Partial<NonNullable<PresetConfig["prebuilds"]>>): PresetConfig {
  return preset({ prebuilds: { instances: 1, expirationTtl: null, scheduling: null, ...overrides } });
}

function scheduled(timezone: string, ...schedules: readonly { cron: string; instances: number }[]): PresetConfig {
  return pool({ scheduling: { timezone, schedules } });
}

const cron = (index: number): readonly (string | number)[] => [
  "prebuilds",
  0,
  "scheduling",
  0,
  "schedule",
  index,
  "cron",
];

const sound: readonly (readonly [string, PresetConfig])[] = [
  ["a name of any letters", preset({ name: "Großes „GoLand“ (16 vCPU)" })],
  ["a description of 128 characters, however they are written", preset({ description: "🦊".repeat(128) })],
  ["an icon of 256 characters", preset({ icon: "i".repeat(256) })],
  ["no parameters at all", preset({ parameters: {} })],
  ["a pool of nothing", pool({ instances: 0 })],
  ["prebuilds that never expire", pool({ expirationTtl: 0 })],
  ["prebuilds that expire in an hour", pool({ expirationTtl: 3_600 })],
  ["prebuilds that expire in a year", pool({ expirationTtl: 31_536_000 })],
  ["schedules that do not meet", scheduled("Europe/Berlin", everyMorning, { cron: "* 13-17 * * 1-5", instances: 1 })],
  [
    "schedules of other months",
    scheduled("UTC", { cron: "* * * 1-6 *", instances: 1 }, { cron: "* * * 7-12 *", instances: 2 }),
  ],
];

const refused: readonly (readonly [string, PresetConfig, readonly (string | number)[], RegExp])[] = [
  ["an empty name", preset({ name: "" }), ["name"], /empty/],
  [
    "a description of 129 characters",
    preset({ description: "d".repeat(129) }),
    ["description"],
    /129 characters; at most 128/,
  ],
  ["an icon of 257 characters", preset({ icon: "i".repeat(257) }), ["icon"], /at most 256/],
  ["fewer instances than none", pool({ instances: -1 }), ["prebuilds", 0, "instances"], /whole number/],
  ["half an instance", pool({ instances: 0.5 }), ["prebuilds", 0, "instances"], /whole number/],
  ["more instances than a pool has", pool({ instances: 100_001 }), ["prebuilds", 0, "instances"], /100000/],
  ["an expiry below an hour", pool({ expirationTtl: 3_599 }), ["prebuilds", 0, "expiration_policy", 0, "ttl"], /3600/],
  [
    "an expiry above a year",
    pool({ expirationTtl: 31_536_001 }),
    ["prebuilds", 0, "expiration_policy", 0, "ttl"],
    /31536000/,
  ],
  [
    "an unknown time zone",
    scheduled("Mars/Olympus", everyMorning),
    ["prebuilds", 0, "scheduling", 0, "timezone"],
    /Mars/,
  ],
  ["an empty time zone", scheduled("", everyMorning), ["prebuilds", 0, "scheduling", 0, "timezone"], /IANA/],
  ["scheduling without a schedule", scheduled("UTC"), ["prebuilds", 0, "scheduling", 0, "schedule"], /at least one/],
  [
    "65 schedules",
    scheduled("UTC", ...Array.from({ length: 65 }, () => everyMorning)),
    ["prebuilds", 0, "scheduling", 0, "schedule"],
    /at most 64/,
  ],
  ["a cron of four fields", scheduled("UTC", { cron: "* 8 * *", instances: 1 }), cron(0), /4 fields/],
  ["a cron of six fields", scheduled("UTC", { cron: "0 * 8 * * *", instances: 1 }), cron(0), /6 fields/],
  ["a cron with a minute", scheduled("UTC", { cron: "0 8 * * *", instances: 1 }), cron(0), /minute must be \*/],
  ["an hour of 24", scheduled("UTC", { cron: "* 24 * * *", instances: 1 }), cron(0), /outside 0-23/],
  ["a day of the week of 7", scheduled("UTC", { cron: "* * * * 7", instances: 1 }), cron(0), /outside 0-6/],
  ["a cron with steps", scheduled("UTC", { cron: "* */2 * * *", instances: 1 }), cron(0), /not a number or a range/],
  [
    "schedules that overlap",
    scheduled("UTC", everyMorning, { cron: "* 12-14 * * 5", instances: 2 }),
    cron(1),
    /overlap/,
  ],
  [
    "a schedule with a negative count",
    scheduled("UTC", { cron: "* 8 * * *", instances: -1 }),
    ["prebuilds", 0, "scheduling", 0, "schedule", 0, "instances"],
    /whole number/,
  ],
];

describe("a preset by itself", () => {
  it.each(sound)("may have %s", (_what, config) => {
    expect(presetProblems(config)).toEqual([]);
  });

  it.each(refused)("cannot have %s", (_what, config, path, detail) => {
    expect(presetProblems(config)).toMatchObject([{ path, detail: expect.stringMatching(detail) }]);
  });

  it("tells all of its problems at once", () => {
    const config = preset({
      name: "",
      icon: "i".repeat(300),
      prebuilds: { instances: -1, expirationTtl: 5, scheduling: { timezone: "x", schedules: [everyMorning] } },
    });
    expect(presetProblems(config).map((problem) => problem.path.at(-1))).toEqual([
      "name",
      "icon",
      "instances",
      "ttl",
      "timezone",
    ]);
  });
});
