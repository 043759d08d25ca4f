import { expect, test } from "vitest";
import { readManifest } from "../../../src/app/templates/read-manifest.ts";
import { checkManifest } from "../../../src/app/templates/check-manifest.ts";
import type { CodedError } from "../../../src/contracts/errors.ts";
import { lifecyclePolicyDefault } from "../../../src/contracts/lifecycle.ts";
import { lifecyclePolicy } from "../../../src/platform/manifest-lifecycle.ts";

function problemsOf(lines: readonly string[]): CodedError["problems"] {
  try {
    checkManifest(readManifest(["driver: fake", "lifecycle:", ...lines].join("\n")));
    return [];
  } catch (error) {
    return (error as CodedError).problems;
  }
}

test("the manifest holds, and over it what an admin changed, field by field", () => {
  const section = { default_ttl: "8h", activity_bump: "0", autostart: { days: ["mon" as const] } };
  expect(lifecyclePolicy(section, { defaultTtlMs: null, dormantAfterMs: 86_400_000 })).toEqual({
    ...lifecyclePolicyDefault,
    defaultTtlMs: null,
    activityBumpMs: null,
    activity: "use",
    autostartDays: ["mon"],
    dormantAfterMs: 86_400_000,
  });
  expect(lifecyclePolicy(undefined, {})).toEqual(lifecyclePolicyDefault);
});

test.each([
  [["  default_ttl: soon"], "lifecycle.default_ttl", 3],
  [["  max_ttl: 2h", "  failure_ttl: 5s"], "lifecycle.failure_ttl", 4],
  [["  max_ttl: 2h", "  default_ttl: 3h"], "lifecycle.default_ttl", 4],
  [["  delete_dormant_after: 3d"], "lifecycle.delete_dormant_after", 3],
  [["  autostart:", "    days: [monday]"], "lifecycle.autostart.days[0]", 4],
  [["  autostop: 3h"], "lifecycle.autostop", 3],
] as const)("%j is refused at its field and line", (lines, field, line) => {
  expect(problemsOf(lines)[0]).toMatchObject({ field, line, file: "template.yaml" });
});

test("a section with everything in it is taken", () => {
  const lines = [
    "  default_ttl: 8h",
    "  max_ttl: 24h",
    "  activity_bump: 1h30m",
    "  autostart: { allowed: true, days: [mon, fri] }",
    "  failure_ttl: 1h",
    "  dormant_after: 30d",
    "  delete_dormant_after: 60d",
  ];
  expect(problemsOf(lines)).toEqual([]);
});
