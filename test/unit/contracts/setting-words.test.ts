import { expect, test } from "vitest";
import type { Setting } from "../../../src/contracts/api/settings.ts";
import { settingRefusal } from "../../../src/contracts/setting-words.ts";

const setting: Setting = {
  name: "quota.enabled",
  section: "Quota",
  description: "",
  expected: "true or false",
  value: "true",
  default: "false",
  source: "default",
  effect: "at_once",
  isSecret: false,
  stored: null,
  flag: "--quota-enabled",
  environment: "PREWARM_QUOTA_ENABLED",
};

test.each([
  { source: "flag", place: "--quota-enabled" },
  { source: "environment", place: "PREWARM_QUOTA_ENABLED" },
  { source: "file", place: "its file" },
] as const)("a value that was given by $source is named with its place", ({ source, place }) => {
  expect(settingRefusal({ ...setting, source })).toMatchObject({
    code: "setting_is_given",
    because: `This server was started with quota.enabled = true by ${place}, which counts first.`,
  });
});

test("the default and what is stored may be changed, unless it is read at the start alone", () => {
  expect(settingRefusal(setting)).toBeUndefined();
  expect(settingRefusal({ ...setting, source: "stored" })).toBeUndefined();
  expect(settingRefusal({ ...setting, effect: "restart" })?.code).toBe("setting_needs_restart");
});
