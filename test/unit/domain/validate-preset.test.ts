import { describe, expect, test } from "vitest";
import type { ParameterDefinition } from "../../../src/contracts/parameter-definition.ts";
import type { PrebuildsDefinition, PresetDefinition } from "../../../src/contracts/preset-definition.ts";
import { describePresetProblem, validatePresets } from "../../../src/domain/preset/validate-preset.ts";

const preset = (over: Partial<PresetDefinition> = {}): PresetDefinition => ({ name: "large", parameters: {}, ...over });
const problems = (...presets: PresetDefinition[]) => validatePresets(presets, []);
const pooled = (prebuilds: PrebuildsDefinition) => problems(preset({ prebuilds }));
const fields = (found: ReturnType<typeof validatePresets>) => found.map((problem) => problem.field);

describe("presets at the publish", () => {
  test("sound presets have no problems", () => {
    const scheduling = { timezone: "Europe/Berlin", schedule: [{ cron: "* 9-18 * * 1-5", instances: 3 }] };
    const prebuilds = { instances: 0, expirationPolicy: { ttlSeconds: 86_400 }, scheduling };
    expect(problems(preset({ isDefault: true, prebuilds }), preset({ name: "small" }))).toEqual([]);
  });

  test.each([
    [0, true],
    [3_600, true],
    [31_536_000, true],
    [3_599, false],
    [31_536_001, false],
    [1, false],
    [-3_600, false],
    [3_600.5, false],
    [Number.NaN, false],
  ])("C85 a ttl of %d is accepted: %s", (ttlSeconds, isAccepted) => {
    const found = pooled({ instances: 1, expirationPolicy: { ttlSeconds } });
    expect(fields(found)).toEqual(isAccepted ? [] : ["presets[0].prebuilds.expiration_policy.ttl"]);
  });

  test.each([-1, 1.5, Number.NaN, 100_001])("C86 instances of %d are refused", (instances) => {
    expect(fields(pooled({ instances }))).toEqual(["presets[0].prebuilds.instances"]);
  });

  test.each([
    ["* 9 30 2 *", false],
    ["* 9-17 31 2,4 *", false],
    ["* 9 29 2 *", true],
    ["* 9 30,31 1,2 *", true],
    ["* 9 30 2 1", true],
  ])("a schedule of %s is accepted, because it comes at some time: %s", (cron, isAccepted) => {
    const found = pooled({ instances: 0, scheduling: { timezone: "UTC", schedule: [{ cron, instances: 1 }] } });
    expect(fields(found)).toEqual(isAccepted ? [] : ["presets[0].prebuilds.scheduling.schedule[0].cron"]);
  });

  test("a pool without an instance count is refused", () => {
    expect(fields(pooled({}))).toEqual(["presets[0].prebuilds.instances"]);
  });

  test("C87 two default presets are refused, and the second is named", () => {
    const found = problems(preset({ isDefault: true }), preset({ name: "small", isDefault: true }));
    expect(found).toEqual([
      { preset: "small", field: "presets[1].default", reason: expect.stringContaining('"large"') },
    ]);
  });

  test("two presets of one name, and an empty name, are refused", () => {
    expect(fields(problems(preset(), preset()))).toEqual(["presets[1].name"]);
    expect(fields(problems(preset({ name: " " })))).toEqual(["presets[0].name"]);
  });

  test("a description of 128 characters is accepted and one of 129 is not", () => {
    expect(problems(preset({ description: "😀".repeat(128) }))).toEqual([]);
    expect(fields(problems(preset({ description: "a".repeat(129) })))).toEqual(["presets[0].description"]);
  });

  test("a bad schedule is reported with preset, field and reason", () => {
    const schedule = [
      { cron: "* 9 * * *", instances: 1 },
      { cron: "* 24 * * *", instances: 1 },
    ];
    const [problem] = pooled({ instances: 1, scheduling: { timezone: "UTC", schedule } });
    expect(problem).toMatchObject({ preset: "large", field: "presets[0].prebuilds.scheduling.schedule[1].cron" });
    expect(problem && describePresetProblem(problem)).toMatch(
      /^Preset "large", presets\[0\].*hour "24": 24 is outside 0-23/,
    );
  });

  test("C84 an overlap is reported at the second schedule and names both", () => {
    const schedule = ["* 1 * * *", "* 9-12 * * *", "* 12 * * *"].map((cron) => ({ cron, instances: 1 }));
    const [problem] = pooled({ instances: 1, scheduling: { timezone: "UTC", schedule } });
    expect(problem?.field).toBe("presets[0].prebuilds.scheduling.schedule[2].cron");
    expect(problem?.reason).toContain('schedule[1] "* 9-12 * * *"');
  });

  test("scheduling without a schedule, and with a negative count, is refused", () => {
    expect(fields(pooled({ instances: 1, scheduling: { timezone: "UTC", schedule: [] } }))).toEqual([
      "presets[0].prebuilds.scheduling.schedule",
    ]);
    const schedule = [{ cron: "* 1 * * *", instances: -1 }];
    expect(fields(pooled({ instances: 1, scheduling: { timezone: "UTC", schedule } }))).toEqual([
      "presets[0].prebuilds.scheduling.schedule[0].instances",
    ]);
  });

  test("an unknown timezone does not hide a bad schedule", () => {
    const schedule = [{ cron: "5 * * * *", instances: 1 }];
    expect(fields(pooled({ instances: 1, scheduling: { timezone: "Mars/Olympus", schedule } }))).toEqual([
      "presets[0].prebuilds.scheduling.timezone",
      "presets[0].prebuilds.scheduling.schedule[0].cron",
    ]);
  });

  test("more presets than allowed are refused at once", () => {
    expect(fields(problems(...Array.from({ length: 65 }, (_, n) => preset({ name: `p${n}` }))))).toEqual(["presets"]);
  });
});

describe("parameters of presets", () => {
  const region: ParameterDefinition = { name: "region", type: "string", mutable: false };
  const cpus: ParameterDefinition = {
    name: "cpus",
    type: "number",
    mutable: true,
    default: "2",
    validation: { min: 1, max: 8 },
  };
  const check = (parameters: Record<string, string>) => validatePresets([preset({ parameters })], [region, cpus]);

  test("a preset that gives every required parameter is sound", () => {
    expect(check({ region: "eu" })).toEqual([]);
  });

  test("a required parameter without a value is a problem of a preset with a pool: nobody is asked there", () => {
    const pooled = preset({ parameters: {}, prebuilds: { instances: 1 } });
    expect(validatePresets([pooled], [region, cpus])).toEqual([
      { preset: "large", field: 'presets[0].parameters["region"]', reason: expect.stringContaining("required") },
    ]);
  });

  test("a required parameter may be left to the person by a preset without a pool, and only that", () => {
    expect(check({})).toEqual([]);
    expect(fields(check({ cpus: "99" }))).toEqual(['presets[0].parameters["cpus"]']);
  });

  test("an invalid value and an unknown parameter are problems, reported together", () => {
    expect(fields(check({ region: "eu", cpus: "99", colour: "red" }))).toEqual([
      'presets[0].parameters["cpus"]',
      'presets[0].parameters["colour"]',
    ]);
  });
});
